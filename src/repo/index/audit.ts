/** Questions that only verification asks: does the index agree with itself and with the packs? */
import { Blobs } from './blobs.js';
import type { Connection } from './connection.js';

/** Something that cannot be as the index says. */
export interface Inconsistency {
  readonly message: string;
  /** Blobs that cannot be read because of it. */
  readonly blobs: readonly number[];
  /** The blobs themselves are well: they come back with what they rest on. */
  readonly isOnlyBasis?: boolean;
}

export interface AuditCounts {
  readonly snapshots: number;
  readonly versions: number;
  readonly blobs: number;
}

export type Audit = ReturnType<typeof createAudit>;

export function createAudit(db: Connection) {
  return {
    counts(): AuditCounts {
      const count = (rows: string): number =>
        db.prepare(`SELECT count(*) FROM ${rows}`).pluck().get() as number;
      return {
        snapshots: count('snapshot'),
        versions: count('version'),
        blobs: count('blob WHERE kind <> 4'),
      };
    },
    /** SQLite's own check of its pages and indexes; empty when there is nothing wrong. */
    databaseProblems(): string[] {
      const rows = db.pragma('integrity_check(20)') as { integrity_check: string }[];
      return rows.map((row) => row.integrity_check).filter((text) => text !== 'ok');
    },
    /** Rows that refer to what is not there. */
    danglingReferences(): Inconsistency[] {
      return [...lostBlobs(db), ...baseless(db), ...missingRows(db)];
    },
    /** Blobs stored in a pack from `offset` on. */
    blobsBeyond(pack: number, offset: number): number[] {
      return db
        .prepare(
          `SELECT b.id FROM blob b JOIN frame f ON f.id = b.frame
           WHERE f.pack = ? AND f.start + f.length > ?`,
        )
        .pluck()
        .all(pack, offset) as number[];
    },
    /** Blobs that have a member in `frame`. */
    blobsOfFrame(frame: number): number[] {
      return db.prepare('SELECT id FROM blob WHERE frame = ?').pluck().all(frame) as number[];
    },
  };
}

function lostBlobs(db: Connection): Inconsistency[] {
  const lost = db.prepare('SELECT id, hash FROM blob WHERE kind = 3').all() as {
    id: number;
    hash: Buffer;
  }[];
  return lost.map(({ id, hash }) => ({
    message: `Blob ${hash.toString('hex')} is lost.`,
    blobs: [id],
  }));
}

/** Deltas from which no full blob is reached: it is lost, or there is a loop. */
function baseless(db: Connection): Inconsistency[] {
  const found = db
    .prepare(
      `WITH RECURSIVE sound (id) AS (
         SELECT b.id FROM blob b JOIN blob o ON o.id = b.basis
         WHERE b.basis IS NOT NULL AND b.kind = 2 AND o.kind = 1
         UNION
         SELECT b.id FROM sound JOIN blob b ON b.basis = sound.id AND b.kind = 2)
       SELECT id, hash FROM blob
       WHERE basis IS NOT NULL AND kind = 2 AND id NOT IN (SELECT id FROM sound)`,
    )
    .all() as { id: number; hash: Buffer }[];
  return found.map(({ id, hash }) => ({
    message: `Blob ${hash.toString('hex')} is a delta whose chain leads to no full blob.`,
    blobs: [id],
    isOnlyBasis: true,
  }));
}

function missingRows(db: Connection): Inconsistency[] {
  const questions: [message: string, query: string][] = [
    [
      'A blob is in a frame that the index does not know.',
      `SELECT id FROM blob WHERE kind IN (1, 2)
         AND NOT EXISTS (SELECT 1 FROM frame f WHERE f.id = frame)`,
    ],
    [
      'A delta is against a blob that the index does not know.',
      `SELECT id FROM blob b WHERE kind = 2
         AND NOT EXISTS (SELECT 1 FROM blob o WHERE o.id = b.basis)`,
    ],
    [
      'A version refers to a blob that the index does not know.',
      `SELECT v.blob FROM version v WHERE v.blob IS NOT NULL
         AND NOT EXISTS (SELECT 1 FROM blob b WHERE b.id = v.blob)`,
    ],
    [
      'A content refers to a blob that the index does not know.',
      `SELECT c.blob FROM content_blob c WHERE NOT EXISTS (SELECT 1 FROM blob b WHERE b.id = c.blob)`,
    ],
  ];
  const found = questions.flatMap(([message, query]) => {
    const blobs = db.prepare(query).pluck().all() as number[];
    return blobs.length > 0 ? [{ message, blobs }] : [];
  });
  const partly = new Blobs(db).currentDeltas().map(({ id }) => id);
  if (partly.length === 0) return found;
  const message = 'A blob that a current version uses is not stored whole.';
  return [...found, { message, blobs: partly, isOnlyBasis: true }];
}
