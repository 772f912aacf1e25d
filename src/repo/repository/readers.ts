/**
 * Connections to the index that answer questions. One is kept from question to question, since opening
 * it takes longer than most answers; between two it holds no lock and no transaction.
 */
import { CodedError } from '../../errors.js';
import { pauseThread } from '../../platform/plain-files.js';
import type { Platform } from '../../platform/platform.js';
import { openIndex, type Index } from '../index/index.js';
import { saysNoRoom } from './failures.js';
import { layoutOf } from './layout.js';

export interface Reader {
  readonly index: Index;
  /** Which files it reads; another stamp means that other files have their names now. */
  readonly stamp: string;
  /** A directory that holds its private copy of the index. */
  readonly copy: string | undefined;
}

/** Times of files are a tick of the kernel's clock apart, 10 ms at most. */
const REST_MS = 25;
/** A writer moves its log into the database now and then, and is done with that in a moment. */
const MAX_TRIES = 80;

/** Kept for questions to come. */
const MAX_IDLE = 4;

export class Readers {
  private readonly idle: Reader[] = [];
  private isClosed = false;
  private readonly path: string;
  private readonly platform: Platform;
  /** SQLite cannot read a write-ahead log where it cannot write, so a private copy is read instead. */
  private readonly readsCopy: boolean;

  constructor(path: string, platform: Platform, canWrite: boolean) {
    this.path = path;
    this.platform = platform;
    this.readsCopy = !canWrite;
  }

  /**
   * One that sees the index as it is now until it is given back.
   * @throws CodedError INDEX_MISSING, INDEX_CORRUPT, INDEX_OUTDATED, FORMAT_UNKNOWN
   */
  take(): Reader {
    for (let reader = this.idle.pop(); reader; reader = this.idle.pop()) {
      if (reader.stamp === this.stampOfIndex(reader.copy !== undefined)) return this.begin(reader);
      this.discard(reader);
    }
    return this.begin(this.open());
  }

  giveBack(reader: Reader): void {
    if (this.isClosed || this.idle.length >= MAX_IDLE) {
      this.discard(reader);
      return;
    }
    reader.index.endQuery();
    this.idle.push(reader);
  }

  /** Closes one that is not to be used again. */
  discard({ index, copy }: Reader): void {
    index.close();
    if (copy !== undefined) this.platform.files.removeTree(copy);
  }

  /** Those that are in use close when they are given back. */
  close(): void {
    this.isClosed = true;
    for (const reader of this.idle.splice(0)) this.discard(reader);
  }

  private begin(reader: Reader): Reader {
    try {
      reader.index.beginQuery();
      return reader;
    } catch (error) {
      this.discard(reader);
      throw error;
    }
  }

  private open(): Reader {
    if (this.readsCopy) return this.openCopy();
    const stamp = this.stampOfIndex(false);
    const { index: path } = layoutOf(this.path);
    try {
      return { index: openIndex(path, 'read', this.platform.files), stamp, copy: undefined };
    } catch (error) {
      // Even to read, SQLite writes down which pages it reads.
      if (!saysNoRoom(error)) throw error;
      return this.openCopy();
    }
  }

  /** One that reads a private copy, which its caller discards. */
  openCopy(): Reader {
    const { files } = this.platform;
    const stamp = this.stampOfIndex(true);
    const { index: path } = layoutOf(this.path);
    const copy = this.copyIndex(path);
    try {
      return { index: openIndex(`${copy}/index.sqlite`, 'write', files), stamp, copy };
    } catch (error) {
      files.removeTree(copy);
      throw error;
    }
  }

  private copyIndex(path: string): string {
    const { files, temporaryDirectory } = this.platform;
    const copy = files.makeTemporaryDirectory(`${temporaryDirectory}/varve-index-`);
    try {
      this.copyWhole(path, copy);
    } catch (error) {
      files.removeTree(copy);
      throw error;
    }
    return copy;
  }

  /** @throws CodedError REPOSITORY_LOCKED, system errors */
  private copyWhole(path: string, copy: string): void {
    for (let tries = 0; !this.copyAtRest(path, copy); tries++) {
      if (tries === MAX_TRIES) {
        throw new CodedError(
          'REPOSITORY_LOCKED',
          `The index ${path} is being written all the time.`,
          {
            hint: 'Try again once the other process has finished.',
          },
        );
      }
      pauseThread(REST_MS);
    }
  }

  /**
   * Copies the index with its log; false if the database itself was written meanwhile, be it by the same
   * tick of the file system's clock: log and pages might not belong together. A log that grows is no
   * harm: what is not committed in it counts for nothing.
   */
  private copyAtRest(path: string, copy: string): boolean {
    const { files, clock } = this.platform;
    const startedMs = clock.nowMs();
    const before = files.stat(path);
    const log = files.stat(`${path}-wal`);
    for (const suffix of ['-wal', '']) {
      const target = `${copy}/index.sqlite${suffix}`;
      if (files.stat(target)) files.remove(target);
      if (!this.copyIfThere(path + suffix, target)) return false;
    }
    const [after, logAfter] = [files.stat(path), files.stat(`${path}-wal`)];
    const isSame = before?.mtimeMs === after?.mtimeMs && before?.inode === after?.inode;
    const isLogSame =
      log?.inode === logAfter?.inode && (log?.sizeBytes ?? 0) <= (logAfter?.sizeBytes ?? 0);
    const age = startedMs - (before?.mtimeMs ?? 0);
    return isSame && isLogSame && (age < 0 || age > REST_MS);
  }

  /** False if a writer took the file away, or had only just made it for its user alone. */
  private copyIfThere(from: string, to: string): boolean {
    const { files, clock } = this.platform;
    const found = files.stat(from);
    if (!found) return true;
    try {
      files.copyFile(from, to);
      return true;
    } catch (error) {
      const now = files.stat(from);
      const isSame = now?.inode === found.inode && now.mode === found.mode;
      // With a strict umask a new file is its user's alone for a moment.
      const isNew = Math.abs(clock.nowMs() - found.mtimeMs) <= REST_MS;
      if (isSame && !isNew) throw error;
      return false;
    }
  }

  /** A rebuilt index is another file. A copy is outdated by any write. */
  private stampOfIndex(isCopied: boolean): string {
    const { index: path } = layoutOf(this.path);
    const stats = [path, `${path}-wal`].map((file) => this.platform.files.stat(file));
    return isCopied ? JSON.stringify(stats) : `${stats[0]?.device ?? ''} ${stats[0]?.inode ?? ''}`;
  }
}
