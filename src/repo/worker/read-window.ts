/** Reads a part of a large file and cuts it at content-defined boundaries. */
import { nextCut, type ChunkParams } from '../../delta/chunk.js';
import { blake3, HASH_BYTES } from '../../delta/hash.js';
import type { FileSystem } from '../platform/files.js';
import { systemErrorCode } from '../platform/platform.js';
import { readAttributes } from '../tree/attributes.js';
import type { WorkerContext } from './context.js';
import type { ReadWindowFailure, ReadWindowJob, ReadWindowResult } from './jobs.js';
import { notAFile } from './read-files.js';

/**
 * A window that is no segment's end leaves what follows its last sure cut to the next window, which
 * begins there. So no state is kept between windows, and at most one piece is read twice.
 */
export function readWindow(
  { files, tickets, pool }: WorkerContext,
  job: ReadWindowJob,
): ReadWindowResult | ReadWindowFailure {
  const bytes = pool.take(job.lengthBytes);
  let read: WindowRead;
  try {
    read = readBytes(files, job, bytes);
  } catch (error) {
    pool.give(bytes);
    const code = systemErrorCode(error);
    if (code === undefined || !(error instanceof Error)) throw error;
    return { code, message: error.message };
  }
  const { count, stat, attributes } = read;
  const isEnd = job.isSegmentEnd || count < job.lengthBytes;
  const { starts, lengths } = cutWindow(bytes.subarray(0, count), isEnd, job.chunking);
  const hashes = new Uint8Array(starts.length * HASH_BYTES);
  starts.forEach((start, index) => {
    hashes.set(blake3(bytes.subarray(start, start + (lengths[index] ?? 0))), index * HASH_BYTES);
  });
  tickets.set(job.ticket, { bytes, starts, lengths, hashes, sharesFrames: false });
  return { lengths, hashes, stat, attributes };
}

interface WindowRead extends Pick<ReadWindowResult, 'stat' | 'attributes'> {
  readonly count: number;
}

function readBytes(
  files: FileSystem,
  { path, offset, lengthBytes, readsAttributes }: ReadWindowJob,
  into: Buffer,
): WindowRead {
  const descriptor = files.at.open(undefined, path, 'read-file');
  try {
    if (files.at.statOpen(descriptor).type !== 'file') throw notAFile(path);
    const count = files.read(descriptor, into, 0, lengthBytes, offset);
    // Before the stat, whose ctime then stands for them, too.
    const attributes = readsAttributes
      ? readAttributes(files.at, { type: 'open', descriptor })
      : undefined;
    return { count, stat: files.at.statOpen(descriptor), attributes };
  } finally {
    files.close(descriptor);
  }
}

/**
 * The pieces of `bytes`, which begin at a cut. Unless they end their segment (`isEnd`), the cuts of
 * the last `chunking.max` bytes are not sure and left out.
 */
export function cutWindow(
  bytes: Uint8Array,
  isEnd: boolean,
  chunking: ChunkParams,
): { starts: number[]; lengths: number[] } {
  const starts: number[] = [];
  const lengths: number[] = [];
  const sureUntil = isEnd ? bytes.length : bytes.length - chunking.max;
  for (let start = 0; start < bytes.length && (isEnd || start <= sureUntil);) {
    const end = nextCut(bytes, start, bytes.length, chunking);
    starts.push(start);
    lengths.push(end - start);
    start = end;
  }
  return { starts, lengths };
}
