import { expect, test } from 'vitest';
import { forEachBatch, groupsOf, placed, totalBytes } from '../../../src/remote/copy/batches.js';

const ranges = (...lengths: number[]) => lengths.map((length, offset) => ({ offset, length }));
const lengthsOf = (groups: readonly (readonly { length: number }[])[]): number[][] =>
  groups.map((group) => group.map(({ length }) => length));

test.each([
  [[], []],
  [[5], [[5]]],
  [[11], [[11]]],
  [
    [4, 6, 1],
    [[4, 6], [1]],
  ],
  [
    [4, 7, 3, 11, 1],
    [[4], [7, 3], [11], [1]],
  ],
  [[10, 0, 0], [[10, 0, 0]]],
])('%j in groups of ten bytes: %j', (lengths, groups) => {
  expect(lengthsOf(groupsOf(ranges(...lengths), 10))).toEqual(groups);
});

test('a group has at most 4096 ranges', () => {
  const groups = groupsOf(ranges(...Array<number>(4097).fill(0)), 10);
  expect(groups.map(({ length }) => length)).toEqual([4096, 1]);
});

test('ranges lie one after the other in memory', () => {
  expect(placed(ranges(4, 0, 6))).toEqual([
    { offset: 0, length: 4, at: 0 },
    { offset: 1, length: 0, at: 4 },
    { offset: 2, length: 6, at: 4 },
  ]);
  expect(totalBytes(ranges(4, 0, 6))).toBe(10);
  expect(totalBytes([])).toBe(0);
});

test('batches of 4 MiB are worked on so many at once, each with memory of its own', async () => {
  const MIB = 1024 * 1024;
  const seen: number[][] = [];
  const memories = new Set<SharedArrayBuffer>();
  let active = 0;
  let most = 0;
  await forEachBatch(ranges(MIB, 3 * MIB, 1, 5 * MIB, 1), 2, async (batch, memory) => {
    active += 1;
    most = Math.max(most, active);
    seen.push(batch.map(({ at }) => at));
    memories.add(memory);
    expect(memory.byteLength).toBeGreaterThanOrEqual(totalBytes(batch));
    await new Promise((resolve) => setImmediate(resolve));
    active -= 1;
  });
  expect(seen).toEqual([[0, MIB], [0], [0], [0]]);
  expect(most).toBe(2);
  expect(memories.size).toBeGreaterThan(1);
});
