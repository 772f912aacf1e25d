/**
 * The index: one SQLite database, its queries grouped by table. Only operations use it; workers never
 * do. Everything in it can be rebuilt from the packs.
 */
import type { FileSystem } from '../platform/files.js';
import { createBlobs, type Blobs } from './blobs.js';
import { createCounters, type Counters } from './counters.js';
import { guardCorruption, openDatabase, type Connection, type OpenIndexMode } from './database.js';
import { createPacks, type Packs } from './packs.js';
import { createSnapshots, createSources, type Snapshots, type Sources } from './sources.js';
import { createVersions, type Versions } from './versions.js';

export interface Index {
  readonly counters: Counters;
  readonly sources: Sources;
  readonly snapshots: Snapshots;
  readonly versions: Versions;
  readonly blobs: Blobs;
  readonly packs: Packs;
  /** For the queries that one operation alone asks (`index/queries/`). */
  readonly connection: Connection;
  begin(): void;
  commit(): void;
  rollback(): void;
  /** Moves the write-ahead log into the database, and closes. */
  close(): void;
}

export function openIndex(path: string, mode: OpenIndexMode, files: FileSystem): Index {
  const db = openDatabase(path, mode, files);
  return guardCorruption(path, () => {
    const counters = createCounters(db);
    return {
      counters,
      sources: createSources(db),
      snapshots: createSnapshots(db),
      versions: createVersions(db),
      blobs: createBlobs(db),
      packs: createPacks(db),
      connection: db,
      begin: () => void db.exec('BEGIN IMMEDIATE'),
      commit() {
        counters.save();
        db.exec('COMMIT');
      },
      rollback() {
        if (db.inTransaction) db.exec('ROLLBACK');
        counters.reload();
      },
      close: () => void db.close(),
    };
  });
}
