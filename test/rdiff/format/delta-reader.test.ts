import { describe, expect, test } from 'vitest';
import { DeltaReader, parameterBytes } from '../../../src/rdiff/format/delta-reader.js';

const MAGIC = '72730236';

/** What the bytes say, taken in pieces of any length. */
function read(hex: string, pieceBytes = 1000) {
  const said: string[] = [];
  const reader = new DeltaReader({
    copy: (position, length) => void said.push(`copy ${position} ${length}`),
    literal: (bytes) => void said.push(`literal ${Buffer.from(bytes).toString('hex')}`),
  });
  const bytes = Buffer.from(hex, 'hex');
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    reader.update(bytes.subarray(at, at + pieceBytes));
  }
  return { said, reader };
}

const corrupt = expect.objectContaining({ code: 'RDIFF_CORRUPT' }) as Error;
const ended = expect.objectContaining({ code: 'RDIFF_INPUT_ENDED' }) as Error;

describe('the parameters of a command', () => {
  test('are as long as its opcode says, for all that are defined', () => {
    const widths = [1, 2, 4, 8];
    const copies = widths.flatMap((position) => widths.map((length) => position + length));
    const lengths = Array.from({ length: 0x55 }, (_, opcode) => parameterBytes(opcode));
    expect(lengths).toEqual([...Array<number>(0x41).fill(0), ...widths, ...copies]);
  });

  test.each([0x55, 0x56, 0xff])('are none of the reserved command %i', (opcode) => {
    expect(() => parameterBytes(opcode)).toThrow(corrupt);
    expect(() => read(MAGIC + opcode.toString(16))).toThrow(corrupt);
  });
});

const commands: readonly (readonly [string, string, object])[] = [
  ['02aabb', 'literal aabb', { literalBytes: 2, literalCommandBytes: 1 }],
  ['4101cc', 'literal cc', { literalBytes: 1, literalCommandBytes: 2 }],
  ['420001cc', 'literal cc', { literalBytes: 1, literalCommandBytes: 3 }],
  ['4300000001cc', 'literal cc', { literalBytes: 1, literalCommandBytes: 5 }],
  ['440000000000000001cc', 'literal cc', { literalBytes: 1, literalCommandBytes: 9 }],
  ['450203', 'copy 2 3', { copyBytes: 3, copyCommandBytes: 3 }],
  ['46020100', 'copy 2 256', { copyBytes: 256, copyCommandBytes: 4 }],
  ['49010203', 'copy 258 3', { copyBytes: 3, copyCommandBytes: 4 }],
  ['54001ffffffffff0000000000000000fff', 'copy 9007199254736896 4095', { copyBytes: 4095 }],
];

describe('a command', () => {
  test.each(commands)('%s says: %s', (hex, said, counts) => {
    for (const pieceBytes of [1000, 1]) {
      const { said: got, reader } = read(`${MAGIC}${hex}00`, pieceBytes);
      expect(got.join('').replaceAll('literal ', '')).toBe(said.replace('literal ', ''));
      reader.finish();
      const zeros = {
        literalCommands: said.startsWith('literal') ? 1 : 0,
        copyCommands: said.startsWith('copy') ? 1 : 0,
      };
      expect(reader.counts).toMatchObject({ ...zeros, ...counts });
    }
  });

  test.each([
    ['a literal of nothing', '4100'],
    ['a literal longer than any file', '440020000000000000'],
    ['a copy of nothing', '450000'],
    ['a copy longer than any file', '48000020000000000000'],
    ['a copy from where no file is', '51002000000000000001'],
    ['a copy that ends where no file does', '51001fffffffffffff01'],
  ])('is refused that is %s', (_, hex) => {
    expect(() => read(MAGIC + hex)).toThrow(corrupt);
  });
});

describe('the end', () => {
  test('is a command, and bytes behind it are counted and no commands', () => {
    const { said, reader } = read(`${MAGIC}0001aa`);
    reader.update(Buffer.alloc(5));
    reader.finish();
    expect([said, reader.trailingBytes]).toEqual([[], 7]);
  });

  test.each(['', MAGIC.slice(0, 6), MAGIC, `${MAGIC}02aa`, `${MAGIC}45`])(
    'is missed where the delta stops at %j',
    (hex) => {
      const { reader } = read(hex);
      expect(() => reader.finish()).toThrow(ended);
    },
  );

  test.each(['72730136', '72730237', '00000000'])('of the magic %s is none', (magic) => {
    expect(() => read(magic)).toThrow(
      expect.objectContaining({
        code: 'RDIFF_BAD_MAGIC',
        message: `The delta starts with the magic number 0x${magic}; 0x${MAGIC} was expected`,
      }),
    );
  });
});
