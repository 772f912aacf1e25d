import { describe, expect, test } from 'vitest';
import {
  multiples,
  partBlocks,
  Watermark,
  startListing,
} from '../../../../src/remote/copy/hashing/listing.js';

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

describe('a list that is made', () => {
  const PART = 8 * 1024 * 1024;
  const BLOCK = 1024 * 1024;
  const SIZE = 20 * PART + 5;

  const turns = async (): Promise<void> => {
    for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  };

  /** A listing whose jobs end when they are told to. */
  async function making() {
    const jobs: { firstBlock: number; count: number; end: (error?: Error) => void }[] = [];
    const run = (job: { firstBlock: number; count: number }): Promise<void> =>
      new Promise((resolve, reject) => {
        const end = (error?: Error): void => (error ? reject(error) : resolve());
        jobs.push({ firstBlock: job.firstBlock, count: job.count, end });
      });
    let hashed = 0;
    const file = { descriptor: 7, stat: { sizeBytes: SIZE, allocatedBytes: SIZE } };
    const listing = startListing({ laneCount: 2, run } as never, file as never, {
      blockBytes: BLOCK,
      method: { name: 'sha1', digestBytes: 20 },
      onHashed: (bytes) => (hashed += bytes),
    });
    await turns();
    return { jobs, listing, hashed: () => hashed };
  }
  test('has two parts at each thread, and tells of bytes that the file has', async () => {
    const { jobs, listing, hashed } = await making();
    expect(jobs.map(({ firstBlock, count }) => [firstBlock, count])).toEqual([
      [0, 8],
      [8, 8],
      [16, 8],
      [24, 8],
    ]);
    for (let done = 0; done < 21; done += 1) {
      jobs[done]?.end();
      await turns();
    }
    await listing.settled;
    expect(jobs).toHaveLength(21);
    expect(jobs.at(-1)).toMatchObject({ firstBlock: 160, count: 1 });
    expect([hashed(), await listing.ready(161)]).toEqual([SIZE, 161]);
  });

  test('begins no part once it is stopped, and settles when those at work are done', async () => {
    const { jobs, listing } = await making();
    listing.stop();
    await expect(listing.ready(1)).rejects.toThrow('the list is no longer needed');
    let isSettled = false;
    void listing.settled.then(() => (isSettled = true));
    jobs[0]?.end();
    await turns();
    expect(isSettled).toBe(false);
    for (const { end } of jobs) end();
    await listing.settled;
    // Whoever gave a part has taken the next one before, if that.
    expect(jobs.length).toBeLessThanOrEqual(5);
  });

  test('fails with the part that cannot be made', async () => {
    const { jobs, listing } = await making();
    jobs[1]?.end(new Error('broken'));
    await turns();
    jobs[0]?.end();
    await turns();
    for (const { end } of jobs) end();
    await expect(listing.ready(9)).rejects.toThrow('broken');
    await listing.settled;
  });
});
