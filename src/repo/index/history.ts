/** Questions about many versions at once that only the read-only operations ask. */
import type { Version, VersionType } from '../model.js';
import type { Connection } from './database.js';
import { toVersion, VERSION_COLUMNS, type VersionTuple } from './versions.js';

/** Snapshots, the first not counted, the second counted. */
export interface SnapshotRange {
  readonly after: number;
  readonly upTo: number;
}

/** What is told of a path in one line. */
export interface VersionSummary {
  readonly path: number;
  readonly first: number;
  readonly last: number;
  readonly type: VersionType;
  readonly sizeBytes: number;
}

const SUMMARY = 'path, first, last, type, size AS sizeBytes';

export type History = ReturnType<typeof createHistory>;

export function createHistory(db: Connection) {
  const ofPath = db.prepare(`SELECT ${SUMMARY} FROM version WHERE path = ? ORDER BY first`);

  return {
    /** The numbers of the snapshots of a source, ascending. */
    snapshotNumbers: (source: number) =>
      db
        .prepare('SELECT number FROM snapshot WHERE source = ? ORDER BY number')
        .pluck()
        .all(source) as number[],
    /** Versions, of any source, that began within `range` and are there at its end. */
    *begunWithin({ after, upTo }: SnapshotRange): Generator<Version> {
      const rows = db
        .prepare(
          `SELECT ${VERSION_COLUMNS} FROM version v INDEXED BY version_by_first
           WHERE v.first > ? AND v.first <= ? AND (v.last = 0 OR v.last > ?)`,
        )
        .raw()
        .iterate(after, upTo, upTo) as IterableIterator<VersionTuple>;
      for (const row of rows) yield toVersion(row);
    },
    /** Versions, of any source, that were there before `range` and ended within it. */
    *endedWithin({ after, upTo }: SnapshotRange): Generator<Version> {
      const rows = db
        .prepare(
          `SELECT ${VERSION_COLUMNS} FROM version v INDEXED BY version_by_last
           WHERE v.last > ? AND v.last > 0 AND v.last <= ? AND v.first <= ?`,
        )
        .raw()
        .iterate(after, upTo, after) as IterableIterator<VersionTuple>;
      for (const row of rows) yield toVersion(row);
    },
    /** The versions of a path, oldest first. */
    ofPath: (path: number) => ofPath.all(path) as VersionSummary[],
    /** The versions whose content is exactly this blob. */
    ofBlob: (blob: number) =>
      db
        .prepare(`SELECT ${SUMMARY} FROM version WHERE blob = ? ORDER BY path, first`)
        .all(blob) as VersionSummary[],
    /** The versions of this content of several blobs. */
    ofContent: (content: number) =>
      db
        .prepare(`SELECT ${SUMMARY} FROM version WHERE content = ? ORDER BY path, first`)
        .all(content) as VersionSummary[],
    /** The versions that are files without a byte: reads the whole table. */
    ofEmptyFiles: () =>
      db
        .prepare(
          `SELECT ${SUMMARY} FROM version
           WHERE type = 1 AND blob IS NULL AND content IS NULL ORDER BY path, first`,
        )
        .all() as VersionSummary[],
  };
}
