/** The repository of the worked example in docs/format.md: two snapshots of a tree of four nodes. */
import { blake3 } from '../../src/platform/hash.js';
import { initRepository } from '../../src/repo/repository/init.js';
import { readConfig } from '../../src/repo/repository/config.js';
import { openDirectoryPackStore } from '../../src/repo/packs/pack-store.js';
import type { NodeAttributes } from '../../src/platform/attribute-calls.js';
import type { ByteString } from '../../src/platform/bytes.js';
import type { Platform } from '../../src/platform/platform.js';
import type { BeginJob } from '../../src/repo/worker/jobs.js';
import { createInlinePool, type WorkerPool } from '../../src/repo/worker/pool.js';
import { platformWithSource, type SourceNode, type SourceTree } from './in-memory-source.js';
import { backup } from '../support/by-path.js';

/** 1 November 2026, 00:00 UTC, in seconds. */
const NOVEMBER = 1_793_491_200;
const DAY = 86_400;
const FIRST_MS = (NOVEMBER + DAY) * 1000;
const SECOND_MS = (NOVEMBER + 2 * DAY) * 1000;

const directory = (inode: number, seconds: number): SourceNode => ({
  type: 'directory',
  inode,
  mode: 0o755,
  mtime: [seconds, inode * 12_345_677],
  ctime: [seconds, inode * 7_654_321],
});

/** The BLAKE3 hashes of the single bytes 0 to 7, end to end: 256 bytes that do not compress. */
export const OLD_CORE = Buffer.concat(
  Array.from({ length: 8 }, (_, byte) => blake3(Buffer.of(byte))),
);
/** {@link OLD_CORE} with three bytes overwritten. */
export const NEW_CORE = Buffer.concat([
  OLD_CORE.subarray(0, 100),
  Buffer.from('MUD'),
  OLD_CORE.subarray(103),
]);
export const NOTE = Buffer.from('clay\n');

const file = (inode: number, bytes: Uint8Array, mtime: number, ctime = mtime): SourceNode => ({
  type: 'file',
  inode,
  mode: 0o644,
  mtime: [mtime, inode * 12_345_677],
  ctime: [ctime, inode * 7_654_321],
  bytes,
});

/** Without a copy by dump(8), and with a note. */
const DRILLED: NodeAttributes = {
  flags: 0x40,
  xattrs: [{ name: 'user.depth' as ByteString, value: '12 m' as ByteString }],
};

export const FIRST_TREE: SourceTree = {
  '/lake': directory(10, NOVEMBER),
  '/lake/core': { ...file(11, OLD_CORE, NOVEMBER), attributes: DRILLED },
  '/lake/note': file(12, NOTE, NOVEMBER),
};

export const SECOND_TREE: SourceTree = {
  '/lake': directory(10, NOVEMBER + DAY + 60),
  '/lake/core': { ...file(11, NEW_CORE, NOVEMBER + DAY + 60), attributes: DRILLED },
  // Its permissions were changed and changed back: only the time of that differs.
  '/lake/note': file(12, NOTE, NOVEMBER, NOVEMBER + DAY + 60),
  '/lake/top': {
    type: 'symlink',
    inode: 13,
    mode: 0o777,
    mtime: [NOVEMBER + DAY + 60, 160_493_801],
    ctime: [NOVEMBER + DAY + 60, 99_506_173],
    link: 'core',
  },
};

/** Jobs on this thread: worker threads need compiled sources. */
export function inlinePool(
  repositoryPath: string,
  platform: Platform,
): (laneCount: number, begin?: (lane: number) => BeginJob) => WorkerPool {
  const { id } = readConfig(repositoryPath, platform);
  const { files } = platform;
  return (laneCount, begin) =>
    createInlinePool(
      files,
      () => openDirectoryPackStore(files, `${repositoryPath}/packs`, id),
      laneCount,
      begin,
    );
}

/** Makes the example at `path`, which must be new or empty. */
export async function makeExample(path: string): Promise<void> {
  const first = platformWithSource(FIRST_TREE, FIRST_MS);
  initRepository(path, first);
  await takeSnapshot(path, first);
  await takeSnapshot(path, platformWithSource(SECOND_TREE, SECOND_MS));
}

async function takeSnapshot(path: string, platform: Platform): Promise<void> {
  const createPool = inlinePool(path, platform);
  await backup(path, platform, { paths: ['/lake'], jobs: 1, createPool });
}
