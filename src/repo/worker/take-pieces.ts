/** Takes pieces that the main thread has read and cut. */
import { blake3, HASH_BYTES } from '../../delta/hash.js';
import type { WorkerContext } from './context.js';
import type { TakePiecesJob, TakePiecesResult } from './jobs.js';

export function takePieces(
  { tickets, pool }: WorkerContext,
  { ticket, bytes: shared, lengths }: TakePiecesJob,
): TakePiecesResult {
  const bytes = pool.take(shared.length);
  bytes.set(shared);
  const hashes = new Uint8Array(lengths.length * HASH_BYTES);
  let next = 0;
  const starts = lengths.map((length, index) => {
    const start = next;
    next += length;
    hashes.set(blake3(bytes.subarray(start, next)), index * HASH_BYTES);
    return start;
  });
  tickets.set(ticket, { bytes, starts, lengths, hashes, sharesFrames: false });
  return { hashes };
}
