/** Opens, migrates and closes the SQLite database. */
import { CodedError } from '../../errors.js';
import type { FileSystem } from '../../platform/files.js';
import { sqliteModule } from '../../platform/native-modules.js';
import { connect, type Connection } from './connection.js';
import { migrate } from './migrate.js';

/** 'Vrve': marks the file as ours. */
export const APPLICATION_ID = 0x56727665;

const PAGE_BYTES = 8192;
const CACHE_KIB = 8 * 1024;
/** A reader or a short writer waits this long for another. */
const BUSY_TIMEOUT_MS = 10_000;

/** How the index is opened. `copy`: a read-only repository, whose index is read from a private copy. */
export type OpenIndexMode = 'create' | 'write' | 'read';

/**
 * The database at `path`, migrated to the newest schema when it may be written.
 * @throws CodedError INDEX_CORRUPT, INDEX_MISSING, FORMAT_UNKNOWN
 */
export function openDatabase(path: string, mode: OpenIndexMode, files: FileSystem): Connection {
  if (mode !== 'create' && !files.stat(path)) {
    throw new CodedError('INDEX_MISSING', `The index ${path} does not exist.`, {
      hint: 'Run `varve repair --rebuild-index` to rebuild it from the packs.',
    });
  }
  return guardCorruption(path, () => {
    const db = connect(path, { readonly: mode === 'read', timeout: BUSY_TIMEOUT_MS });
    try {
      if (mode === 'create') createEmpty(db);
      checkIdentity(db, path);
      if (mode !== 'read') {
        db.pragma('journal_mode = WAL');
        db.pragma('synchronous = FULL');
        db.pragma('wal_autocheckpoint = 50000');
      }
      db.pragma(`cache_size = -${CACHE_KIB}`);
      db.pragma('temp_store = MEMORY');
      db.pragma('trusted_schema = OFF');
      migrate(db, path, mode !== 'read', files);
      return db;
    } catch (error) {
      db.close();
      throw error;
    }
  });
}

/** Turns SQLite's own words for a damaged file into ours; everything else passes. */
export function guardCorruption<T>(path: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    const code = sqliteCode(error);
    if (code?.startsWith('SQLITE_CORRUPT') || code === 'SQLITE_NOTADB') {
      throw new CodedError('INDEX_CORRUPT', `The index ${path} is damaged.`, {
        hint: 'Run `varve repair --rebuild-index` to rebuild it from the packs.',
        cause: error,
      });
    }
    if (code === 'SQLITE_FULL') {
      throw new CodedError('DISK_FULL', `No space is left to write the index ${path}.`, {
        hint: 'Free space on its file system, or run `varve prune`; nothing was changed.',
        cause: error,
      });
    }
    throw error;
  }
}

/** `SQLITE_BUSY` and the like, or undefined when the error is not SQLite's. */
export function sqliteCode(error: unknown): string | undefined {
  return error instanceof sqliteModule().SqliteError ? error.code : undefined;
}

function createEmpty(db: Connection): void {
  db.pragma(`page_size = ${PAGE_BYTES}`);
  db.pragma(`application_id = ${APPLICATION_ID}`);
}

function checkIdentity(db: Connection, path: string): void {
  if (db.pragma('application_id', { simple: true }) === APPLICATION_ID) return;
  throw new CodedError('INDEX_CORRUPT', `${path} is not the index of a Varve repository.`, {
    hint: 'Run `varve repair --rebuild-index` to rebuild it from the packs.',
  });
}
