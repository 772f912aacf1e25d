import { describe, expect, test } from 'vitest';
import { multiples, partBlocks, Watermark } from '../../../../src/remote/copy/hashing/listing.js';

const MIB = 1024 * 1024;

test.each([
  [0, MIB, 8],
  [100 * MIB, MIB, 8],
  [100 * MIB, 3 * MIB, 2],
  [100 * MIB, 8 * MIB, 1],
  [100 * MIB, 9 * MIB, 1],
  [2 ** 37, MIB, 8],
  [2 ** 37 + 1, MIB, 9],
])(
  'a file of %i bytes in blocks of %i is read %i blocks at a time',
  (sizeBytes, blockBytes, blocks) => {
    expect(partBlocks({ sizeBytes, blockBytes })).toBe(blocks);
  },
);

test('multiples end before the end', () => {
  expect([...multiples(3, 9)]).toEqual([0, 3, 6]);
  expect([...multiples(3, 10)]).toEqual([0, 3, 6, 9]);
  expect([...multiples(3, 0)]).toEqual([]);
});

describe('how far a list is done', () => {
  const turns = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

  test('is as far as nothing is missing, in whatever order parts come', async () => {
    const mark = new Watermark(10);
    const reached: number[] = [];
    for (const block of [0, 1, 4, 5, 10]) {
      void mark.reached(block).then((position) => reached.push(block, position));
    }
    await turns();
    expect(reached).toEqual([0, 0]);
    mark.done(4, 4);
    await turns();
    expect(reached).toHaveLength(2);
    mark.done(0, 4);
    await turns();
    expect(reached.slice(2)).toEqual([1, 8, 4, 8, 5, 8]);
    mark.done(8, 2);
    await turns();
    expect(reached.slice(8)).toEqual([10, 10]);
  });

  test('is what is done, also after a failure; who waits for more learns of the first', async () => {
    const mark = new Watermark(10);
    const waiting = mark.reached(5);
    mark.done(0, 4);
    mark.fail(new Error('first'));
    mark.fail(new Error('second'));
    await expect(waiting).rejects.toThrow('first');
    await expect(mark.reached(5)).rejects.toThrow('first');
    expect(await mark.reached(4)).toBe(4);
  });
});
