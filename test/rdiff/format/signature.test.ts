/** The header of a signature, to the bounds of each of its numbers. */
import { describe, expect, test } from 'vitest';
import { signatureKind } from '../../../src/rdiff/format/kinds.js';
import {
  decodeHeader,
  encodeHeader,
  hasStrongSum,
  strongOffset,
} from '../../../src/rdiff/format/signature.js';
import { makeSignature, readSignature } from '../../../src/rdiff/format/whole.js';
import { noise } from '../../support/seed.js';

const MOST = 2 ** 31 - 1;

function header(magic: number, blockLength: number, strongLength: number): Buffer {
  const bytes = Buffer.alloc(12);
  [magic, blockLength, strongLength].forEach((value, i) => bytes.writeUInt32BE(value, 4 * i));
  return bytes;
}

const kinds = [
  [0x72730136, 'rollsum', 'md4', 16],
  [0x72730137, 'rollsum', 'blake2', 32],
  [0x72730146, 'rabinkarp', 'md4', 16],
  [0x72730147, 'rabinkarp', 'blake2', 32],
] as const;

describe.each(kinds)('the header 0x%i of %s and %s', (magic, weak, strong, maxStrongLength) => {
  test.each([
    [1, 1],
    [2048, 8],
    [MOST, maxStrongLength],
  ])('may say %i and %i', (blockLength, strongLength) => {
    const said = { kind: signatureKind(weak, strong), blockLength, strongLength };
    expect(Buffer.from(encodeHeader(said))).toEqual(header(magic, blockLength, strongLength));
    expect(decodeHeader(header(magic, blockLength, strongLength))).toEqual(said);
  });

  test.each([
    [0, 8, 'RDIFF_CORRUPT'],
    [MOST + 1, 8, 'RDIFF_CORRUPT'],
    [2 ** 32 - 1, 8, 'RDIFF_CORRUPT'],
    [2048, 0, 'RDIFF_CORRUPT'],
    [2048, 33, 'RDIFF_CORRUPT'],
    [2048, 2 ** 32 - 1, 'RDIFF_CORRUPT'],
    [2048, maxStrongLength + 1, maxStrongLength === 32 ? 'RDIFF_CORRUPT' : 'RDIFF_PARAMETER'],
  ])('may not say %i and %i', (blockLength, strongLength, code) => {
    expect(() => decodeHeader(header(magic, blockLength, strongLength))).toThrow(
      expect.objectContaining({ code }),
    );
  });
});

test.each([0, 0x72730135, 0x72730138, 0x72730145, 0x72730148, 0x72730236])(
  'another magic is none: %i',
  (magic) => {
    expect(() => decodeHeader(header(magic, 2048, 8))).toThrow(
      expect.objectContaining({ code: 'RDIFF_BAD_MAGIC' }),
    );
  },
);

test('a strong sum is that of its block, to the last byte that is kept of it', () => {
  for (const strongLength of [1, 8, 32]) {
    const signature = readSignature(makeSignature(noise(1000), { blockLength: 100, strongLength }));
    const sum = (block: number): Buffer => {
      const at = strongOffset(signature, block);
      return Buffer.from(signature.entries.subarray(at, at + strongLength));
    };
    for (const block of [0, 4, 9]) {
      const bytes = Buffer.concat([Buffer.from('xx'), sum(block), Buffer.from('behind')]);
      expect(hasStrongSum(signature, block, bytes, 2)).toBe(true);
      for (const at of [0, strongLength - 1]) {
        const changed = Buffer.from(bytes);
        changed[2 + at]! ^= 1;
        expect(hasStrongSum(signature, block, changed, 2)).toBe(false);
      }
    }
  }
});
