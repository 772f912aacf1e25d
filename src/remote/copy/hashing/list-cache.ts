/**
 * Hash lists kept between runs: of a file whose device, inode, size and times are what they were,
 * nothing is read. A cached list is only ever trusted for a file in the very state that it was made
 * of; damage of the cache shows in its checksum and costs nothing but the hashing.
 */
import { blake3, HASH_BYTES } from '../../../platform/hash.js';
import type { FileStat } from '../../../platform/at-calls.js';
import { replaceFile } from '../../../platform/replace-file.js';
import type { Platform } from '../../../platform/platform.js';
import { identityOf } from '../file/place.js';
import {
  blockCount,
  createHashList,
  entryBytes,
  hashOfEntries,
  type HashList,
} from './hash-list.js';
import type { HashMethod } from './methods.js';

/**
 * Times of files move in steps of up to 10 ms on Linux: a file that changed so shortly before it was
 * read may change again without its times showing it. The rest is for clocks that differ a little.
 */
const RACY_MS = 100;
/** No more than this is kept in memory. */
const MAX_RECENT_BYTES = 32 * 1024 * 1024;
/** No more than this is kept in total. */
const MAX_CACHED_BYTES = 256 * 1024 * 1024;

export interface ListCache {
  /**
   * The hash of the list of a file in this state, if the list is kept: as it was written, so that
   * nothing has to be read for it.
   */
  findHash(stat: FileStat, blockBytes: number, method: HashMethod): Buffer | undefined;
  /** The list of a file in this state, if it is known. */
  find(stat: FileStat, blockBytes: number, method: HashMethod): HashList | undefined;
  /** Like {@link find}, also if its times prove nothing: for what rests on the list that was just sent. */
  findRecent(stat: FileStat, blockBytes: number, method: HashMethod): HashList | undefined;
  /** Keeps a list; `startedMs` is when its making began, and the file is still as `stat` says. */
  keep(stat: FileStat, list: HashList, startedMs: number): void;
}

/**
 * A cache in a directory that only its user can write to; it is made when it is first needed.
 * Without a directory, nothing is kept beyond the process.
 */
export function openListCache(platform: Platform, directory: string | undefined): ListCache {
  const recent = new RecentLists();
  const kept =
    <T>(read: (platform: Platform, path: string, wanted: Wanted) => T | undefined) =>
    (stat: FileStat, blockBytes: number, method: HashMethod): T | undefined => {
      if (directory === undefined) return undefined;
      const path = `${directory}/${keyOf(stat, blockBytes, method.name)}`;
      return read(platform, path, { ...method, blockBytes, sizeBytes: stat.sizeBytes });
    };
  const find = kept(readList);
  return {
    find,
    findHash: kept(readHash),
    findRecent: (stat, blockBytes, method) =>
      recent.find(keyOf(stat, blockBytes, method.name)) ?? find(stat, blockBytes, method),
    keep(stat, list, startedMs) {
      const key = keyOf(stat, list.blockBytes, list.method);
      recent.add(key, list);
      const changedMs = stat.ctime.seconds * 1000 + stat.ctime.nanoseconds / 1e6;
      if (directory === undefined || startedMs - changedMs < RACY_MS) return;
      try {
        platform.files.makeDirectories(directory);
        makeRoom(platform, directory, list.entries.length);
        writeWhole(platform, `${directory}/${key}`, list.entries);
      } catch {
        // A cache that cannot be written is not a failure: the next run hashes again.
      }
    },
  };
}

function keyOf(stat: FileStat, blockBytes: number, method: string): string {
  const text = [identityOf(stat), blockBytes, method].join(' ');
  return blake3(Buffer.from(text)).toString('hex', 0, 20);
}

/** The lists of this process, as far as they fit; those that were used longest ago go first. */
class RecentLists {
  private readonly lists = new Map<string, HashList>();
  private bytes = 0;

  find(key: string): HashList | undefined {
    const list = this.lists.get(key);
    if (list) this.add(key, list);
    return list;
  }

  add(key: string, list: HashList): void {
    this.remove(key);
    this.lists.set(key, list);
    this.bytes += list.entries.length;
    for (const oldest of this.lists.keys()) {
      if (this.bytes <= MAX_RECENT_BYTES || this.lists.size === 1) return;
      this.remove(oldest);
    }
  }

  private remove(key: string): void {
    this.bytes -= this.lists.get(key)?.entries.length ?? 0;
    this.lists.delete(key);
  }
}

type Wanted = HashMethod & Pick<HashList, 'sizeBytes' | 'blockBytes'>;

function readList(platform: Platform, path: string, wanted: Wanted): HashList | undefined {
  return reading(platform, path, wanted, (descriptor) => {
    const list = createHashList(wanted.sizeBytes, wanted.blockBytes, wanted);
    const { length } = list.entries;
    if (platform.files.read(descriptor, list.entries, 0) !== length) return undefined;
    const hash = hashAt(platform, descriptor, length);
    return hashOfEntries(list.entries).equals(hash) ? list : undefined;
  });
}

function readHash(platform: Platform, path: string, wanted: Wanted): Buffer | undefined {
  return reading(platform, path, wanted, (descriptor) =>
    hashAt(platform, descriptor, blockCount(wanted) * entryBytes(wanted)),
  );
}

/** Reads a kept list, if it is there and as long as the file's list must be. */
function reading<T>(
  { files }: Platform,
  path: string,
  wanted: Wanted,
  read: (descriptor: number) => T,
): T | undefined {
  try {
    const bytes = blockCount(wanted) * entryBytes(wanted) + HASH_BYTES;
    if (files.stat(path)?.sizeBytes !== bytes) return undefined;
    const descriptor = files.open(path, 'read');
    try {
      return read(descriptor);
    } finally {
      files.close(descriptor);
    }
  } catch {
    return undefined;
  }
}

function hashAt({ files }: Platform, descriptor: number, position: number): Buffer {
  const hash = Buffer.alloc(HASH_BYTES);
  files.read(descriptor, hash, position);
  return hash;
}

function writeWhole(platform: Platform, path: string, entries: Uint8Array): void {
  const temporary = `${path}.${Buffer.from(platform.randomBytes(6)).toString('hex')}`;
  // Hashes of blocks say much of a file that others may not read: it is for its user only.
  replaceFile(platform.files, path, [entries, hashOfEntries(entries)], {
    temporary,
    rule: 'cached',
  });
}

/** Which list is the oldest is not known without reading times: when there is no room, all go. */
function makeRoom({ files }: Platform, directory: string, addedBytes: number): void {
  const paths = files.list(directory).map((name) => `${directory}/${name}`);
  const sizes = paths.map((path) => files.stat(path)?.sizeBytes ?? 0);
  const total = sizes.reduce((sum, size) => sum + size, addedBytes);
  if (total > MAX_CACHED_BYTES) paths.forEach((path) => files.remove(path));
}
