/** Deduplicates and stores what workers hold under tickets. */
import { HASH_BYTES } from '../../../platform/hash.js';
import type { Index } from '../../index/index.js';
import { holeLength } from '../../packs/hole.js';
import type { WritingRun } from '../../repository/writing-run.js';
import { createDedup } from './dedup.js';
import type { RetirementAhead, Succession } from './retirement-ahead.js';

/** What a job put under a ticket. */
interface ReadTicket {
  readonly lane: number;
  readonly ticket: number;
  readonly lengths: readonly number[];
  readonly hashes: Uint8Array;
}

export interface TicketStore {
  /** A ticket that no job had. */
  nextTicket(): number;
  /** The blob that stands for a hole of this many bytes. */
  readonly holeBlob: (lengthBytes: number) => number;
  /**
   * Stores the blobs of a ticket that are not stored yet, and makes deltas of those that they replace;
   * the blob of each position (0: no bytes, or a hole).
   */
  store(
    read: ReadTicket,
    replacedBy: (position: number, blob: number) => Pick<Succession, 'path' | 'old'> | undefined,
  ): Promise<{ blob: number }[]>;
}

export function createTicketStore(
  run: WritingRun,
  index: Index,
  ahead: RetirementAhead,
): TicketStore {
  const dedup = createDedup(index);
  let nextTicket = 0;
  return {
    nextTicket: () => nextTicket++,
    holeBlob: (lengthBytes) => dedup.claimHole(lengthBytes),
    async store({ lane, ticket, lengths, hashes }, replacedBy) {
      const hashOf = (position: number): Uint8Array =>
        hashes.subarray(position * HASH_BYTES, (position + 1) * HASH_BYTES);
      const claims = lengths.map((length, position) => {
        const hash = hashOf(position);
        const isStored = length > 0 && holeLength(hash) === undefined;
        return isStored ? dedup.claim(hash, length) : { blob: 0, isWanted: false };
      });
      const wanted = Uint8Array.from(claims, ({ isWanted }) => (isWanted ? 1 : 0));
      const successions = claims.flatMap(({ blob, isWanted }, position) => {
        const replaced = replacedBy(position, blob);
        return isWanted && replaced ? [{ ...replaced, newer: blob, position }] : [];
      });
      const planned = ahead.plan(successions);
      const replaced = planned.map(({ old, position }) => ({
        old: old.address,
        oldStoredBytes: old.storedBytes,
        position,
      }));
      const job = { type: 'store', ticket, wanted, replaced } as const;
      const { frames, deltaFrames } = await run.pool.run(job, lane);
      for (const frame of frames) {
        run.register(frame, (position, where) => {
          dedup.placed(hashOf(position), lengths[position] ?? 0, where);
          return true;
        });
      }
      ahead.keep(deltaFrames, planned);
      return claims;
    },
  };
}
