/** Opens, migrates and closes the SQLite database. */
import { CodedError } from '../../errors.js';
import type { FileSystem } from '../../platform/files.js';
import { parentOf } from '../../platform/paths.js';
import { explaining, type Place } from '../../platform/refusals.js';
import { ensureLike } from '../../platform/shared-files.js';
import { systemErrorCode } from '../../platform/system-errors.js';
import { connect, type Connection } from './connection.js';
import { migrate } from './migrate.js';

/** 'Vrve': marks the file as ours. */
export const APPLICATION_ID = 0x56727665;

const PAGE_BYTES = 8192;
const CACHE_KIB = 8 * 1024;
/** A reader or a short writer waits this long for another. */
const BUSY_TIMEOUT_MS = 10_000;

/**
 * How the index is opened. `build`: a new one that gets its name when it is complete, and is thrown away
 * otherwise: without a log it takes half the space.
 */
export type OpenIndexMode = 'create' | 'build' | 'write' | 'read';

/**
 * The database at `path`, migrated to the newest schema when it may be written.
 * @throws CodedError INDEX_CORRUPT, INDEX_MISSING, FORMAT_UNKNOWN
 */
export function openDatabase(path: string, mode: OpenIndexMode, files: FileSystem): Connection {
  const isNew = mode === 'create' || mode === 'build';
  if (!isNew && !files.stat(path)) {
    throw new CodedError('INDEX_MISSING', `The index ${path} does not exist.`, {
      hint: 'Run `varve repair --rebuild-index` to rebuild it from the packs.',
    });
  }
  return guardIndex(path, mode === 'read' ? 'read' : 'write', () => {
    if (isNew) ensureLike(files, path, modelOf(path));
    else if (mode === 'write') prepareLog(path, files);
    const db = connect(path, { readonly: mode === 'read', timeout: BUSY_TIMEOUT_MS });
    try {
      if (isNew) createEmpty(db);
      checkIdentity(db, path);
      if (mode !== 'read') {
        db.pragma(`journal_mode = ${mode === 'build' ? 'OFF' : 'WAL'}`);
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

const LOG_FILES = ['-wal', '-shm'];

/** SQLite gives these the mode of the database, but not its group, unless it is run by root. */
function prepareLog(path: string, files: FileSystem): void {
  try {
    for (const end of LOG_FILES) ensureLike(files, path + end, path);
  } catch (error) {
    // SQLite tries by itself, and says what is wrong.
    if (systemErrorCode(error) === undefined) throw error;
  }
}

/** The file whose owner and mode a new database takes. */
export function modelOf(path: string): string {
  return `${parentOf(path)}/varve.json`;
}

/** What `action` gives. @throws CodedError, in our own words, for what SQLite says of the index at `path` */
export function guardIndex<T>(path: string, access: Place['access'], action: () => T): T {
  return explaining(indexPlace(path, access), action);
}

export function indexPlace(path: string, access: Place['access']): Place {
  const whenFull = ', or run `varve prune`; nothing was changed';
  return { name: `the index ${path}`, path, whenFull, ...(access && { access }) };
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
