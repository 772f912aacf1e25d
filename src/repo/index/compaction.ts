/** What compaction asks: where space is wasted, and what lives there. */
import { BlobKind } from './blobs.js';
import type { Connection } from './connection.js';

/** A frame of blobs of which only a part is in use. */
interface WastefulFrame {
  readonly frame: number;
  readonly liveBytes: number;
  readonly deadBytes: number;
}

export type Compaction = ReturnType<typeof createCompaction>;

export function createCompaction(db: Connection) {
  const wasteful = db.prepare(
    `SELECT id AS frame, live AS liveBytes, total - live AS deadBytes FROM frame
     WHERE live > 0 AND kind IN (1, 2) AND total - live >= ? AND live <= total * ?
     ORDER BY live * 1.0 / (total - live)`,
  );
  const leftovers = db
    .prepare(
      `SELECT id FROM frame WHERE live > 0 AND kind IN (1, 2) AND pack IN (
         SELECT pack FROM frame GROUP BY pack
         HAVING sum(CASE live WHEN 0 THEN length ELSE 0 END) * 2 >= sum(length))`,
    )
    .pluck();
  const blobsOf = db
    .prepare('SELECT id FROM blob WHERE frame = ? AND kind <> 3 ORDER BY member')
    .pluck();
  const stored = db
    .prepare('SELECT coalesce(sum(length - head), 0) FROM frame WHERE live > 0')
    .pluck();
  const bytesByKind = db
    .prepare('SELECT coalesce(sum(stored), 0) FROM blob WHERE kind = ?')
    .pluck();

  return {
    /** Frames with at least `leastDead` dead bytes and at most `mostLive` of them live, cheapest first. */
    wastefulFrames: (leastDead: number, mostLive: number) =>
      wasteful.all(leastDead, mostLive) as WastefulFrame[],
    /** Live frames of packs that are mostly dead frames: moved out, the packs can go. */
    framesAmongDead: () => leftovers.all() as number[],
    blobsOf: (frame: number) => blobsOf.all(frame) as number[],
    /** Payload bytes of all frames that are not dead. */
    storedBytes: () => stored.get() as number,
    fullBytes: () => bytesByKind.get(BlobKind.full) as number,
    deltaBytes: () => bytesByKind.get(BlobKind.delta) as number,
  };
}
