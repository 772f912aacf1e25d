/** Reads a part of a large file and cuts it at content-defined boundaries. */
import { nextCut } from '../../delta/chunk.js';
import { blake3, HASH_BYTES } from '../../delta/hash.js';
import type { WorkerContext } from './context.js';
import type { ReadWindowJob, ReadWindowResult } from './jobs.js';

/**
 * A window that is no segment's end leaves what follows its last sure cut to the next window, which
 * begins there. So no state is kept between windows, and at most one piece is read twice.
 */
export function readWindow(
  { files, tickets, pool }: WorkerContext,
  job: ReadWindowJob,
): ReadWindowResult {
  const descriptor = files.at.open(undefined, job.path, 'read-file');
  try {
    const bytes = pool.take(job.lengthBytes);
    const count = files.read(descriptor, bytes, 0, job.lengthBytes, job.offset);
    const isEnd = job.isSegmentEnd || count < job.lengthBytes;
    const { starts, lengths } = cut(bytes.subarray(0, count), isEnd, job);
    const hashes = new Uint8Array(starts.length * HASH_BYTES);
    starts.forEach((start, index) => {
      hashes.set(blake3(bytes.subarray(start, start + (lengths[index] ?? 0))), index * HASH_BYTES);
    });
    tickets.set(job.ticket, { bytes, starts, lengths, hashes, sharesFrames: false });
    return { lengths, hashes, stat: files.at.statOpen(descriptor) };
  } finally {
    files.close(descriptor);
  }
}

function cut(
  bytes: Uint8Array,
  isEnd: boolean,
  { chunking }: ReadWindowJob,
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
