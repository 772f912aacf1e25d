/** What a signature may be made of, and the memory that it takes. */
import { describe, expect, test } from 'vitest';
import { ByteBuilder } from '../../../src/rdiff/format/bytes.js';
import { signatureKind } from '../../../src/rdiff/format/kinds.js';
import { BlockSummer, SignatureWriter } from '../../../src/rdiff/format/signature-writer.js';
import { makeSignature } from '../../../src/rdiff/format/whole.js';
import { noise } from '../../support/seed.js';

const MOST = 2 ** 31 - 1;
const MIB = 2 ** 20;

describe.each(['md4', 'blake2'] as const)('a header of %s', (strong) => {
  const kind = signatureKind('rabinkarp', strong);
  const most = kind.maxStrongLength;

  test.each([
    [1, 1],
    [MOST, most],
  ])('may say blocks of %i and strong sums of %i', (blockLength, strongLength) => {
    const file = new SignatureWriter({ kind, blockLength, strongLength }).finish();
    const header = Buffer.from(file);
    expect([0, 4, 8].map((at) => header.readUInt32BE(at))).toEqual([
      kind.magic,
      blockLength,
      strongLength,
    ]);
  });

  test.each([
    [0, 8, 'The block length must be a whole number from 1 to 2147483647, not 0'],
    [MOST + 1, 8, 'The block length must be a whole number from 1 to 2147483647, not 2147483648'],
    [2.5, 8, 'The block length must be a whole number from 1 to 2147483647, not 2.5'],
    [64, 0, `The strong sum length must be a whole number from 1 to ${most}, not 0`],
    [
      64,
      most + 1,
      `The strong sum length must be a whole number from 1 to ${most}, not ${most + 1}`,
    ],
  ])('may not say %d and %d', (blockLength, strongLength, message) => {
    expect(() => new SignatureWriter({ kind, blockLength, strongLength })).toThrow(
      expect.objectContaining({ code: 'RDIFF_PARAMETER', message }),
    );
  });
});

test.each([undefined, 5, {}, { kind: 'rollsum' }])('a header is not %j', (header) => {
  expect(() => new SignatureWriter(header as never)).toThrow(
    expect.objectContaining({
      code: 'RDIFF_PARAMETER',
      hint: 'signatureKind gives a kind.',
    }),
  );
});

test('what is ready comes with the piece that made it so, the header with the first', () => {
  const kind = signatureKind();
  const basis = noise(2 * MIB + 5000, 1);
  const writer = new SignatureWriter({ kind, blockLength: 2048, strongLength: 32 });
  const whole = makeSignature(basis, { blockLength: 2048, strongLength: 32 });
  const pieces = [
    writer.update(basis.subarray(0, 10)),
    writer.update(basis.subarray(10, MIB - 1)),
    writer.update(basis.subarray(MIB - 1, MIB)),
    writer.update(basis.subarray(MIB)),
    writer.finish(),
  ];
  const entries = (MIB / 2048) * 36;
  // Blocks are summed a MiB at a time.
  expect(pieces.map(({ length }) => length)).toEqual([12, 0, entries, entries, 3 * 36]);
  expect(Buffer.concat(pieces).equals(whole)).toBe(true);
});

test('a basis that is read into the writer has the same signature', () => {
  const kind = signatureKind('rollsum', 'md4');
  const basis = noise(70_000, 2);
  const writer = new SignatureWriter({ kind, blockLength: 300, strongLength: 8 });
  const pieces = [writer.take()];
  for (let at = 0; at < basis.length; at += 1234) {
    const piece = basis.subarray(at, at + 1234);
    writer.room().set(piece);
    writer.filled(piece.length);
    pieces.push(writer.take());
  }
  pieces.push(writer.finish());
  const options = { weak: 'rollsum', strong: 'md4', blockLength: 300, strongLength: 8 } as const;
  expect(Buffer.concat(pieces).equals(makeSignature(basis, options))).toBe(true);
});

test.each([
  ['md4', 1, MIB],
  ['md4', 2048, MIB],
  ['md4', 100_000, 800_000],
  ['md4', 2 * MIB, 16 * MIB],
  ['md4', 2 * MIB + 1, 7 * (2 * MIB + 1)],
  ['md4', 9 * MIB, 9 * MIB],
  ['blake2', 2048, MIB],
  ['blake2', 8 * MIB, 16 * MIB],
  ['blake2', 8 * MIB + 1, 8 * MIB + 1],
  ['blake2', 17 * MIB, 17 * MIB],
] as const)(
  'blocks of %s of %i bytes are summed side by side up to 16 MiB: %i bytes at a time',
  (strong, blockLength, most) => {
    const kind = signatureKind('rabinkarp', strong);
    const output = new ByteBuilder();
    const summer = new BlockSummer({ kind, blockLength, strongLength: 8 }, output);
    let taken = 0;
    while (output.length === 0) {
      const { length } = summer.room();
      const some = Math.min(length, 64 * 1024, most - taken || 1);
      summer.filled(some);
      taken += some;
      if (taken > most) break;
    }
    expect(taken).toBe(most);
    expect(output.length).toBe((most / blockLength) * 12);
  },
);
