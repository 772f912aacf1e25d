/** A target that something else writes to while it is being compared. */
import {
  appendFileSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openListCache } from '../../../src/remote/copy/hashing/list-cache.js';
import { loadHashMethod } from '../../../src/remote/copy/hashing/methods.js';
import { LocalTarget, type TargetTools } from '../../../src/remote/copy/local-target.js';
import { localPlace } from '../../../src/remote/copy/file/place.js';
import { blockCount } from '../../../src/remote/copy/hashing/hash-list.js';
import type { BasisName, BeginRequest } from '../../../src/remote/copy/sides.js';
import { openPlatform } from '../../../src/store.js';
import { scratchDirectory } from '../../support/directory.js';
import { startWorkers } from '../../support/in-thread-workers.js';
import { openFilesBelow } from '../../support/open-files.js';
import { noise } from '../../support/seed.js';
import { makeFifo } from '../../support/special-files.js';

const BLOCK = 4096;
const old = noise(4 * BLOCK, 1);
const platform = openPlatform();
const { files } = platform;
const method = await loadHashMethod('blake3');
const tools: TargetTools = {
  files,
  workers: startWorkers(2),
  lists: openListCache(platform, undefined),
  nowMs: () => platform.clock.nowMs(),
};

/** A target with an old file, and its list as a client was sent it. */
async function listed(name: BasisName) {
  const directory = scratchDirectory();
  const path = join(directory, 'file');
  writeFileSync(path, old);
  const place = localPlace(files, path);
  if (name === 'left') await leaveDraft(place);
  const target = new LocalTarget(tools, place);
  const [draft = ''] = readdirSync(directory).filter((one) => one.endsWith('.partial'));
  const { list, ready } = await target.list(name, { ...request, onHashed: () => undefined });
  await ready(blockCount(list));
  const close = (): void => [target, place].forEach((one) => one.close());
  return { path, directory, place, target, list, draft: join(directory, draft), close };
}

const request = { blockBytes: BLOCK, method };
const wanted: Omit<BeginRequest, 'basis'> = {
  ...request,
  sizeBytes: old.length,
  isInPlace: false,
  attributes: { mode: undefined, mtime: undefined },
};

/** What a copy that was given up leaves. */
async function leaveDraft(place: ReturnType<typeof localPlace>): Promise<void> {
  const target = new LocalTarget(tools, place);
  const receiver = await target.begin({ ...wanted, basis: undefined });
  const bytes = new SharedArrayBuffer(BLOCK);
  Buffer.from(bytes).set(old.subarray(0, BLOCK));
  await receiver.put([{ type: 'data', offset: 0, length: BLOCK, at: 0 }], bytes);
  await receiver.close();
  target.close();
}

const changes: readonly (readonly [string, (path: string) => void])[] = [
  ['grows', (path) => appendFileSync(path, 'x')],
  ['shrinks', (path) => truncateSync(path, 2 * BLOCK)],
  ['is emptied', (path) => truncateSync(path, 0)],
];

describe.each(['old', 'left'] as const)('after the list of the %s file was made', (name) => {
  test.each(changes)('a file that %s is no basis: COPY_TARGET_CHANGED', async (_, change) => {
    for (const isInPlace of name === 'old' ? [false, true] : [false]) {
      const { path, draft, target, list, close, place } = await listed(name);
      change(name === 'old' ? path : draft);
      const now = readFileSync(path);
      const begin = async () => target.begin({ ...wanted, isInPlace, basis: { name, list } });
      await expect(begin()).rejects.toMatchObject({
        code: 'COPY_TARGET_CHANGED',
        message: expect.stringContaining('changed while it was being compared') as string,
      });
      expect(readFileSync(path).equals(now)).toBe(true);
      // Nothing is locked any longer: the next copy can begin.
      const next = new LocalTarget(tools, place);
      const receiver = await next.begin({ ...wanted, isInPlace, basis: undefined });
      await receiver.close();
      next.close();
      close();
    }
  });

  test('one that is as it was is', async () => {
    const { target, list, close } = await listed(name);
    const receiver = await target.begin({ ...wanted, basis: { name, list } });
    await receiver.close();
    close();
  });
});

test('the list of a file that changes while it is made is not kept', async () => {
  const kept: number[] = [];
  const lists = { ...tools.lists, keep: () => void kept.push(1) };
  const directory = scratchDirectory();
  const path = join(directory, 'file');
  for (const isChanged of [true, false]) {
    writeFileSync(path, old);
    const place = localPlace(files, path);
    const target = new LocalTarget({ ...tools, lists }, place);
    const listing = await target.list('old', { ...request, onHashed: () => undefined });
    if (isChanged) appendFileSync(path, 'x');
    await listing.settled;
    await listing.ready(blockCount(listing.list));
    await Promise.resolve();
    expect(kept).toHaveLength(isChanged ? 0 : 1);
    [target, place].forEach((one) => one.close());
  }
});

test.each<readonly [string, (path: string) => void]>([
  ['a directory', (path) => mkdirSync(path)],
  ['a symbolic link', (path) => symlinkSync('file', path)],
  ['a fifo', (path) => makeFifo(path)],
])('where what an interrupted copy left is %s, nothing stays open', async (_, make) => {
  const { directory, path, draft, close } = await listed('left');
  close();
  rmSync(draft);
  make(draft);
  for (const isThere of [true, false]) {
    if (!isThere) rmSync(path);
    const again = localPlace(files, path);
    const before = openFilesBelow(directory);
    expect(() => new LocalTarget(tools, again)).toThrow(
      expect.objectContaining({ code: 'NOT_A_FILE' }),
    );
    expect(openFilesBelow(directory)).toEqual(before);
    again.close();
  }
});

describe('nothing stays open', () => {
  const begun = () => {
    const directory = scratchDirectory();
    writeFileSync(join(directory, 'file'), old);
    const place = localPlace(files, join(directory, 'file'));
    return { directory, place, target: new LocalTarget(tools, place) };
  };

  test.each([false, true])('of a new file that is not begun; in place: %j', async (isInPlace) => {
    const { path, directory, target, list, close } = await listed('old');
    appendFileSync(path, 'x');
    const before = openFilesBelow(directory);
    const begin = async () => target.begin({ ...wanted, isInPlace, basis: { name: 'old', list } });
    await expect(begin()).rejects.toMatchObject({ code: 'COPY_TARGET_CHANGED' });
    expect(openFilesBelow(directory)).toEqual(before);
    close();
    expect(openFilesBelow(directory)).toEqual([]);
  });

  test('of one that was begun early: it is closed with its receiver, or else with the target', async () => {
    for (const isTaken of [true, false]) {
      const { directory, place, target } = begun();
      const listing = await target.list('old', { ...request, onHashed: () => undefined });
      await listing.ready(4);
      const [first, second] = [1, 2].map(() => target.beginEarly(listing.list));
      expect(second).toEqual(first);
      expect(first).toMatchObject({ placed: new Uint8Array(4) });
      if (isTaken) {
        const receiver = await target.begin({
          ...wanted,
          basis: { name: 'old', list: listing.list },
        });
        await receiver.close();
      }
      // The old file and its directory are open still; closing what is closed would fail, or worse.
      const others = openFilesBelow(directory).filter((one) => one.endsWith('.partial'));
      expect(others).toHaveLength(isTaken ? 0 : 1);
      target.close();
      place.close();
      expect(openFilesBelow(directory)).toEqual([]);
    }
  });
});

test('what was left has as much data as it has bytes at most', async () => {
  const { draft, place, close } = await listed('left');
  close();
  for (const [bytes, dataBytes] of [
    [1, 1],
    [old.length, old.length],
  ] as const) {
    writeFileSync(draft, old.subarray(0, bytes));
    const again = localPlace(files, place.path);
    const target = new LocalTarget(tools, again);
    expect(target.left).toMatchObject({ sizeBytes: bytes, dataBytes });
    [target, again].forEach((one) => one.close());
  }
  truncateSync(draft, 2 ** 30);
  const again = localPlace(files, place.path);
  const target = new LocalTarget(tools, again);
  expect(target.left?.sizeBytes).toBe(2 ** 30);
  expect(target.left?.dataBytes).toBeLessThan(2 ** 20);
  [target, again].forEach((one) => one.close());
});

test('a list is kept as of the time that its making began', async () => {
  const kept: number[] = [];
  let now = 0;
  const lists = {
    ...tools.lists,
    keep: (_: unknown, __: unknown, ms: number) => void kept.push(ms),
  };
  const directory = scratchDirectory();
  writeFileSync(join(directory, 'file'), old);
  const place = localPlace(files, join(directory, 'file'));
  const target = new LocalTarget({ ...tools, lists, nowMs: () => (now += 1) }, place);
  const listing = await target.list('old', { ...request, onHashed: () => (now = 100) });
  await listing.settled;
  await Promise.resolve();
  expect(kept).toEqual([1]);
  [target, place].forEach((one) => one.close());
});
