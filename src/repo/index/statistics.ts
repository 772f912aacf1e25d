/** Sums over whole tables, for `stats`. */
import type { Connection } from './connection.js';

/** How many rows the index has of each kind. */
export interface Counts {
  readonly snapshots: number;
  readonly sources: number;
  readonly versions: number;
  readonly paths: number;
  readonly blobs: number;
}

/** Sums over all blobs, bytes. */
export interface BlobSums {
  /** The lengths of the blobs when rebuilt, holes not counted. */
  readonly contentBytes: number;
  /** What blobs stored whole take in packs. */
  readonly fullBytes: number;
  /** What deltas take in packs. */
  readonly deltaBytes: number;
}

/** What is known of the soundness of frames. */
export interface VerificationSums {
  /** Frames that were never verified. */
  readonly neverVerified: number;
  /** When those that were verified first, and last, were. */
  readonly oldestMs: number | null;
  readonly newestMs: number | null;
  /** Frames in which damage was found that is not yet set aside, and when. */
  readonly damaged: number;
  readonly damagedMs: number | null;
}

/** Stored bytes of the history of one node. */
export interface PathCost {
  readonly path: number;
  readonly bytes: number;
}

/**
 * Each blob with the one path that it is charged to: the lowest that uses it, so that what several
 * paths share is counted once and all costs together are what is stored.
 */
const CHARGED = `
  WITH use (blob, path) AS (
    SELECT blob, path FROM version WHERE blob IS NOT NULL
    UNION ALL
    SELECT c.blob, v.path FROM content_blob c JOIN version v ON v.content = c.content
  ),
  charged (path, bytes) AS (
    SELECT u.path, b.stored
    FROM (SELECT blob, min(path) AS path FROM use GROUP BY blob) u JOIN blob b ON b.id = u.blob
  )`;

export type Statistics = ReturnType<typeof createStatistics>;

export function createStatistics(db: Connection) {
  return {
    counts: () =>
      db
        .prepare(
          `SELECT (SELECT count(*) FROM snapshot) AS snapshots,
                  (SELECT count(*) FROM source) AS sources,
                  (SELECT count(*) FROM version) AS versions,
                  (SELECT count(*) FROM path) AS paths,
                  (SELECT count(*) FROM blob WHERE kind <> 4) AS blobs`,
        )
        .get() as Counts,
    /** Of the frames that are in use; times in milliseconds since 1970, null where there is none. */
    verification: () =>
      db
        .prepare(
          `SELECT count(*) FILTER (WHERE verified_ms = 0) AS neverVerified,
                  min(verified_ms) FILTER (WHERE verified_ms > 0) AS oldestMs,
                  max(verified_ms) FILTER (WHERE verified_ms > 0) AS newestMs,
                  count(*) FILTER (WHERE verified_ms < 0) AS damaged,
                  max(-verified_ms) FILTER (WHERE verified_ms < 0) AS damagedMs
           FROM frame WHERE live > 0`,
        )
        .get() as VerificationSums,
    /** The blobs that are needed and cannot be rebuilt. Reads the table of blobs. */
    lostBlobs: () => db.prepare('SELECT id FROM blob WHERE kind = 3').pluck().all() as number[],
    blobSums: () =>
      db
        .prepare(
          `SELECT coalesce(sum(length) FILTER (WHERE kind <> 4), 0) AS contentBytes,
                  coalesce(sum(stored) FILTER (WHERE kind = 1), 0) AS fullBytes,
                  coalesce(sum(stored) FILTER (WHERE kind = 2), 0) AS deltaBytes
           FROM blob`,
        )
        .get() as BlobSums,
    /** The paths whose versions together take most in packs. */
    costliestPaths: (most: number) =>
      db
        .prepare(
          `${CHARGED}
           SELECT path, sum(bytes) AS bytes FROM charged GROUP BY path ORDER BY bytes DESC, path LIMIT ?`,
        )
        .all(most) as PathCost[],
    /** The directories whose own files (not those further below) take most; roots count as none's. */
    costliestDirectories: (most: number) =>
      db
        .prepare(
          `${CHARGED}
           SELECT p.parent AS path, sum(bytes) AS bytes FROM charged JOIN path p ON p.id = charged.path
           WHERE p.parent > 0 GROUP BY p.parent ORDER BY bytes DESC, p.parent LIMIT ?`,
        )
        .all(most) as PathCost[],
  };
}
