/**
 * The open repository: what a command, a server or a mount has, and asks as often as it likes. It holds
 * no lock by itself: each question and each writing operation takes its own and gives it up.
 */
import { CodedError } from '../../errors.js';
import type { Platform } from '../../platform/platform.js';
import { explainRefusal } from '../../platform/refusals.js';
import { openIndex, type Index } from '../index/index.js';
import {
  createLockFile,
  isLockDamaged,
  lockForReading,
  lockForWriting,
  lockWithoutWriting,
  rewriteLockFile,
  type RepositoryLock,
} from '../index/lock.js';
import { discardWrites, openDirectoryPackStore } from '../packs/pack-store.js';
import { readConfig, type RepositoryConfig } from './config.js';
import type { HeldRepository, Reading, WritableRepository } from './held.js';
import { pause } from './interrupts.js';
import { layoutOf } from './layout.js';
import { explainFailure, explainingFailures, notWritable, saysNoRoom } from './failures.js';
import { Readers } from './readers.js';
import { keepReadme } from './readme.js';
import { keepReserve, releaseReserve, releaseReserveIfShort } from './reserve.js';

export interface OpenOptions {
  /** `write`: operations that change the repository may be called, too. */
  readonly access: 'read' | 'write';
  /** How long each operation waits for another process, milliseconds. Default 0. */
  readonly lockWaitMs?: number | undefined;
  /** Ends such a wait. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Opens the repository at `path`; the index is opened by the first operation.
 * @throws CodedError REPOSITORY_NOT_FOUND, NOT_A_REPOSITORY, FORMAT_UNKNOWN, REPOSITORY_READ_ONLY
 */
export function openRepository(path: string, platform: Platform, options: OpenOptions): Repository {
  const config = explainingFailures(path, 'read', () => readConfig(path, platform));
  const canWrite = mayWrite(path, platform);
  if (options.access === 'write' && !canWrite) throw notWritable(path);
  return new Repository({ path, platform, config, canWrite }, options);
}

interface WriteOptions {
  /** Stops the wait for the lock. */
  readonly signal?: AbortSignal | undefined;
  /** It is there to free space, or to mend: on a full disk it may use what is kept for that. */
  readonly frees?: boolean;
}

/** What is at a path, and what this user may do there. */
interface Found extends Pick<Repository, 'path' | 'platform' | 'config'> {
  readonly canWrite: boolean;
}

/** What operations are called with. Opened by {@link openRepository}, and closed by its caller. */
export class Repository {
  readonly path: string;
  readonly config: RepositoryConfig;
  /** @internal */
  readonly platform: Platform;
  private readonly options: OpenOptions;
  private readonly canWrite: boolean;
  private readonly readers: Readers;

  /** @internal */
  constructor({ path, platform, config, canWrite }: Found, options: OpenOptions) {
    this.path = path;
    this.platform = platform;
    this.config = config;
    this.options = options;
    this.canWrite = canWrite;
    this.readers = new Readers(path, platform, canWrite);
  }

  /** Operations in progress finish by themselves; no further one may be started. */
  close(): void {
    this.readers.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /**
   * What `question` finds in one state of the index, whatever is committed in the meantime.
   * @internal
   * @throws CodedError REPOSITORY_LOCKED, INDEX_MISSING, INDEX_CORRUPT, INTERRUPTED
   */
  async read<T>(
    question: (held: HeldRepository) => T | Promise<T>,
    signal?: AbortSignal,
  ): Promise<T> {
    const reading = await this.beginReading(signal);
    let answer: T;
    try {
      answer = await question(reading.held);
    } catch (error) {
      throw reading.fail(error);
    }
    reading.end();
    return answer;
  }

  /**
   * Holds the repository for an answer that outlives the call; the caller ends it.
   * @internal
   */
  async beginReading(signal?: AbortSignal): Promise<Reading> {
    const lock = await this.lockToRead(signal);
    try {
      const reader = this.readers.take();
      const held = this.hold(reader.index);
      let isOver = false;
      const leave = (settle: () => void): void => {
        if (isOver) return;
        isOver = true;
        try {
          held.packs.close();
          settle();
        } finally {
          lock?.release();
        }
      };
      return {
        held,
        end: () => leave(() => this.readers.giveBack(reader)),
        fail: (error) => {
          leave(() => this.readers.discard(reader));
          return explainFailure(this.path, 'read', error);
        },
      };
    } catch (error) {
      lock?.release();
      throw explainFailure(this.path, 'read', error);
    }
  }

  /**
   * Does `work` under the writer's lock, after taking up what an interrupted run left.
   * @internal
   * @throws CodedError REPOSITORY_READ_ONLY, REPOSITORY_LOCKED, INDEX_MISSING, INDEX_CORRUPT,
   *   INTERRUPTED
   */
  async write<T>(
    work: (held: WritableRepository) => T | Promise<T>,
    { signal, frees = false }: WriteOptions = {},
  ): Promise<T> {
    const lock = await this.lock('write', signal);
    try {
      const layout = layoutOf(this.path);
      if (frees) releaseReserveIfShort(this.path, this.platform);
      const index = this.openToWrite(frees);
      const held = {
        ...this.hold(index),
        lockPath: layout.lock,
        releaseLock: () => lock.release(),
      };
      try {
        // Readers do without all that decodes frames: 6 ms of modules.
        const { recover } = await import('./recover.js');
        recover(held);
        return await work(held);
      } finally {
        held.packs.close();
        index.close();
        keepReadme(this.path, this.platform);
        keepReserve(this.path, this.platform, frees);
      }
    } catch (error) {
      throw explainFailure(this.path, 'write', error);
    } finally {
      lock.release();
    }
  }

  /**
   * Does `work` on a private copy of the index, and drops what it appends to packs: nothing of the
   * repository is written, be it read-only or in use.
   * @internal
   * @throws CodedError REPOSITORY_LOCKED, INDEX_MISSING, INDEX_CORRUPT, INTERRUPTED
   */
  async tryOut<T>(work: (held: HeldRepository) => Promise<T>, signal?: AbortSignal): Promise<T> {
    const lock = await this.lockToRead(signal);
    try {
      const reader = this.readers.openCopy();
      const held = this.hold(reader.index);
      try {
        return await work({ ...held, packs: discardWrites(held.packs) });
      } finally {
        held.packs.close();
        this.readers.discard(reader);
      }
    } catch (error) {
      throw explainFailure(this.path, 'read', error);
    } finally {
      lock?.release();
    }
  }

  private openToWrite(mayUseReserve: boolean): Index {
    const { path, platform } = this;
    const open = (): Index => openIndex(layoutOf(path).index, 'write', platform.files);
    try {
      return open();
    } catch (error) {
      if (!mayUseReserve || !saysNoRoom(error)) throw error;
      // The disk has room; the quota of this user has none.
      releaseReserve(path, platform);
      return open();
    }
  }

  /**
   * Keeps space from being given back until the caller releases it. None where no lock can be had.
   * @internal
   */
  async lockToRead(signal?: AbortSignal): Promise<RepositoryLock | undefined> {
    if (this.canWrite) return this.lock('read', signal);
    const { lock: path } = layoutOf(this.path);
    const wait = (ms: number): Promise<void> => pause(ms, this.signals(signal));
    return lockWithoutWriting(path, this.options.lockWaitMs ?? 0, wait);
  }

  /**
   * Takes a lock and nothing else; the caller releases it.
   * @internal
   */
  async lock(access: OpenOptions['access'], signal?: AbortSignal): Promise<RepositoryLock> {
    if (access === 'write' && this.options.access !== 'write') throw openedForReading(this.path);
    const { lock: path } = layoutOf(this.path);
    const take = access === 'write' ? lockForWriting : lockForReading;
    const wait = (ms: number): Promise<void> => pause(ms, this.signals(signal));
    const takeLock = (): Promise<RepositoryLock> => take(path, this.options.lockWaitMs ?? 0, wait);
    try {
      prepareLockFile(path, this.platform);
      return await takeLock().catch((error: unknown) => {
        if (!isLockDamaged(error)) throw error;
        rewriteLockFile(this.platform.files, path);
        return takeLock();
      });
    } catch (error) {
      throw explainRefusal(error, { name: `the lock ${path}`, path, access }) ?? error;
    }
  }

  private signals(signal: AbortSignal | undefined): AbortSignal[] {
    return [this.options.signal, signal].filter((each) => each !== undefined);
  }

  private hold(index: HeldRepository['index']): HeldRepository {
    const { path, platform, config } = this;
    const packDirectory = layoutOf(path).packs;
    const packs = openDirectoryPackStore(platform.files, packDirectory, config.id);
    return { path, platform, config, index, packs, packDirectory };
  }
}

/** @throws CodedError LOCK_UNUSABLE */
function prepareLockFile(path: string, { files }: Platform): void {
  const found = files.stat(path);
  if (!found) createLockFile(files, path);
  else if (found.type !== 'file') {
    throw new CodedError('LOCK_UNUSABLE', `The lock ${path} is not a file.`, {
      hint: 'Remove it: it holds no data, and the next command makes it again.',
    });
  }
}

/** Another user may have made what lies in a directory of ours. */
function mayWrite(path: string, { files }: Platform): boolean {
  const { index, lock, packs } = layoutOf(path);
  const there = [index, lock, packs].filter((each) => files.stat(each));
  return [path, ...there].every((each) => files.canWrite(each));
}

function openedForReading(path: string): CodedError {
  return new CodedError('REPOSITORY_READ_ONLY', `The repository ${path} was opened for reading.`, {
    hint: "Open it with the access 'write'.",
  });
}
