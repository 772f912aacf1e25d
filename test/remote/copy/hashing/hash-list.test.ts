import { expect, test } from 'vitest';
import * as lists from '../../../../src/remote/copy/hashing/hash-list.js';

const KIB = 1024;
const MIB = KIB * KIB;

test.each([
  [0, 4 * KIB],
  [1, 4 * KIB],
  [128 * MIB, 4 * KIB],
  [128 * MIB + 1, 8 * KIB],
  [256 * MIB, 8 * KIB],
  [2 ** 37, 4 * MIB],
  [2 ** 37 + 1, 4 * MIB],
  [2 ** 50, 4 * MIB],
])('a file of %i bytes has blocks of %i', (sizeBytes, blockBytes) => {
  expect(lists.chooseBlockBytes(sizeBytes)).toBe(blockBytes);
});

test.each([
  [0, 0, []],
  [1, 1, [1]],
  [10, 1, [10]],
  [11, 2, [10, 1]],
  [20, 2, [10, 10]],
])('%i bytes in blocks of ten are %i, of %j', (sizeBytes, count, lengths) => {
  const list = lists.createHashList(sizeBytes, 10, { name: 'x', digestBytes: 3 });
  expect(lists.blockCount(list)).toBe(count);
  expect(lengths.map((_, block) => lists.blockLength(list, block))).toEqual(lengths);
  expect(list).toMatchObject({ sizeBytes, blockBytes: 10, digestBytes: 3, method: 'x' });
  expect(list.entries).toHaveLength(count * 7);
});

test('the hash of a block stands behind its weak sum', () => {
  const list = lists.createHashList(30, 10, { name: 'x', digestBytes: 3 });
  list.entries.set(Array.from({ length: 21 }, (_, at) => at));
  expect([0, 1, 2].map((block) => [...lists.digestOf(list, block)])).toEqual([
    [4, 5, 6],
    [11, 12, 13],
    [18, 19, 20],
  ]);
});

test.each([
  [16, 16],
  [4095, 4095],
  [4096, 4096],
  [4097, 4096],
  [4 * MIB, 4096],
])('the weak sum of a block of %i covers %i', (blockBytes, anchor) => {
  expect(lists.anchorBytes(blockBytes)).toBe(anchor);
});

test('bytes are the same if all are, and as many', () => {
  const same = (a: number[], b: number[]) =>
    lists.areSameBytes(Uint8Array.from(a), Uint8Array.from(b));
  expect([same([], []), same([1, 2], [1, 2]), same([1], [1, 2]), same([1, 2], [1, 3])]).toEqual([
    ...[true, true, false, false],
  ]);
});
