/** Deltas with compressed literals: the same result, shorter, and nothing but errors for damage. */
import { deflateRawSync } from 'node:zlib';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  applyLibrsyncDelta,
  CodedError,
  makeDirectLibrsyncDelta,
  makeLibrsyncDelta,
  makeSignature,
  packLibrsyncDelta,
  readSignature,
  unpackLibrsyncDelta,
} from '../../../src/index.js';
import { noise, prose, runs } from '../../support/seed.js';

const part = fc.tuple(fc.constantFrom('basis', 'text', 'noise'), fc.nat(50_000), fc.nat(20_000));
const texts = fc
  .tuple(fc.nat(2000), fc.nat(100), fc.array(part, { maxLength: 8 }))
  .map(([lines, seed, parts]) => {
    const basis = prose(lines, seed);
    const pieces = parts.map(([from, at, length]) => {
      if (from === 'basis') return basis.subarray(at, at + length);
      return from === 'noise' ? noise(length, at) : prose(300, at).subarray(0, length);
    });
    return { basis, target: Buffer.concat(pieces) };
  });

test('what comes back makes the same file, and is never longer than a command a literal', () => {
  fc.assert(
    fc.property(texts, fc.boolean(), ({ basis, target }, isDirect) => {
      const delta = isDirect
        ? makeDirectLibrsyncDelta(basis, target)
        : makeLibrsyncDelta(readSignature(makeSignature(basis, { blockLength: 64 })), target);
      const packed = packLibrsyncDelta(basis, delta);
      expect(packed.length).toBeLessThanOrEqual(delta.length);
      const unpacked = unpackLibrsyncDelta(basis, packed);
      expect(Buffer.from(applyLibrsyncDelta(basis, unpacked)).equals(target)).toBe(true);
    }),
    runs(60),
  );
});

test('literals are short because of what was matched before them', () => {
  const basis = prose(400, 1);
  // A line that stands in the new file already, but not in the basis at a block's beginning.
  const changed = Buffer.from(basis.toString().replaceAll('1', 'one').slice(0, 10_000));
  const target = Buffer.concat([basis.subarray(0, 12_000), changed]);
  const delta = makeLibrsyncDelta(readSignature(makeSignature(basis)), target);
  const packed = packLibrsyncDelta(basis, delta);
  // The same literals behind a match that has nothing to do with them.
  const other = Buffer.concat([noise(12_000), basis.subarray(12_000)]);
  const alone = packLibrsyncDelta(other, delta);
  expect(packed.length).toBeLessThan(delta.length / 2);
  expect(packed.length).toBeLessThan(alone.length * 0.9);
});

test('literals of more than a piece are packed and come back', () => {
  const target = prose(120_000, 4);
  expect(target.length).toBeGreaterThan(2 * 1024 * 1024);
  const delta = makeDirectLibrsyncDelta(new Uint8Array(0), target);
  const packed = packLibrsyncDelta(new Uint8Array(0), delta);
  expect(packed.length).toBeLessThan(target.length / 2);
  const unpacked = unpackLibrsyncDelta(new Uint8Array(0), packed);
  expect(
    Buffer.from(applyLibrsyncDelta(new Uint8Array(0), unpacked, { maxOutput: 1e9 })).equals(target),
  ).toBe(true);
});

describe('damage', () => {
  const basis = prose(300, 1);
  const target = Buffer.concat([basis.subarray(0, 5000), prose(200, 9), basis.subarray(4000)]);
  const packed = packLibrsyncDelta(basis, makeDirectLibrsyncDelta(basis, target));

  test('is a coded error or another delta, and nothing else', () => {
    const change = fc.tuple(fc.nat(packed.length - 1), fc.integer({ min: 1, max: 255 }));
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
        const damaged = Buffer.from(packed);
        for (const [at, bits] of changes) damaged[at] = (damaged[at] as number) ^ bits;
        try {
          applyLibrsyncDelta(basis, unpackLibrsyncDelta(basis, damaged, { maxOutput: 1e6 }), {
            maxOutput: 1e7,
          });
        } catch (error) {
          expect(error).toBeInstanceOf(CodedError);
        }
      }),
      runs(300),
    );
  });

  test.each([0, 1, 3, 4, 5, 20, packed.length - 1])('a cut at %i is noticed', (length) => {
    expect(() => unpackLibrsyncDelta(basis, packed.subarray(0, length))).toThrow(
      expect.objectContaining({ code: 'RDIFF_INPUT_ENDED' }),
    );
  });

  test.each<[string, () => unknown, string]>([
    [
      'a delta that is not packed',
      () => unpackLibrsyncDelta(basis, makeDirectLibrsyncDelta(basis, target)),
      'RDIFF_BAD_MAGIC',
    ],
    ['a packed delta as a delta', () => applyLibrsyncDelta(basis, packed), 'RDIFF_BAD_MAGIC'],
    [
      'a basis that is too short',
      () => unpackLibrsyncDelta(basis.subarray(0, 10), packed),
      'RDIFF_INPUT_ENDED',
    ],
    [
      'more literals than allowed',
      () => unpackLibrsyncDelta(basis, packed, { maxOutput: 10 }),
      'RDIFF_OUTPUT_LIMIT',
    ],
    [
      'a literal that claims to be endless',
      () => unpackLibrsyncDelta(basis, Buffer.from('76727a3155ffffffff0000000103', 'hex')),
      'RDIFF_CORRUPT',
    ],
    [
      'a literal of nothing',
      () => unpackLibrsyncDelta(basis, Buffer.from('76727a3155000000000000000203000000', 'hex')),
      'RDIFF_CORRUPT',
    ],
    [
      'a reserved command',
      () => unpackLibrsyncDelta(basis, Buffer.from('76727a315600', 'hex')),
      'RDIFF_CORRUPT',
    ],
    [
      'bytes for a basis that are none',
      () => packLibrsyncDelta('x' as never, packed),
      'RDIFF_PARAMETER',
    ],
    [
      'bytes for a delta that are none',
      () => unpackLibrsyncDelta(basis, 5 as never),
      'RDIFF_PARAMETER',
    ],
  ])('%s', (_, work, code) => {
    expect(work).toThrow(expect.objectContaining({ code }));
  });
});

describe('a compressed literal says how long it is', () => {
  const MOST = 1024 * 1024;
  const nothing = new Uint8Array(0);

  /** A packed delta of one compressed literal, which says that it has `claimed` bytes. */
  function claiming(claimed: number, raw: Buffer): Buffer {
    const stored = deflateRawSync(raw);
    const lengths = Buffer.alloc(8);
    lengths.writeUInt32BE(claimed, 0);
    lengths.writeUInt32BE(stored.length, 4);
    return Buffer.concat([Buffer.from('76727a3155', 'hex'), lengths, stored, Buffer.of(0)]);
  }

  test.each([1, 2, 1000, MOST - 1, MOST])('and may have %i', (length) => {
    const raw = Buffer.alloc(length, 'text ');
    const delta = unpackLibrsyncDelta(nothing, claiming(length, raw));
    expect(Buffer.from(applyLibrsyncDelta(nothing, delta)).equals(raw)).toBe(true);
  });

  test.each([0, MOST + 1, 2 * MOST, 16 * MOST])('and may not have %i', (length) => {
    expect(() => unpackLibrsyncDelta(nothing, claiming(length, Buffer.alloc(length)))).toThrow(
      expect.objectContaining({ code: 'RDIFF_CORRUPT' }),
    );
  });

  test.each([
    [1, 2],
    [2, 1],
    [1000, 999],
    [999, 1000],
    [MOST, MOST - 1],
    [MOST, MOST + 1],
    [2 ** 32 - 1, MOST],
  ])('which must be true: %i of %i', (claimed, length) => {
    expect(() => unpackLibrsyncDelta(nothing, claiming(claimed, Buffer.alloc(length)))).toThrow(
      expect.objectContaining({ code: 'RDIFF_CORRUPT' }),
    );
  });

  test.each([1, 1000, MOST])('and counts for the limit of the output: %i', (length) => {
    const packed = claiming(length, Buffer.alloc(length));
    expect(unpackLibrsyncDelta(nothing, packed, { maxOutput: length }).length).toBeGreaterThan(0);
    expect(() => unpackLibrsyncDelta(nothing, packed, { maxOutput: length - 1 })).toThrow(
      expect.objectContaining({ code: 'RDIFF_OUTPUT_LIMIT' }),
    );
  });
});
