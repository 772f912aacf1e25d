/**
 * Locks of a repository: SQLite's own file locks on a database that holds nothing, so that the
 * operating system drops them with a dead process and none ever goes stale.
 *
 *     reader     SHARED     any number, beside one writer
 *     writer     RESERVED   one
 *     exclusive  EXCLUSIVE  alone: while space is given back, so that no reader finds a hole
 */
import { CodedError } from '../../errors.js';
import { connect, type Connection } from './connection.js';
import { modelOf } from './database.js';
import type { FileSystem } from '../../platform/files.js';
import { ensureLike } from '../../platform/shared-files.js';
import { sqliteCode } from '../../platform/system-errors.js';

export interface RepositoryLock {
  release(): void;
}

/** How long one try waits inside SQLite, milliseconds: short, so that an interrupt is seen. */
const TRY_MS = 50;

const SCHEMA = 'CREATE TABLE IF NOT EXISTS lock (held INTEGER) STRICT';

/** Makes the lock database of a new repository. */
export function createLockFile(files: FileSystem, path: string): void {
  ensureLike(files, path, modelOf(path));
  const db = connect(path);
  db.exec(SCHEMA);
  db.close();
}

/** Whether the bytes of the lock database are at fault: see {@link rewriteLockFile}. */
export function isLockDamaged(error: unknown): boolean {
  return /^SQLITE_(NOTADB|CORRUPT|ERROR|IOERR_SHORT_READ)/.test(sqliteCode(error) ?? '');
}

/**
 * Puts the bytes of a sound lock database over damaged ones: there is no data to lose. They go into the
 * file that is there, which others may have locked: in a new one, two would hold the same lock.
 */
export function rewriteLockFile(files: FileSystem, path: string): void {
  const db = connect(':memory:');
  db.exec(SCHEMA);
  const bytes = db.serialize();
  db.close();
  // Never closed: whoever closes a file gives up all locks that this process has on it.
  const descriptor = files.open(path, 'append');
  files.write(descriptor, bytes, 0);
  files.truncate(descriptor, bytes.length);
  files.sync(descriptor);
}

/** @throws CodedError REPOSITORY_LOCKED when there is another writer after `waitMs` */
export async function lockForWriting(
  path: string,
  waitMs: number,
  sleep: (ms: number) => Promise<void>,
): Promise<RepositoryLock> {
  for (let waited = 0; ; waited += 2 * TRY_MS) {
    const lock = tryLock(path, 'BEGIN IMMEDIATE');
    if (lock) return lock;
    if (waited >= waitMs) break;
    await sleep(TRY_MS);
  }
  throw new CodedError(
    'REPOSITORY_LOCKED',
    `Another process is writing to this repository (${path}).`,
    {
      hint: 'Try again once it has finished, or give --lock-wait 10m to wait for it.',
    },
  );
}

/**
 * Keeps space from being given back under a reader. A repository that cannot be written needs none.
 * @throws CodedError REPOSITORY_LOCKED when space is being given back for longer than `waitMs`
 */
export function lockForReading(
  path: string,
  waitMs: number,
  sleep: (ms: number) => Promise<void>,
): Promise<RepositoryLock> {
  return lockToRead(path, waitMs, sleep, { readonly: false });
}

async function lockToRead(
  path: string,
  waitMs: number,
  sleep: (ms: number) => Promise<void>,
  access: LockAccess,
): Promise<RepositoryLock> {
  for (let waited = 0; ; waited += 2 * TRY_MS) {
    const lock = tryLock(path, 'BEGIN; SELECT count(*) FROM sqlite_schema', access);
    if (lock) return lock;
    if (waited >= waitMs) break;
    await sleep(TRY_MS);
  }
  throw new CodedError(
    'REPOSITORY_LOCKED',
    `Another process is compacting this repository (${path}).`,
    {
      hint: 'Try again once it has finished, or give --lock-wait 10m to wait for it.',
    },
  );
}

/**
 * As {@link lockForReading}, by who may not write the lock database. undefined where it cannot be read, or
 * the file system locks nothing for readers: nobody writes there then, or nothing can be done about it.
 * @throws CodedError REPOSITORY_LOCKED
 */
export async function lockWithoutWriting(
  path: string,
  waitMs: number,
  sleep: (ms: number) => Promise<void>,
): Promise<RepositoryLock | undefined> {
  try {
    return await lockToRead(path, waitMs, sleep, { readonly: true });
  } catch (error) {
    if (sqliteCode(error) === undefined) throw error;
    return undefined;
  }
}

/** undefined when anybody reads or writes. */
export function tryLockExclusively(path: string): RepositoryLock | undefined {
  return tryLock(path, 'BEGIN EXCLUSIVE');
}

interface LockAccess {
  readonly readonly: boolean;
}

function tryLock(
  path: string,
  statement: string,
  { readonly }: LockAccess = { readonly: false },
): RepositoryLock | undefined {
  let db: Connection | undefined;
  try {
    db = connect(path, { readonly, timeout: TRY_MS });
    db.exec(statement);
    const held = db;
    return { release: () => void held.close() };
  } catch (error) {
    db?.close();
    if (sqliteCode(error)?.startsWith('SQLITE_BUSY')) return undefined;
    throw error;
  }
}
