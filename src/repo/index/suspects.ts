/** Versions whose bytes changed while size and times did not: what prune must not lose in silence. */
import type { Connection } from './connection.js';

/** Snapshots `[first, last)`; `last` 0: still current. */
export interface VersionRange {
  readonly first: number;
  readonly last: number;
}

/** A path whose bytes may have rotted. */
export interface Suspicion {
  readonly path: number;
  /** The version with the earlier bytes, which no later version of the path has again. */
  readonly good: VersionRange;
  readonly suspect: VersionRange;
}

type SuspicionTuple = [path: number, goodFirst: number, first: number, last: number];

/** Every suspicion, of all sources. Reads the whole table. */
export function readSuspicions(db: Connection): Suspicion[] {
  const rows = db
    .prepare(
      `SELECT v.path, good.first, v.first, v.last
       FROM version v JOIN version good ON good.path = v.path AND good.last = v.first
       WHERE v.flags & 8 AND NOT good.flags & 8
         AND NOT EXISTS (
           SELECT 1 FROM version later
           WHERE later.path = v.path AND later.first > v.first AND later.type = good.type
             AND later.blob IS good.blob AND later.content IS good.content)
       ORDER BY v.path, v.first`,
    )
    .raw()
    .all() as SuspicionTuple[];
  return rows.map(([path, goodFirst, first, last]) => ({
    path,
    good: { first: goodFirst, last: first },
    suspect: { first, last },
  }));
}
