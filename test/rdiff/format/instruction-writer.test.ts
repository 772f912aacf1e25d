import { describe, expect, test } from 'vitest';
import { ByteBuilder } from '../../../src/rdiff/format/bytes.js';
import { InstructionWriter } from '../../../src/rdiff/format/instruction-writer.js';
import type { InstructionSink } from '../../../src/rdiff/format/instructions.js';

/** The commands that were written, without the magic and END, and what was counted. */
function written(write: (sink: InstructionSink) => void) {
  const output = new ByteBuilder();
  const writer = new InstructionWriter(output);
  write(writer);
  writer.finish();
  const hex = Buffer.from(output.take()).toString('hex');
  expect(hex.slice(0, 8)).toBe('72730236');
  expect(hex.slice(-2)).toBe('00');
  return { hex: hex.slice(8, -2), counts: writer.counts };
}

const number = (value: number, width: number): string =>
  value.toString(16).padStart(2 * width, '0');

describe('a copy', () => {
  const widths: readonly (readonly [number, number])[] = [
    [1, 0],
    [0xff, 0],
    [0x100, 1],
    [0xffff, 1],
    [0x1_0000, 2],
    [0xffff_ffff, 2],
    [0x1_0000_0000, 3],
    [Number.MAX_SAFE_INTEGER, 3],
  ];

  test.each(widths.flatMap((position) => widths.map((length) => [position, length] as const)))(
    'names its place and length in the fewest bytes: %j, %j',
    ([position, atWidth], [length, ofWidth]) => {
      const { hex, counts } = written((sink) => sink.copy(position, length));
      const opcode = (0x45 + 4 * atWidth + ofWidth).toString(16);
      expect(hex).toBe(opcode + number(position, 2 ** atWidth) + number(length, 2 ** ofWidth));
      expect(counts).toEqual({
        literalCommands: 0,
        literalBytes: 0,
        literalCommandBytes: 0,
        copyCommands: 1,
        copyBytes: length,
        copyCommandBytes: hex.length / 2,
      });
    },
  );

  test('goes on from the one before it, and only from that', () => {
    const joined = written((sink) => {
      sink.copy(0, 10);
      sink.copy(10, 5);
      sink.copy(16, 1);
      sink.copy(16, 2);
      sink.literal(Uint8Array.of());
      sink.copy(18, 1);
      sink.literal(Uint8Array.of(7));
      sink.copy(19, 1);
    });
    expect(joined.hex).toBe('45000f' + '451001' + '451003' + '0107' + '451301');
    expect(joined.counts).toMatchObject({ copyCommands: 4, copyBytes: 20, literalCommands: 1 });
  });
});

describe('a literal', () => {
  test.each([
    [1, '01'],
    [0x40, '40'],
    [0x41, '4141'],
    [0xff, '41ff'],
    [0x100, '420100'],
    [0xffff, '42ffff'],
  ])('of %i bytes begins with %s', (length, head) => {
    const bytes = Buffer.alloc(length, 0xab);
    const { hex, counts } = written((sink) => sink.literal(bytes));
    expect(hex.startsWith(`${head}ab`)).toBe(true);
    expect(hex.length).toBe(head.length + 2 * length);
    expect(counts).toMatchObject({
      literalCommands: 1,
      literalBytes: length,
      literalCommandBytes: head.length / 2,
      copyCommands: 0,
    });
  });

  test('longer than two bytes can say is cut, and the rest is as short as it can be', () => {
    const { hex, counts } = written((sink) => sink.literal(Buffer.alloc(2 * 0xffff + 1, 0xab)));
    expect(hex.slice(0, 8)).toBe('42ffffab');
    expect(hex.slice(-4)).toBe('01ab');
    expect(counts).toMatchObject({
      literalCommands: 3,
      literalBytes: 2 * 0xffff + 1,
      literalCommandBytes: 7,
    });
  });
});
