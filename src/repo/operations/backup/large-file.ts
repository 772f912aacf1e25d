/**
 * Reads a large file in windows of its segments, several at once, so that two workers share one file
 * and memory stays flat in its size. Where its state changed between the first window and the last,
 * the whole of it is read again.
 */
import { blake3, HASH_BYTES } from '../../../delta/hash.js';
import type { Index } from '../../index/index.js';
import type { ChunkingParameters, ContentRef } from '../../model.js';
import type { FileStat } from '../../platform/at-calls.js';
import { NO_ATTRIBUTES, type NodeAttributes } from '../../platform/attribute-calls.js';
import { sameTime } from '../../tree/compare.js';
import type { ReadWindowFailure, ReadWindowJob, ReadWindowResult } from '../../worker/jobs.js';
import type { FileOutcome, FileToRead } from './contents.js';
import type { Limiter } from '../limiter.js';

type Window = Omit<ReadWindowJob, 'type' | 'ticket'>;

export interface LargeFileReader {
  readonly chunking: ChunkingParameters;
  readonly limiter: Limiter;
  readonly index: Index;
  /** Reads, deduplicates and stores one window. @throws SourceError */
  readonly readWindow: (
    window: Window,
  ) => Promise<ReadWindowResult & { readonly blobs: readonly number[] }>;
}

/** Bytes that a worker holds of a large file at once, unless a piece may be nearly as long. */
const WINDOW_BYTES = 4 * 1024 * 1024;
const MOST_ATTEMPTS = 3;

export async function readLargeFile(
  file: FileToRead<unknown>,
  reader: LargeFileReader,
): Promise<FileOutcome> {
  try {
    let { stat } = file;
    for (let attempt = 1; ; attempt++) {
      const read = await readOnce(file, stat, reader);
      const isStable = read.stats.every((after) => sameState(stat, after));
      stat = read.stats.at(-1) ?? stat;
      if (!isStable && attempt < MOST_ATTEMPTS) continue;
      const sizeBytes = read.lengths.reduce((sum, length) => sum + length, 0);
      const content = contentOf(reader.index, read.blobs, read.hashes, sizeBytes);
      const isUnstable = !isStable;
      return {
        type: 'read',
        stat: { ...stat, sizeBytes },
        attributes: read.attributes[0] ?? NO_ATTRIBUTES,
        content,
        blobs: read.hashes,
        isUnstable,
      };
    }
  } catch (error) {
    // Anything else (a full disk) is the repository's, and ends the run.
    if (!(error instanceof SourceError)) throw error;
    return error.code === 'ENOENT'
      ? { type: 'vanished' }
      : { type: 'failed', message: error.message };
  }
}

/** The source could not be read. */
export class SourceError extends Error {
  /** Of the failed system call. */
  readonly code: string;

  constructor({ code, message }: ReadWindowFailure) {
    super(message);
    this.code = code;
  }
}

interface ReadParts {
  readonly blobs: number[];
  readonly hashes: Uint8Array[];
  readonly lengths: number[];
  readonly stats: FileStat[];
  /** Of the window that was asked for them. */
  readonly attributes: NodeAttributes[];
}

async function readOnce(
  { path }: FileToRead<unknown>,
  stat: FileStat,
  reader: LargeFileReader,
): Promise<ReadParts> {
  const { segmentBytes } = reader.chunking;
  const segments = Math.ceil(stat.sizeBytes / segmentBytes);
  const parts: ReadParts[] = [];
  const tasks: Promise<void>[] = [];
  // A file that cannot be read is its own failure, not the run's: it is thrown here, at the end.
  let failure: { readonly error: unknown } | undefined;
  const read = async (segment: number): Promise<void> => {
    const start = segment * segmentBytes;
    const end = Math.min(start + segmentBytes, stat.sizeBytes);
    try {
      parts[segment] = await readSegment(path, start, end, reader);
    } catch (error) {
      failure ??= { error };
    }
  };
  for (let segment = 0; segment < segments && !failure; segment++) {
    await reader.limiter.start(() => {
      const task = read(segment);
      tasks.push(task);
      return task;
    });
  }
  await Promise.all(tasks);
  throwIfFailed(failure);
  return {
    blobs: parts.flatMap(({ blobs }) => blobs),
    hashes: parts.flatMap(({ hashes }) => hashes),
    lengths: parts.flatMap(({ lengths }) => lengths),
    stats: parts.flatMap(({ stats }) => stats),
    attributes: parts.flatMap(({ attributes }) => attributes),
  };
}

function throwIfFailed(failure: { readonly error: unknown } | undefined): void {
  if (failure) throw failure.error;
}

async function readSegment(
  path: FileToRead<unknown>['path'],
  start: number,
  end: number,
  { chunking, readWindow }: LargeFileReader,
): Promise<ReadParts> {
  const part: ReadParts = { blobs: [], hashes: [], lengths: [], stats: [], attributes: [] };
  const { leastBytes: min, averageBytes: average, mostBytes: max } = chunking;
  for (let offset = start; offset < end;) {
    // A window must be longer than any piece, or it would hold no sure cut and end the file early.
    const lengthBytes = Math.min(Math.max(WINDOW_BYTES, 2 * max), end - offset);
    const isSegmentEnd = offset + lengthBytes === end;
    const readsAttributes = offset === 0;
    const window = { path, offset, lengthBytes, isSegmentEnd, readsAttributes };
    const read = await readWindow({ ...window, chunking: { min, average, max } });
    const { lengths, hashes, stat, attributes, blobs } = read;
    if (attributes) part.attributes.push(attributes);
    part.stats.push(stat);
    if (lengths.length === 0) break;
    part.blobs.push(...blobs);
    part.lengths.push(...lengths);
    lengths.forEach((_, index) =>
      part.hashes.push(hashes.slice(index * HASH_BYTES, (index + 1) * HASH_BYTES)),
    );
    offset += lengths.reduce((sum, length) => sum + length, 0);
  }
  return part;
}

/** The list of blobs as a row of its own; a single blob needs none. */
function contentOf(
  index: Index,
  blobs: readonly number[],
  hashes: readonly Uint8Array[],
  sizeBytes: number,
): ContentRef {
  const [first] = blobs;
  if (first === undefined) return { type: 'none' };
  if (blobs.length === 1) return { type: 'blob', blob: first };
  const hash = blake3(Buffer.concat(hashes));
  const known = index.blobs.findContent(hash);
  if (known !== undefined) return { type: 'content', content: known };
  const content = index.counters.next('content');
  index.blobs.insertContent(content, hash, sizeBytes, blobs);
  return { type: 'content', content };
}

function sameState(before: FileStat, after: FileStat): boolean {
  return (
    before.sizeBytes === after.sizeBytes &&
    before.inode === after.inode &&
    sameTime(before.mtime, after.mtime) &&
    sameTime(before.ctime, after.ctime)
  );
}
