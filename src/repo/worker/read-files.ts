/** Reads whole files: opens, reads, proves that nothing changed in the meantime, hashes. */
import { blake3, HASH_BYTES } from '../../platform/hash.js';
import type { FileStat } from '../../platform/at-calls.js';
import { NO_ATTRIBUTES, type NodeAttributes } from '../../platform/attribute-calls.js';
import type { BufferPool } from '../packs/buffer-pool.js';
import type { ByteString } from '../../platform/bytes.js';
import type { FileSystem } from '../../platform/files.js';
import { fileErrorCode, reasonOf, saysVanished } from '../../platform/system-errors.js';
import { readAttributes } from '../tree/attributes.js';
import { isSameState } from '../tree/compare.js';
import { openPath } from '../tree/long-paths.js';
import type { WorkerContext } from './context.js';
import {
  agreesWithStat,
  ReadStatus,
  STAT_FIELDS,
  type ReadFilesJob,
  type ReadFilesResult,
} from './jobs.js';

/** A file that changes while it is read is read this often before it is called unstable. */
const MAX_ATTEMPTS = 3;

export function readFiles(context: WorkerContext, job: ReadFilesJob): ReadFilesResult {
  const { paths } = job;
  const expected = paths.map((_, index) => expectedBytes(job, index));
  const arena = createArena(expected, context.pool);
  const statuses = new Uint8Array(paths.length);
  const newStats = new Map<number, FileStat>();
  const attributes = new Map<number, NodeAttributes>();
  const failures = new Map<number, string>();

  paths.forEach((_, index) => {
    try {
      const { status, stat, found } = readOne(context.files, arena, index, job);
      statuses[index] = status;
      if (status !== ReadStatus.read) newStats.set(index, stat);
      if (found.flags !== 0 || found.xattrs.length > 0) attributes.set(index, found);
    } catch (error) {
      const code = fileErrorCode(error);
      if (code === undefined) throw error;
      arena.setLength(index, 0);
      statuses[index] = saysVanished(code) ? ReadStatus.vanished : ReadStatus.failed;
      failures.set(index, reasonOf(error));
    }
  });

  const { bytes, starts, lengths } = arena.pack();
  const hashes = new Uint8Array(paths.length * HASH_BYTES);
  starts.forEach((start, index) => {
    hashes.set(blake3(bytes.subarray(start, start + (lengths[index] ?? 0))), index * HASH_BYTES);
  });
  context.tickets.set(job.ticket, { bytes, starts, lengths, hashes, sharesFrames: true });
  return {
    statuses,
    lengths: Float64Array.from(lengths),
    hashes,
    stats: newStats,
    attributes,
    failures,
  };
}

interface ReadOutcome {
  readonly status: ReadStatus;
  readonly stat: FileStat;
  readonly found: NodeAttributes;
}

/** Bytes that a file is thought to have. */
function expectedBytes({ stats, tellSizes }: ReadFilesJob, index: number): number {
  return tellSizes[index] === 0 ? 0 : (stats[index * STAT_FIELDS] ?? 0);
}

/** Reads the file at `index` of a job into its place in the arena. */
function readOne(files: FileSystem, arena: Arena, index: number, job: ReadFilesJob): ReadOutcome {
  const path = job.paths[index] ?? ('' as ByteString);
  const descriptor = openPath(files, path, 'read-file');
  const open = { files, arena, path, descriptor };
  try {
    const unsized = expectedBytes(job, index) === 0 ? readUnsized(open, index, job) : undefined;
    return unsized ?? readSized(open, index, job);
  } catch (error) {
    // Of a directory or a fifo nothing is read like a file.
    const isSystems = fileErrorCode(error) !== undefined;
    if (isSystems && files.at.statOpen(descriptor).type !== 'file') throw notAFile(path);
    throw error;
  } finally {
    files.close(descriptor);
  }
}

/** A file of a job that is open. */
interface OpenFile {
  readonly files: FileSystem;
  readonly arena: Arena;
  readonly path: ByteString;
  readonly descriptor: number;
}

/**
 * Reads a file to its end whose size is not known, or is said to be 0, which many a file system says of
 * what it does not know. undefined: it has got a size since it was looked at.
 */
function readUnsized(
  { files, arena, path, descriptor }: OpenFile,
  index: number,
  { stats, tellSizes }: ReadFilesJob,
): ReadOutcome | undefined {
  const before = files.at.statOpen(descriptor);
  if (before.type !== 'file') throw notAFile(path);
  if (tellSizes[index] !== 0 && before.sizeBytes > 0) return undefined;
  const bytes = files.readToEnd(descriptor);
  const found = readAttributes(files.at, { type: 'open', descriptor });
  const stat = files.at.statOpen(descriptor);
  if (tellSizes[index] !== 0 && stat.sizeBytes > 0) return undefined;
  arena.fill(index, bytes.length, (into, offset) => bytes.copy(into, offset));
  const isAsSeen = agreesWithStat(stats, index, stat);
  return { status: isAsSeen ? ReadStatus.read : ReadStatus.changed, stat, found };
}

function readSized(
  { files, arena, path, descriptor }: OpenFile,
  index: number,
  { stats, mostBytes }: ReadFilesJob,
): ReadOutcome {
  /** Attributes before the stat, whose ctime then stands for them, too. */
  const readAll = (sizeBytes: number): NodeAttributes => {
    arena.fill(index, sizeBytes, (into, offset, length) =>
      files.read(descriptor, into.subarray(offset, offset + length), 0),
    );
    return readAttributes(files.at, { type: 'open', descriptor });
  };
  let found = readAll(stats[index * STAT_FIELDS] ?? 0);
  let stat = files.at.statOpen(descriptor);
  if (agreesWithStat(stats, index, stat)) return { status: ReadStatus.read, stat, found };
  if (stat.type !== 'file') throw notAFile(path);
  for (let attempt = 2; attempt <= MAX_ATTEMPTS; attempt++) {
    if (stat.sizeBytes > mostBytes) {
      arena.setLength(index, 0);
      return { status: ReadStatus.outgrown, stat, found: NO_ATTRIBUTES };
    }
    found = readAll(stat.sizeBytes);
    const after = files.at.statOpen(descriptor);
    const isStable = isSameState(stat, after);
    stat = after;
    if (isStable) return { status: ReadStatus.changed, stat, found };
  }
  return { status: ReadStatus.unstable, stat, found };
}

/** Something else has taken the name of a file: the file itself has vanished. */
export function notAFile(path: ByteString): NodeJS.ErrnoException {
  const error: NodeJS.ErrnoException = new Error('it is no longer a regular file');
  return Object.assign(error, { code: 'ENOENT', path });
}

type Fill = (into: Buffer, offset: number, length: number) => number;

/** One buffer for all files of a job; a file that outgrows its place gets a buffer of its own. */
interface Arena {
  fill(index: number, sizeBytes: number, read: Fill): void;
  setLength(index: number, lengthBytes: number): void;
  pack(): { bytes: Buffer; starts: number[]; lengths: number[] };
}

function createArena(expected: readonly number[], pool: BufferPool): Arena {
  const total = expected.reduce((sum, size) => sum + size, 0);
  let bytes = pool.take(total);
  let next = 0;
  const starts: number[] = [];
  const lengths: number[] = [];

  const reserve = (sizeBytes: number): number => {
    if (next + sizeBytes > bytes.length) {
      const larger = pool.take(Math.ceil(Math.max(next + sizeBytes, bytes.length * 1.25)));
      bytes.copy(larger, 0, 0, next);
      pool.give(bytes);
      bytes = larger;
    }
    return next;
  };

  return {
    fill(index, sizeBytes, read) {
      // The latest file may be filled again: its place begins where the one before ended.
      if (index < starts.length) next = starts[index] ?? next;
      const start = reserve(sizeBytes);
      const length = read(bytes, start, sizeBytes);
      starts[index] = start;
      lengths[index] = length;
      next = start + length;
    },
    setLength(index, lengthBytes) {
      starts[index] ??= next;
      lengths[index] = lengthBytes;
      next = starts[index] + lengthBytes;
    },
    pack: () => ({ bytes, starts, lengths }),
  };
}
