import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { blake3 } from '../../../../src/platform/hash.js';
import { Proof } from '../../../../src/remote/copy/draft/proof.js';
import { runs } from '../../../support/seed.js';

const digest = (fill: number): Uint8Array => new Uint8Array(4).fill(fill);
type Leaf = readonly [offset: number, length: number, fill: number];
const rootOf = (leaves: readonly Leaf[], sizeBytes: number): string => {
  const proof = new Proof(4);
  for (const [offset, length, fill] of leaves) proof.add(offset, length, digest(fill));
  return proof.root(sizeBytes);
};

test('is BLAKE3 over the lengths and hashes of the leaves, in order of the file', () => {
  const expected = blake3(Buffer.from('0000000a01010101' + '0000000502020202', 'hex'));
  expect(
    rootOf(
      [
        [0, 10, 1],
        [10, 5, 2],
      ],
      15,
    ),
  ).toBe(expected.toString('hex'));
  expect(
    rootOf(
      [
        [10, 5, 2],
        [0, 10, 1],
      ],
      15,
    ),
  ).toBe(expected.toString('hex'));
});

test('of nothing is that of nothing', () => {
  expect(rootOf([], 0)).toBe(blake3(new Uint8Array(0)).toString('hex'));
});

test('holds more leaves than it began with', () => {
  const leaves = Array.from({ length: 3000 }, (_, index): Leaf => [index, 1, index % 256]);
  expect(rootOf(leaves.toReversed(), 3000)).toBe(rootOf(leaves, 3000));
});

test('takes the blocks of a range at once', () => {
  const proof = new Proof(4);
  proof.addRange(0, 15, 10, Buffer.concat([digest(1), digest(2)]));
  expect(proof.root(15)).toBe(
    rootOf(
      [
        [0, 10, 1],
        [10, 5, 2],
      ],
      15,
    ),
  );
});

test.each<[string, readonly Leaf[], number]>([
  [
    'a gap',
    [
      [0, 10, 1],
      [11, 4, 2],
    ],
    10,
  ],
  [
    'an overlap',
    [
      [0, 10, 1],
      [9, 6, 2],
    ],
    10,
  ],
  [
    'one leaf twice',
    [
      [0, 15, 1],
      [0, 15, 1],
    ],
    15,
  ],
  ['a short end', [[0, 14, 1]], 14],
  ['a long end', [[0, 16, 1]], 16],
])('is refused of leaves with %s', (_, leaves, offset) => {
  expect(() => rootOf(leaves, 15)).toThrow(
    expect.objectContaining({
      code: 'COPY_MISMATCH',
      message: `The pieces of the file do not meet at byte ${offset}.`,
    }),
  );
});

test('of ranges is that of their leaves, in any order and with hashes anywhere', () => {
  const range = fc.record({
    leafBytes: fc.integer({ min: 1, max: 9 }),
    length: fc.integer({ min: 1, max: 60 }),
    strideBytes: fc.constantFrom(0, 4, 7),
  });
  fc.assert(
    fc.property(fc.array(range, { maxLength: 8 }), fc.infiniteStream(fc.nat()), (ranges, keys) => {
      const bytes = Buffer.from(Array.from({ length: 7 * 60 + 4 }, (_, index) => index & 0xff));
      let offset = 0;
      const placed = ranges.map(({ leafBytes, length, strideBytes }) => {
        const at = offset;
        offset += length;
        return { at, leafBytes, length, strideBytes };
      });
      const whole = new Proof(4);
      const single = new Proof(4);
      for (const { at, leafBytes, length, strideBytes } of placed.toSorted(
        () => (Number(keys.next().value) % 3) - 1,
      )) {
        whole.addRange(at, length, leafBytes, { bytes, start: 0, strideBytes });
        for (let done = 0, leaf = 0; done < length; done += leafBytes, leaf += 1) {
          const start = leaf * strideBytes;
          const part = Math.min(leafBytes, length - done);
          single.add(at + done, part, bytes.subarray(start, start + 4));
        }
      }
      expect(whole.root(offset)).toBe(single.root(offset));
    }),
    runs(100),
  );
});
