/** Hash lists that are kept: for the very state of the file that they were made of, and no other. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { localPlace, openExistingFile } from '../../../../src/remote/copy/file/place.js';
import { createHashList, type HashList } from '../../../../src/remote/copy/hashing/hash-list.js';
import { openListCache, type ListCache } from '../../../../src/remote/copy/hashing/list-cache.js';
import { loadHashMethod } from '../../../../src/remote/copy/hashing/methods.js';
import type { FileStat } from '../../../../src/platform/at-calls.js';
import { openPlatform } from '../../../../src/store.js';
import { openFilesBelow } from '../../../support/open-files.js';
import { noise } from '../../../support/seed.js';

const MEBIBYTE = 1024 * 1024;
const platform = openPlatform();
const blake3 = await loadHashMethod('blake3');
const sha1 = await loadHashMethod('sha1');
const base = mkdtempSync(join(tmpdir(), 'varve-lists-'));
afterAll(() => rmSync(base, { recursive: true }));

const BLOCK = 4096;
const SIZE = 100_000;
const path = join(base, 'file');
writeFileSync(path, noise(SIZE, 1));
const place = localPlace(platform.files, path);
const file = openExistingFile(platform.files, place);
const { stat } = file;
file.close();
place.close();

const changedMs = stat.ctime.seconds * 1000 + stat.ctime.nanoseconds / 1e6;
/** A list that is made so long after the last change is kept. */
const LATER_MS = changedMs + 100;

/** A list with any entries. */
function list(sizeBytes = SIZE, blockBytes = BLOCK, method = blake3): HashList {
  const made = createHashList(sizeBytes, blockBytes, method);
  made.entries.set(noise(Math.min(made.entries.length, 10_000), 2));
  return made;
}

let directory = '';
let lists: ListCache;
let count = 0;
beforeEach(() => {
  directory = join(base, `cache-${count++}`, 'hash-lists');
  lists = openListCache(platform, directory);
});
const entriesOf = (found: HashList | undefined): Buffer | undefined =>
  found && Buffer.from(found.entries);
const kept = (): string[] => readdirSync(directory).map((name) => join(directory, name));

describe('a list that was kept', () => {
  test('is found again, also by another process', () => {
    const made = list();
    lists.keep(stat, made, LATER_MS);
    const found = openListCache(platform, directory).find(stat, BLOCK, blake3);
    expect(found).toMatchObject({ sizeBytes: SIZE, blockBytes: BLOCK, method: 'blake3' });
    expect(entriesOf(found)?.equals(made.entries)).toBe(true);
  });

  test("is nobody else's business", () => {
    lists.keep(stat, list(), LATER_MS);
    expect(kept().map((name) => statSync(name).mode & 0o777)).toEqual([0o600]);
  });

  test.each<readonly [string, Partial<FileStat>]>([
    ['device', { device: stat.device + 1 }],
    ['inode', { inode: stat.inode + 1 }],
    ['size', { sizeBytes: SIZE + 1 }],
    ['modification time', { mtime: { ...stat.mtime, nanoseconds: 1 } }],
    ['change time', { ctime: { ...stat.ctime, seconds: stat.ctime.seconds + 1 } }],
  ])('is not of a file with another %s', (_, other) => {
    lists.keep(stat, list(), LATER_MS);
    expect(lists.find({ ...stat, ...other }, BLOCK, blake3)).toBeUndefined();
    expect(lists.findRecent({ ...stat, ...other }, BLOCK, blake3)).toBeUndefined();
  });

  test('is one for each block size and method', () => {
    const [one, two, three] = [list(), list(SIZE, 512), list(SIZE, BLOCK, sha1)];
    for (const made of [one, two, three]) lists.keep(stat, made, LATER_MS);
    expect(entriesOf(lists.find(stat, BLOCK, blake3))?.equals(one.entries)).toBe(true);
    expect(entriesOf(lists.find(stat, 512, blake3))?.equals(two.entries)).toBe(true);
    expect(entriesOf(lists.find(stat, BLOCK, sha1))?.equals(three.entries)).toBe(true);
    expect(lists.find(stat, 1024, blake3)).toBeUndefined();
  });

  test('takes the place of the one before', () => {
    lists.keep(stat, list(), LATER_MS);
    const newer = list();
    newer.entries.fill(7);
    lists.keep(stat, newer, LATER_MS);
    expect(entriesOf(lists.find(stat, BLOCK, blake3))?.equals(newer.entries)).toBe(true);
    expect(kept()).toHaveLength(1);
  });

  test('of an empty file is found, too', () => {
    const empty = { ...stat, sizeBytes: 0 };
    lists.keep(empty, list(0), LATER_MS);
    expect(lists.find(empty, BLOCK, blake3)?.entries).toHaveLength(0);
  });

  test('is not believed when it was damaged', () => {
    lists.keep(stat, list(), LATER_MS);
    const [name = ''] = kept();
    const whole = readFileSync(name);
    const flipped = (at: number): Buffer => {
      const bytes = Buffer.from(whole);
      bytes[at] = (bytes[at] as number) ^ 1;
      return bytes;
    };
    const damaged = [
      flipped(0),
      flipped(whole.length - 33),
      flipped(whole.length - 32),
      flipped(whole.length - 1),
      whole.subarray(0, -1),
      whole.subarray(0, 10),
      Buffer.alloc(0),
      Buffer.alloc(whole.length),
      Buffer.concat([whole, Buffer.from('x')]),
    ];
    for (const bytes of damaged) {
      writeFileSync(name, bytes);
      expect(openListCache(platform, directory).find(stat, BLOCK, blake3)).toBeUndefined();
    }
    writeFileSync(name, whole);
    expect(lists.find(stat, BLOCK, blake3)).toBeDefined();
  });
});

describe('a file that changed shortly before its list was begun', () => {
  test('may change again without its times showing it: its list is not kept', () => {
    lists.keep(stat, list(), LATER_MS - 1);
    expect(lists.find(stat, BLOCK, blake3)).toBeUndefined();
    expect(existsSync(directory)).toBe(false);
  });

  test('has a list all the same for the copy that rests on it', () => {
    const made = list();
    lists.keep(stat, made, LATER_MS - 1);
    expect(lists.findRecent(stat, BLOCK, blake3)).toBe(made);
    expect(openListCache(platform, directory).findRecent(stat, BLOCK, blake3)).toBeUndefined();
  });
});

describe('a directory', () => {
  test('that is not given is not needed for what is recent', () => {
    const inMemory = openListCache(platform, undefined);
    const made = list();
    inMemory.keep(stat, made, LATER_MS);
    expect(inMemory.find(stat, BLOCK, blake3)).toBeUndefined();
    expect(inMemory.findRecent(stat, BLOCK, blake3)).toBe(made);
  });

  test('that cannot be made or written to fails nothing', () => {
    mkdirSync(join(directory, '..'));
    writeFileSync(directory, 'a file');
    lists.keep(stat, list(), LATER_MS);
    expect(lists.find(stat, BLOCK, blake3)).toBeUndefined();
    expect(readFileSync(directory, 'utf8')).toBe('a file');
  });

  test('whose entries cannot be read is as good as empty', () => {
    lists.keep(stat, list(), LATER_MS);
    const [name = ''] = kept();
    rmSync(name);
    mkdirSync(name);
    expect(lists.find(stat, BLOCK, blake3)).toBeUndefined();
  });

  test('is emptied when a further list would make it larger than 256 MiB', () => {
    lists.keep(stat, list(), LATER_MS);
    const [first = ''] = kept();
    const added = list().entries.length;
    const others = join(directory, 'others');
    writeFileSync(others, '');
    truncateSync(others, 256 * MEBIBYTE - readFileSync(first).length - added);
    lists.keep({ ...stat, inode: 1 }, list(), LATER_MS);
    expect(kept()).toHaveLength(3);
    lists.keep({ ...stat, inode: 2 }, list(), LATER_MS);
    expect(kept()).toHaveLength(1);
    expect(lists.find({ ...stat, inode: 2 }, BLOCK, blake3)).toBeDefined();
    expect(lists.find(stat, BLOCK, blake3)).toBeUndefined();
  });

  test('holds nothing but lists: none that was half written', () => {
    for (let inode = 0; inode < 10; inode++) lists.keep({ ...stat, inode }, list(), LATER_MS);
    for (const name of readdirSync(directory)) expect(name).toMatch(/^[0-9a-f]{40}$/);
  });
});

describe('of recent lists', () => {
  /** A list of about so many bytes. */
  const large = (bytes: number): HashList => list((bytes / 36) * BLOCK);
  const keep = (inode: number, bytes: number): void => {
    const made = large(bytes);
    lists.keep({ ...stat, inode, sizeBytes: made.sizeBytes }, made, 0);
  };
  const has = (inode: number, bytes: number): boolean =>
    lists.findRecent({ ...stat, inode, sizeBytes: large(bytes).sizeBytes }, BLOCK, blake3) !==
    undefined;
  const TWELVE = 12 * MEBIBYTE - ((12 * MEBIBYTE) % 36);

  test('no more than 32 MiB are held, and that which was used longest ago goes first', () => {
    keep(1, TWELVE);
    keep(2, TWELVE);
    expect(has(1, TWELVE)).toBe(true);
    keep(3, TWELVE);
    expect([1, 2, 3].map((inode) => has(inode, TWELVE))).toEqual([true, false, true]);
  });

  test('the last is held however large it is', () => {
    keep(1, TWELVE);
    keep(2, 4 * TWELVE);
    expect(has(1, TWELVE)).toBe(false);
    expect(has(2, 4 * TWELVE)).toBe(true);
  });
});

test('nothing of a cache stays open, whatever it is asked for', () => {
  lists.keep(stat, list(), LATER_MS);
  for (const at of [0, 1]) {
    expect(lists.find(stat, BLOCK, blake3) === undefined).toBe(at === 1);
    lists.findHash(stat, BLOCK, blake3);
    lists.findRecent(stat, BLOCK, sha1);
    expect(openFilesBelow(base)).toEqual([]);
    // As long as it should be, and damaged.
    for (const name of readdirSync(directory)) {
      const kept = join(directory, name);
      writeFileSync(kept, noise(statSync(kept).size, 9));
    }
  }
});
