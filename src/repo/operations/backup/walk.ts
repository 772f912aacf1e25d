/**
 * Walks a source and merges each directory with what the index knows of it. Files that may have
 * changed go to {@link Contents}; everything else is recorded at once.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { CodedError } from '../../../errors.js';
import type { Index } from '../../index/index.js';
import type { Entry } from '../../index/versions.js';
import {
  VersionFlag,
  VersionType,
  type ContentRef,
  type Issue,
  type IssueCode,
  type Version,
} from '../../model.js';
import type { FileStat } from '../../platform/at-calls.js';
import {
  bufferFromBytes,
  joinBytes,
  textFromBytes,
  type ByteString,
} from '../../platform/bytes.js';
import { systemErrorCode, type Platform } from '../../platform/platform.js';
import { isUnchanged, mergeByName, racyFlag, versionTypeOf } from '../../tree/compare.js';
import type { PathFilter } from '../../tree/patterns.js';
import type { Contents, FileOutcome, FileToRead } from './contents.js';
import type { Found, Recorder } from './recorder.js';

/** What the walk must know of a file when its bytes have been read. */
export interface FileContext {
  readonly path: number;
  /** The id of the directory that it is in. */
  readonly directory: number;
  readonly known: Version | undefined;
  readonly scanStartMs: number;
}

/** Totals of what the snapshot holds, and what kept the walk from seeing. */
export interface WalkTotals {
  files: number;
  directories: number;
  symlinks: number;
  specials: number;
  bytes: number;
  filesUnchanged: number;
}

export interface WalkOptions {
  readonly index: Index;
  readonly platform: Platform;
  readonly filter: PathFilter;
  /** Reads every file, whatever its times say. */
  readonly readsAll: boolean;
  /** Absolute paths that are never backed up: the repository itself. */
  readonly excluded: ReadonlySet<ByteString>;
  readonly signal: AbortSignal | undefined;
  readonly onProgress: (totals: WalkTotals, current: ByteString) => void;
}

export interface Walk {
  readonly totals: Readonly<WalkTotals>;
  readonly issues: readonly Issue[];
  /** Walks one root. @throws CodedError INTERRUPTED */
  root(parent: number, path: ByteString): Promise<void>;
  /** Takes a file back with its content. */
  finishFile(file: FileToRead<FileContext>, outcome: FileOutcome): void;
}

/** The walk gives the workers' answers a turn this often, milliseconds. */
const SLICE_MS = 8;
/** Entries between two looks at the clock. */
const CLOCK_EVERY = 64;

interface Directory {
  readonly handle: number;
  readonly path: ByteString;
  readonly id: number;
  /** It has no entry in the index yet, so nothing below it has one. */
  readonly isFresh: boolean;
}

export function createWalk(
  options: WalkOptions,
  recorder: Recorder,
  contents: () => Contents<FileContext>,
): Walk {
  const { index, platform, filter } = options;
  const { files, clock } = platform;
  const issues: Issue[] = [];
  const totals: WalkTotals = {
    files: 0,
    directories: 0,
    symlinks: 0,
    specials: 0,
    bytes: 0,
    filesUnchanged: 0,
  };
  let sliceEnd = clock.nowMs() + SLICE_MS;
  let untilClock = CLOCK_EVERY;

  const report = (path: ByteString, code: IssueCode, message: string): void => {
    issues.push({ path, code, message });
  };
  /** A promise when it is time to let others have a turn; mostly nothing, which costs nothing. */
  const breathe = (path: ByteString): Promise<void> | undefined => {
    if (--untilClock > 0) return undefined;
    untilClock = CLOCK_EVERY;
    if (options.signal?.aborted) throw interrupted();
    if (clock.nowMs() < sliceEnd) return undefined;
    options.onProgress(totals, path);
    return nextTurn().then(() => {
      sliceEnd = clock.nowMs() + SLICE_MS;
    });
  };
  const count = (type: VersionType, sizeBytes: number): void => {
    if (type === VersionType.directory) totals.directories += 1;
    else if (type === VersionType.symlink) totals.symlinks += 1;
    else if (type === VersionType.file) {
      totals.files += 1;
      totals.bytes += sizeBytes;
    } else totals.specials += 1;
  };
  const record = (found: Found): void => {
    recorder.record(found);
    count(found.type, found.sizeBytes);
  };
  /** What cannot be seen stays as it was, and counts as it was. */
  const keep = (known: Version | undefined): void => {
    if (!known) return;
    count(known.type, known.sizeBytes);
    if (known.type === VersionType.directory) index.versions.current(known.path).forEach(keep);
  };

  const walkDirectory = async (directory: Directory, names: ByteString[]): Promise<void> => {
    const scanStartMs = clock.nowMs();
    const entries = directory.isFresh ? [] : index.versions.current(directory.id);
    for (const pair of mergeByName(names, entries)) {
      if (pair.type === 'gone') recorder.remove(pair.known, directory.id);
      else {
        const pending = visit(directory, pair.name, pair.known, scanStartMs);
        if (pending) await pending;
      }
    }
  };

  /** One entry. A promise only where there is something to wait for. */
  const visit = (
    directory: Directory,
    name: ByteString,
    known: Entry | undefined,
    scanStartMs: number,
  ): Promise<void> | undefined => {
    const path = joinBytes(directory.path, name);
    const stat = statEntry(directory, name, path, known);
    if (!stat) return undefined;
    const isDirectory = stat.type === 'directory';
    if (options.excluded.has(path) || filter.excludes(relative(path), isDirectory)) {
      if (known) recorder.remove(known, directory.id);
      return undefined;
    }
    const type = versionTypeOf(stat.type);
    if (type > VersionType.symlink) {
      if (known) recorder.remove(known, directory.id);
      const what = 'fifos, sockets and devices are not backed up yet';
      report(path, 'SPECIAL_FILE_SKIPPED', `${textFromBytes(path)} was left out: ${what}.`);
      return undefined;
    }
    // What a directory held goes when something else takes its name.
    if (known?.type === VersionType.directory && !isDirectory) {
      for (const child of index.versions.current(known.path)) recorder.remove(child, known.path);
    }
    return visitKnownType(directory, name, path, known, stat, type, scanStartMs);
  };

  const statEntry = (
    directory: Directory,
    name: ByteString,
    path: ByteString,
    known: Entry | undefined,
  ): FileStat | undefined => {
    try {
      const stat = files.at.stat(directory.handle, name);
      if (!stat && known) recorder.remove(known, directory.id);
      return stat;
    } catch (error) {
      report(path, 'UNREADABLE', unreadable(path, error));
      keep(known);
      return undefined;
    }
  };

  const visitKnownType = (
    directory: Directory,
    name: ByteString,
    path: ByteString,
    known: Entry | undefined,
    stat: FileStat,
    type: VersionType,
    scanStartMs: number,
  ): Promise<void> | undefined => {
    const isFile = type === VersionType.file;
    if (known && isFile && !options.readsAll && isUnchanged(stat, known)) {
      totals.filesUnchanged += 1;
      keep(known);
      return breathe(path);
    }
    const { id, isNew } = known
      ? { id: known.path, isNew: false }
      : recorder.pathId(directory.id, name, directory.isFresh);
    if (isFile && stat.sizeBytes > 0) {
      return (
        contents().add({
          path,
          stat,
          context: { path: id, directory: directory.id, known, scanStartMs },
        }) ?? breathe(path)
      );
    }
    const link = type === VersionType.symlink ? readLink(directory, name, path) : undefined;
    if (type === VersionType.symlink && link === undefined) {
      keep(known);
      return undefined;
    }
    record(describe(id, known, stat, type, isFile ? racyFlag(stat, scanStartMs) : 0, link));
    if (type !== VersionType.directory) return breathe(path);
    return enter({ handle: directory.handle, path, id, isFresh: isNew }, name, known);
  };

  const readLink = (
    directory: Directory,
    name: ByteString,
    path: ByteString,
  ): ByteString | undefined => {
    try {
      return files.at.readSymlink(directory.handle, name);
    } catch (error) {
      report(path, 'UNREADABLE', unreadable(path, error));
      return undefined;
    }
  };

  /** Opens and walks `name` in the directory whose handle is given. */
  const enter = async (
    { handle: parent, path, id, isFresh }: Directory,
    name: ByteString,
    known: Version | undefined,
  ): Promise<void> => {
    const turn = breathe(path);
    if (turn) await turn;
    let handle: number | undefined;
    let names: ByteString[];
    try {
      handle = files.at.open(parent, name, 'read-directory');
      names = files.at.list(handle).sort();
    } catch (error) {
      if (handle !== undefined) files.close(handle);
      report(path, 'UNREADABLE_DIRECTORY', unreadable(path, error));
      if (known) index.versions.current(id).forEach(keep);
      return;
    }
    try {
      await walkDirectory({ handle, path, id, isFresh }, names);
    } finally {
      files.close(handle);
    }
  };

  /** Links on the way to a root are followed (`/.` stands behind the last), the root itself is not. */
  const openRoot = (path: ByteString): { handle: number; name: ByteString } => {
    const slash = path.lastIndexOf('/');
    const parent = `${path.slice(0, slash)}/.` as ByteString;
    const name = (path.slice(slash + 1) || '.') as ByteString;
    return { handle: files.at.open(undefined, parent, 'read-directory'), name };
  };

  /** The root with its directory open, or undefined when it was reported instead. */
  const lookAtRoot = (
    path: ByteString,
    known: Entry | undefined,
  ): { handle: number; name: ByteString; stat: FileStat } | undefined => {
    let opened: { handle: number; name: ByteString } | undefined;
    try {
      opened = openRoot(path);
      const stat = files.at.stat(opened.handle, opened.name);
      const problem = stat ? rootProblem(options, known, stat, opened) : 'it does not exist';
      if (stat && !problem) return { ...opened, stat };
      report(path, stat ? 'SOURCE_EMPTY' : 'SOURCE_MISSING', rootMessage(path, problem));
    } catch (error) {
      report(path, 'SOURCE_MISSING', unreadable(path, error));
    }
    if (opened) files.close(opened.handle);
    return undefined;
  };

  return {
    totals,
    issues,
    async root(parent, path) {
      const known = index.versions.current(parent).find(({ name }) => name === path);
      const seen = lookAtRoot(path, known);
      if (!seen) {
        keep(known);
        return;
      }
      try {
        await visitRoot(parent, path, known, seen.stat, seen);
      } finally {
        files.close(seen.handle);
      }
    },
    finishFile({ path, context }, outcome) {
      const { known, scanStartMs } = context;
      if (outcome.type === 'vanished') {
        if (known) recorder.remove({ ...known, name: baseName(path) }, context.directory);
        const message = `${textFromBytes(path)} vanished while it was backed up.`;
        report(path, 'VANISHED', message);
        return;
      }
      if (outcome.type === 'failed') {
        report(path, 'UNREADABLE', `${textFromBytes(path)} cannot be read: ${outcome.message}.`);
        keep(known);
        return;
      }
      const { stat, content, blobs, isUnstable } = outcome;
      const flags = racyFlag(stat, scanStartMs) | (isUnstable ? VersionFlag.unstable : 0);
      const { file } = VersionType;
      record(describe(context.path, known, stat, file, flags, undefined, content, blobs));
      if (isUnstable) {
        const message = `${textFromBytes(path)} changed while it was read; it is saved as it was read.`;
        report(path, 'UNSTABLE', message);
      }
    },
  };

  async function visitRoot(
    parent: number,
    path: ByteString,
    known: Entry | undefined,
    stat: FileStat,
    { handle, name }: { handle: number; name: ByteString },
  ): Promise<void> {
    const type = versionTypeOf(stat.type);
    if (type > VersionType.symlink) {
      report(path, 'SPECIAL_FILE_SKIPPED', rootMessage(path, 'it is a fifo, socket or device'));
      return;
    }
    const { id, isNew } = known
      ? { id: known.path, isNew: false }
      : recorder.pathId(parent, path, false);
    if (known?.type === VersionType.directory && type !== VersionType.directory) {
      for (const child of index.versions.current(known.path)) recorder.remove(child, known.path);
    }
    const context = { path: id, directory: parent, known, scanStartMs: clock.nowMs() };
    if (type === VersionType.file) {
      if (known && isUnchanged(stat, known)) keep(known);
      else await contents().add({ path, stat, context });
      return;
    }
    const directory = { handle, path, id, isFresh: isNew };
    const link = type === VersionType.symlink ? readLink(directory, name, path) : undefined;
    record(describe(id, known, stat, type, 0, link));
    if (type === VersionType.directory) await enter(directory, name, known);
  }
}

const NO_CONTENT: ContentRef = { type: 'none' };
const NO_BLOBS: readonly Uint8Array[] = [];
const NO_ATTRIBUTES = new Uint8Array(0);

/** One literal, so that every record has one shape: spreading cost 0.25 s of 46 600 files. */
function describe(
  path: number,
  known: Version | undefined,
  stat: FileStat,
  type: VersionType,
  flags: number,
  link: ByteString | undefined,
  content = NO_CONTENT,
  blobs = NO_BLOBS,
): Found {
  return {
    type,
    mode: stat.mode,
    uid: stat.uid,
    gid: stat.gid,
    mtime: stat.mtime,
    ctime: stat.ctime,
    btime: stat.btime,
    inode: stat.inode,
    rdev: stat.rdev,
    // Sizes are kept of files only: a directory's says nothing that restores.
    sizeBytes: type === VersionType.file ? stat.sizeBytes : 0,
    path,
    known,
    flags,
    links: 0,
    attributes: 0,
    attributeSet: NO_ATTRIBUTES,
    link,
    content,
    blobs,
  };
}

/**
 * Why a root is not to be trusted: an empty directory with another inode where there was a full one
 * is a file system that is not mounted, and must not look like everything deleted.
 */
function rootProblem(
  { index, platform }: WalkOptions,
  known: Entry | undefined,
  stat: FileStat,
  { handle, name }: { handle: number; name: ByteString },
): string | undefined {
  if (known?.type !== VersionType.directory || stat.type !== 'directory') return undefined;
  if (stat.inode === known.inode || !index.versions.hasChildren(known.path)) return undefined;
  const opened = platform.files.at.open(handle, name, 'read-directory');
  try {
    const isEmpty = platform.files.at.list(opened).length === 0;
    return isEmpty ? 'it is another directory than last time, and empty: not mounted?' : undefined;
  } finally {
    platform.files.close(opened);
  }
}

function rootMessage(path: ByteString, problem = ''): string {
  return `${textFromBytes(path)} was not backed up: ${problem}. What was saved of it before is kept.`;
}

/** As the filter takes it: bytes, without the leading slash. */
function relative(path: ByteString): Buffer {
  return bufferFromBytes(path.slice(1) as ByteString);
}

function baseName(path: ByteString): ByteString {
  return path.slice(path.lastIndexOf('/') + 1) as ByteString;
}

function unreadable(path: ByteString, error: unknown): string {
  if (systemErrorCode(error) === undefined || !(error instanceof Error)) throw error;
  return `${textFromBytes(path)} cannot be read: ${error.message}.`;
}

export function interrupted(): CodedError {
  return new CodedError('INTERRUPTED', 'The backup was interrupted; no snapshot was made.', {
    hint: 'Run it again: what was stored already is not stored twice.',
  });
}
