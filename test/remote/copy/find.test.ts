/** Which blocks of a list are found in a file, by workers on this thread. */
import * as fs from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { bytesFromText } from '../../../src/platform/bytes.js';
import {
  findMatches,
  matchBytes,
  withoutOverlap,
  type FindOptions,
} from '../../../src/remote/copy/find.js';
import type { OpenFile } from '../../../src/remote/copy/file/place.js';
import { createHashList, type HashList } from '../../../src/remote/copy/hashing/hash-list.js';
import { completeListing } from '../../../src/remote/copy/hashing/listing.js';
import { loadHashMethod } from '../../../src/remote/copy/hashing/methods.js';
import type { Job, SearchJob } from '../../../src/remote/copy/worker/messages.js';
import { openPlatform } from '../../../src/store.js';
import { scratchDirectory } from '../../support/directory.js';
import { startWorkers } from '../../support/in-thread-workers.js';
import { noise } from '../../support/seed.js';

const { files } = openPlatform();
const method = await loadHashMethod('sha1');
const BLOCK = 64;

function opened(content: Uint8Array): OpenFile {
  const path = join(scratchDirectory(), 'file');
  fs.writeFileSync(path, content);
  const descriptor = files.at.open(undefined, bytesFromText(path), 'update-file');
  onTestFinished(() => files.close(descriptor));
  return { descriptor, stat: files.at.statOpen(descriptor), path, close: () => undefined };
}

async function listOf(content: Uint8Array): Promise<HashList> {
  const list = createHashList(content.length, BLOCK, method);
  const { descriptor } = opened(content);
  const file = { descriptor, sizeBytes: content.length, isSparse: false };
  const count = Math.ceil(content.length / BLOCK);
  await startWorkers(1).run({ type: 'hash', file, list, firstBlock: 0, count });
  return list;
}

const content = noise(10 * BLOCK + 20, 1);
const block = (number: number): Buffer => content.subarray(number * BLOCK, (number + 1) * BLOCK);
const gap = (length: number): Buffer => noise(length, 70 + length);

/** The matches in a file of these parts, which jobs were done, and what was hashed. */
async function find(
  parts: readonly Buffer[],
  options: Partial<FindOptions> & { readonly isKnown?: boolean } = {},
) {
  const other = Buffer.concat(parts);
  const jobs: string[] = [];
  let hashed = 0;
  const real = startWorkers(2);
  const workers = {
    ...real,
    run: ((job: Parameters<typeof real.run>[0]) => {
      jobs.push(job.type);
      return real.run(job);
    }) as typeof real.run,
  };
  const known = options.isKnown === true ? await listOf(other) : undefined;
  const matches = await findMatches(opened(other), completeListing(await listOf(content)), known, {
    workers,
    method,
    canMove: true,
    isThorough: true,
    place: undefined,
    onHashed: (bytes) => (hashed += bytes),
    ...options,
  });
  return { matches, jobs, hashed };
}
const run = (first: number, count: number, offset = first * BLOCK) => ({
  block: first,
  count,
  offset,
});

describe.each([true, false])('where the list of the file is known: %s', (isKnown) => {
  test.each([
    ['the same', [content], [run(0, 11)]],
    [
      'changed in the middle',
      [content.subarray(0, 128), gap(64), content.subarray(192)],
      [run(0, 2), run(3, 8)],
    ],
    ['changed at both ends', [gap(64), content.subarray(64, 640), gap(20)], [run(1, 9)]],
    ['cut at a block', [content.subarray(0, 320)], [run(0, 5)]],
    ['cut within a block', [content.subarray(0, 330)], [run(0, 5)]],
    ['longer', [content.subarray(0, 640), gap(200)], [run(0, 10)]],
    ['empty', [], []],
    ['of other bytes', [gap(660)], []],
  ])('a file that is %s has each block at its place', async (_, parts, matches) => {
    const found = await find(parts, { isKnown, canMove: false });
    expect(found.matches).toEqual(matches);
    expect(found.jobs.includes('compare')).toBe(!isKnown && parts.length > 0);
    expect(found.jobs).not.toContain('search');
  });

  test.each([
    ['behind what was put before them', [gap(7), content], [run(0, 11, 7)]],
    ['twice', [block(3), block(3), gap(9)], [run(3, 1, 0), run(3, 1, 64)]],
    ['in another order', [gap(5), block(4), block(2), gap(3)], [run(4, 1, 5), run(2, 1, 69)]],
    [
      'behind what stayed',
      [content.subarray(0, 128), gap(3), content.subarray(128)],
      [run(0, 2), run(2, 9, 131)],
    ],
  ])('blocks are found %s', async (_, parts, matches) => {
    expect((await find(parts, { isKnown })).matches).toEqual(matches);
  });
});

describe('matches that overlap', () => {
  test.each([
    ['in nothing', [run(0, 2), run(5, 1, 128)], [run(0, 2), run(5, 1, 128)]],
    ['in whole blocks', [run(0, 4), run(5, 4, 128)], [run(0, 4), run(7, 2, 256)]],
    ['by a byte', [run(0, 2), run(5, 3, 127)], [run(0, 2), run(6, 2, 191)]],
    ['but for a byte', [run(0, 2), run(5, 3, 65)], [run(0, 2), run(6, 2, 129)]],
    ['as a whole', [run(0, 4), run(5, 1, 70), run(9, 1, 256)], [run(0, 4), run(9, 1, 256)]],
    ['with a short last block', [run(10, 1, 7), run(0, 2, 27)], [run(10, 1, 7), run(0, 2, 27)]],
    ['with the end of it', [run(10, 1, 7), run(0, 2, 26)], [run(10, 1, 7), run(1, 1, 90)]],
    ['out of order', [run(5, 3, 127), run(0, 2)], [run(0, 2), run(6, 2, 191)]],
  ])('%s: each byte is taken from one', async (_, matches, expected) => {
    expect(withoutOverlap(matches, await listOf(content))).toEqual(expected);
  });
});

test('nothing is searched where all stayed, or where blocks are of no use elsewhere', async () => {
  expect((await find([content])).jobs).toEqual(['compare']);
  expect((await find([gap(7), content], { canMove: false })).jobs).toEqual(['compare']);
  expect((await find([gap(7), content])).jobs).toEqual(['compare', 'search']);
});

test('what is hashed is told: all blocks that are compared, and then all that is searched', async () => {
  expect((await find([content], { canMove: false })).hashed).toBe(11 * BLOCK);
  const { hashed } = await find([gap(7), content]);
  expect(hashed).toBe(4 * BLOCK + content.length + 7);
});

test('blocks are put in place only from where the files are known to differ', async () => {
  let begun = 0;
  const descriptor = opened(Buffer.alloc(content.length)).descriptor;
  const placed = new Uint8Array(new SharedArrayBuffer(11));
  const place = () => {
    begun += 1;
    return { descriptor, placed, holdsBasis: false };
  };
  await find([content], { place });
  expect(begun).toBe(0);
  await find([content.subarray(0, 320)], { place });
  expect(begun).toBeGreaterThan(0);
  expect([...placed]).toEqual([1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0]);
});

test.each([
  [0, 1, 64],
  [0, 10, 640],
  [9, 2, 84],
  [10, 1, 20],
])('from block %i, %i blocks are %i bytes', async (first, count, bytes) => {
  expect(matchBytes(run(first, count), await listOf(content))).toBe(bytes);
});

describe('a search', () => {
  const MOST = 64 * 1024 * 1024;

  /** The jobs of a search through a hole of this length, of which none is done. */
  async function searched(sizeBytes: number, options: Partial<FindOptions> = {}) {
    const path = join(scratchDirectory(), 'hole');
    fs.writeFileSync(path, '');
    fs.truncateSync(path, sizeBytes);
    const descriptor = files.at.open(undefined, bytesFromText(path), 'update-file');
    onTestFinished(() => files.close(descriptor));
    const stat = files.at.statOpen(descriptor);
    const jobs: SearchJob[] = [];
    let hashed = 0;
    const workers = {
      ...startWorkers(2),
      run: ((job: Job) => {
        if (job.type === 'search') jobs.push(job);
        return Promise.resolve(job.type === 'compare' ? { matches: [], count: job.count } : []);
      }) as FindOptions['workers']['run'],
    };
    const file = { descriptor, stat, path, close: () => undefined };
    await findMatches(file, completeListing(await listOf(content)), undefined, {
      workers,
      method,
      canMove: true,
      isThorough: false,
      place: undefined,
      onHashed: (bytes) => (hashed += bytes),
      ...options,
    });
    return { jobs, hashed };
  }

  test.each([
    [MOST, false, true],
    [MOST + 1, false, false],
    [MOST + 1, true, true],
  ])(
    'of %i bytes is thorough where that is asked for, %j, or takes no time: %j',
    async (size, isThorough, expected) => {
      const { jobs, hashed } = await searched(size, { isThorough });
      expect(new Set(jobs.map((job) => job.isThorough))).toEqual(new Set([expected]));
      // What was compared, block by block, and what was searched.
      expect(hashed).toBe(11 * BLOCK + size);
      let end = 0;
      for (const { range } of jobs) {
        expect(range.offset).toBe(end);
        end += range.length;
        expect(range.length).toBeLessThanOrEqual(MOST / 2);
      }
      expect(end).toBe(size);
    },
  );

  test('has a number of its own, which all its jobs have', async () => {
    const numbers = [];
    for (let times = 0; times < 3; times += 1) {
      const { jobs } = await searched(MOST);
      expect(jobs.length).toBeGreaterThan(1);
      numbers.push(...new Set(jobs.map(({ search }) => search)));
    }
    expect(new Set(numbers).size).toBe(3);
    expect(numbers).toHaveLength(3);
  });

  test('may find more than a call has arguments, and so may a comparison', async () => {
    const found = Array.from({ length: 300_000 }, () => ({ block: 0, count: 1, offset: 0 }));
    const workers = {
      ...startWorkers(2),
      run: ((job: Job) =>
        Promise.resolve(
          job.type === 'compare' ? { matches: found, count: job.count } : found,
        )) as FindOptions['workers']['run'],
    };
    const options = { workers, canMove: true, place: undefined };
    const { matches } = await find([content, gap(100)], options);
    expect(matches.length).toBeGreaterThan(0);
  });
});
