/** Each job by its type, with the hash that it names; and what a thread of a copy does when it is to end. */
import * as fs from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { openFileSystem } from '../../../../src/platform/files.js';
import {
  createHashList,
  digestOf,
  type HashList,
} from '../../../../src/remote/copy/hashing/hash-list.js';
import { loadHashMethod } from '../../../../src/remote/copy/hashing/methods.js';
import type { BlockMatch, Job, SearchJob } from '../../../../src/remote/copy/worker/messages.js';
import { createJobRunner } from '../../../../src/remote/copy/worker/run-job.js';
import { scratch } from '../../../../src/remote/copy/worker/scratch.js';
import { createStopWord, stop, Stopped, type StopWord } from '../../../../src/threads/stop.js';
import { scratchDirectory } from '../../../support/directory.js';
import { noise } from '../../../support/seed.js';

type Prepare = (setup: undefined, stopWord: StopWord) => { run(job: Job): Promise<unknown> };
const served = vi.hoisted((): { prepare?: unknown } => ({}));
vi.mock('../../../../src/threads/serve-jobs.js', () => ({
  serveJobs: (prepare: unknown) => (served.prepare = prepare),
}));
await import('../../../../src/remote/copy/worker/entry.js');

const BLOCK = 64;
const METHODS = await Promise.all(['sha1', 'md5', 'blake3', 'xxh64'].map(loadHashMethod));
const content = noise(10 * BLOCK + 7, 1);

function opened(bytes: Uint8Array, flags = 'r+') {
  const path = join(scratchDirectory(), 'file');
  fs.writeFileSync(path, bytes);
  const descriptor = fs.openSync(path, flags);
  onTestFinished(() => fs.closeSync(descriptor));
  return { descriptor, sizeBytes: bytes.length, isSparse: false, path };
}
const shared = (bytes: Uint8Array): SharedArrayBuffer => {
  const memory = new SharedArrayBuffer(bytes.length);
  Buffer.from(memory).set(bytes);
  return memory;
};

describe.each(METHODS)('jobs by $name', (method) => {
  const run = createJobRunner(openFileSystem());
  const hashes = (...parts: Uint8Array[]): Buffer => Buffer.concat(parts.map(method.digest));
  const emptyList = (): HashList => createHashList(content.length, BLOCK, method);
  const filled = async (): Promise<HashList> => {
    const list = emptyList();
    await run({ type: 'hash', file: opened(content), list, firstBlock: 0, count: 11 });
    return list;
  };

  test('hash: the entries of these blocks, and no others', async () => {
    const list = emptyList();
    const file = opened(content);
    expect(await run({ type: 'hash', file, list, firstBlock: 3, count: 2 })).toBeUndefined();
    for (let block = 0; block < 11; block += 1) {
      const bytes = content.subarray(block * BLOCK, (block + 1) * BLOCK);
      const isAsked = block === 3 || block === 4;
      const expected = isAsked ? method.digest(bytes) : new Uint8Array(method.digestBytes);
      expect(Buffer.from(digestOf(list, block)).equals(expected)).toBe(true);
    }
  });

  test('compare and search: the blocks of the list in a file', async () => {
    const list = await filled();
    const file = opened(content);
    const job = { type: 'compare', file, list, isPatient: true, placement: undefined } as const;
    expect(await run({ ...job, firstBlock: 2, count: 5 })).toEqual({
      matches: [{ block: 2, count: 5, offset: 2 * BLOCK }],
      count: 5,
    });
    const moved = opened(Buffer.concat([noise(5, 2), content.subarray(4 * BLOCK, 7 * BLOCK)]));
    const wanted = new Uint8Array(new SharedArrayBuffer(11)).fill(1);
    const range = { offset: 0, length: moved.sizeBytes };
    const search = { type: 'search', search: 1, file: moved, list, wanted, range } as const;
    const matches = await run({ ...search, isThorough: true, placement: undefined });
    expect(matches).toEqual([{ block: 4, count: 3, offset: 5 }]);
  });

  test('read, digest, write, zeros and copy: the hashes of what passed', async () => {
    const { descriptor } = opened(content);
    const ranges = [
      { offset: 5, length: 70, at: 10 },
      { offset: 0, length: 3, at: 0 },
    ];
    const into = new SharedArrayBuffer(100);
    const parts = ranges.map(({ offset, length }) => content.subarray(offset, offset + length));
    const reading = { type: 'read', descriptor, ranges, into } as const;
    const of = async (job: Job): Promise<Buffer> => Buffer.from((await run(job)) as Uint8Array);
    expect(await of({ ...reading, method: method.name })).toEqual(hashes(...parts));
    expect(Buffer.from(into, 10, 70).equals(parts[0]!)).toBe(true);
    expect(await of({ ...reading, method: undefined })).toEqual(Buffer.alloc(0));

    const digesting = { type: 'digest', file: opened(content), ranges, partBytes: 50 } as const;
    const [first, second] = parts as [Buffer, Buffer];
    expect(await of({ ...digesting, method: method.name })).toEqual(
      hashes(first.subarray(0, 50), first.subarray(50), second),
    );

    const target = opened(Buffer.alloc(200, 1));
    const bytes = shared(noise(100, 3));
    const writing = { type: 'write', descriptor: target.descriptor, ranges, bytes } as const;
    const written = ranges.map(({ at, length }) => Buffer.from(bytes, at, length));
    expect(await of({ ...writing, method: method.name })).toEqual(hashes(...written));
    const now = fs.readFileSync(target.path);
    expect(now.subarray(5, 75).equals(written[0]!)).toBe(true);
    expect(now.subarray(0, 3).equals(written[1]!)).toBe(true);
    expect(now.subarray(75).equals(Buffer.alloc(125, 1))).toBe(true);

    const clearing = { type: 'zeros', descriptor: target.descriptor, blockBytes: BLOCK } as const;
    const cleared = [{ offset: 70, length: 100 }];
    expect(await of({ ...clearing, ranges: cleared, isBlank: false, method: method.name })).toEqual(
      hashes(Buffer.alloc(64), Buffer.alloc(36)),
    );
    expect(fs.readFileSync(target.path).subarray(70, 170).equals(Buffer.alloc(100))).toBe(true);

    const moves = [{ from: 1, offset: 100, length: 90 }];
    const copying = { type: 'copy', from: descriptor, to: target.descriptor, moves } as const;
    expect(await of({ ...copying, blockBytes: BLOCK, method: method.name })).toEqual(
      hashes(content.subarray(1, 65), content.subarray(65, 91)),
    );
    expect(fs.readFileSync(target.path).subarray(100, 190).equals(content.subarray(1, 91))).toBe(
      true,
    );
  });
});

test('searches of other lists look for their own blocks', async () => {
  const [method] = METHODS as [(typeof METHODS)[number]];
  const run = createJobRunner(openFileSystem());
  const job = async (search: number, bytes: Buffer): Promise<SearchJob> => {
    const list = createHashList(bytes.length, BLOCK, method);
    const count = bytes.length / BLOCK;
    await run({ type: 'hash', file: opened(bytes), list, firstBlock: 0, count });
    const file = opened(Buffer.concat([noise(3, 9), one, two]));
    const wanted = new Uint8Array(new SharedArrayBuffer(count)).fill(1);
    const range = { offset: 0, length: file.sizeBytes };
    const placement = undefined;
    return { type: 'search', search, file, list, wanted, range, isThorough: true, placement };
  };
  const [one, two] = [noise(2 * BLOCK, 4), noise(3 * BLOCK, 5)];
  const [first, second] = [await job(1, one), await job(2, two)];
  const found = async (search: SearchJob) => (await run(search)) as readonly BlockMatch[];
  for (let rounds = 0; rounds < 2; rounds += 1) {
    expect(await found(first)).toEqual([{ block: 0, count: 2, offset: 3 }]);
    expect(await found(second)).toEqual([{ block: 0, count: 3, offset: 3 + 2 * BLOCK }]);
  }
});

test('a hash that nobody has fails its job', async () => {
  const run = createJobRunner(openFileSystem());
  const job = { type: 'digest', file: opened(content), ranges: [], partBytes: 5 } as const;
  await expect(run({ ...job, method: 'none' })).rejects.toMatchObject({
    code: 'USAGE_HASH_METHOD',
  });
});

test('a thread that is to end reads and writes nothing more', async () => {
  const stopWord = createStopWord();
  const thread = (served.prepare as Prepare)(undefined, stopWord);
  const { descriptor } = opened(content);
  const ranges = [{ offset: 0, length: 5, at: 0 }];
  const memory = new SharedArrayBuffer(5);
  const jobs: readonly Job[] = [
    { type: 'read', descriptor, ranges, into: memory, method: undefined },
    { type: 'write', descriptor, ranges, bytes: memory, method: 'sha1' },
  ];
  for (const job of jobs) await thread.run(job);
  stop(stopWord);
  for (const job of jobs) await expect(thread.run(job)).rejects.toThrow(Stopped);
});

test('a scratch buffer is the same until a longer one is wanted', () => {
  const first = scratch(1000);
  expect(scratch(first.length)).toBe(first);
  expect(scratch(10)).toBe(first);
  const longer = scratch(first.length + 1);
  expect(longer.length).toBe(first.length + 1);
  expect(scratch(1)).toBe(longer);
});
