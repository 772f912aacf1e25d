/** An open repository: what an operation holds while it works. */
import type { Platform } from '../../platform/platform.js';
import { openIndex, type Index } from '../index/index.js';
import {
  createLockFile,
  lockForReading,
  lockForWriting,
  type RepositoryLock,
} from '../index/lock.js';
import { openDirectoryPackStore, type PackStore } from '../packs/pack-store.js';
import { readConfig, type RepositoryConfig } from './config.js';
import { pause } from './interrupts.js';
import { layoutOf } from './layout.js';
import { notWritable } from './permissions.js';

export interface Repository {
  readonly path: string;
  readonly platform: Platform;
  readonly config: RepositoryConfig;
  readonly index: Index;
  readonly packs: PackStore;
  readonly packDirectory: string;
  readonly lockPath: string;
  /** Gives the lock up before `close`: what remains to do needs it no longer. */
  releaseLock(): void;
  close(): void;
}

export interface OpenOptions {
  readonly access: 'read' | 'write';
  /** How long to wait for another process, milliseconds. Default 0. */
  readonly lockWaitMs?: number;
  /** Ends the wait. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Opens the repository at `path` under the lock that `access` needs; a writer also takes up what an
 * interrupted run left.
 * @throws CodedError REPOSITORY_NOT_FOUND, NOT_A_REPOSITORY, FORMAT_UNKNOWN, REPOSITORY_LOCKED,
 *   REPOSITORY_READ_ONLY, INDEX_MISSING, INDEX_CORRUPT
 */
export async function openRepository(
  path: string,
  platform: Platform,
  options: OpenOptions,
): Promise<Repository> {
  const config = readConfig(path, platform);
  const layout = layoutOf(path);
  const lockPath = layout.lock;
  const mayWrite = platform.files.canWrite(path);
  if (options.access === 'write' && !mayWrite) throw notWritable(path);
  const lock = await takeLock(lockPath, options, mayWrite, platform);
  const copy = mayWrite ? undefined : copyIndex(path, platform);
  try {
    const indexPath = copy ? `${copy}/index.sqlite` : layout.index;
    const mode = options.access === 'write' || copy ? 'write' : 'read';
    const index = openIndex(indexPath, mode, platform.files);
    const packDirectory = layout.packs;
    const packs = openDirectoryPackStore(platform.files, packDirectory, config.id);
    const repository: Repository = {
      path,
      platform,
      config,
      index,
      packs,
      packDirectory,
      lockPath,
      releaseLock: () => lock?.release(),
      close() {
        packs.close();
        index.close();
        lock?.release();
        if (copy) platform.files.removeTree(copy);
      },
    };
    if (options.access === 'write') {
      // Readers do without all that decodes frames: 6 ms of modules.
      const { recover } = await import('./recover.js');
      recover(repository);
    }
    return repository;
  } catch (error) {
    lock?.release();
    if (copy) platform.files.removeTree(copy);
    throw error;
  }
}

async function takeLock(
  lockPath: string,
  { access, lockWaitMs = 0, signal }: OpenOptions,
  mayWrite: boolean,
  { files }: Platform,
): Promise<RepositoryLock | undefined> {
  if (!mayWrite) return undefined;
  if (!files.stat(lockPath)) createLockFile(lockPath);
  const take = access === 'write' ? lockForWriting : lockForReading;
  return take(lockPath, lockWaitMs, (durationMs) => pause(durationMs, signal));
}

/** SQLite cannot read a write-ahead log on a read-only file system: a private copy is read instead. */
function copyIndex(path: string, { files, temporaryDirectory }: Platform): string {
  const copy = files.makeTemporaryDirectory(`${temporaryDirectory}/varve-index-`);
  for (const suffix of ['', '-wal']) {
    const from = `${path}/index.sqlite${suffix}`;
    if (files.stat(from)) files.copyFile(from, `${copy}/index.sqlite${suffix}`);
  }
  return copy;
}
