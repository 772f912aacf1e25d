/** Deduplicates and stores what a worker holds under a ticket. */
import { HASH_BYTES } from '../../../delta/hash.js';
import type { WritingRun } from '../writing-run.js';
import type { Dedup } from './dedup.js';

/** What a job put under a ticket. */
interface ReadTicket {
  readonly lane: number;
  readonly ticket: number;
  readonly lengths: readonly number[];
  readonly hashes: Uint8Array;
}

/** Stores the blobs of a ticket that are not stored yet; the blob of each position (0: no bytes). */
export async function storeTicket(
  run: WritingRun,
  dedup: Dedup,
  { lane, ticket, lengths, hashes }: ReadTicket,
): Promise<{ blob: number }[]> {
  const hashOf = (position: number): Uint8Array =>
    hashes.subarray(position * HASH_BYTES, (position + 1) * HASH_BYTES);
  const claims = lengths.map((length, position) =>
    length === 0 ? { blob: 0, isWanted: false } : dedup.claim(hashOf(position), length),
  );
  const wanted = Uint8Array.from(claims, ({ isWanted }) => (isWanted ? 1 : 0));
  const { frames } = await run.pool.run({ type: 'store', ticket, wanted }, lane);
  for (const frame of frames) {
    run.register(frame, (position, where) => {
      dedup.placed(hashOf(position), lengths[position] ?? 0, where);
      return true;
    });
  }
  return claims;
}
