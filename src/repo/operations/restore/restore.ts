/**
 * Restore: the versions visible at a snapshot, written into a fresh directory. The main thread walks
 * the index and makes directories and links; workers write the files, each frame decoded once.
 * Nothing is ever opened through a symbolic link, and directories' metadata comes last.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { CodedError } from '../../../errors.js';
import { VersionType, type Issue, type IssueCode, type Version } from '../../model.js';
import { bytesFromText, textFromBytes, type ByteString } from '../../platform/bytes.js';
import type { Platform } from '../../platform/platform.js';
import { systemErrorCode } from '../../platform/platform.js';
import { openDirectoryHandles, type DirectoryHandles } from '../../tree/directory-handles.js';
import type { NodeAttributes } from '../../platform/attribute-calls.js';
import { isLocked, lockNode, setMetadata } from '../../tree/metadata.js';
import { childPath, splitPath } from '../../tree/relative-path.js';
import { createThreadPool, type WorkerPool } from '../../worker/pool.js';
import { createSetReader } from '../attribute-sets.js';
import { locatePath, selectSnapshot, selectSource, type SourceSelector } from '../locate.js';
import { stoppable } from '../interrupts.js';
import { readRepository } from '../reading.js';
import type { Repository } from '../repository.js';
import type { TimePoint } from '../time-point.js';
import { createFileWriter, type FileWriter } from './file-writer.js';
import { makeNode, type NodeType } from './nodes.js';
import { createOwnerResolver, type OwnerOptions } from './owners.js';
import { planRoots, type RestoreRoot } from './roots.js';
import { createShortfallTally, type ShortfallTally } from './shortfalls.js';
import { createWanted, type Wanted } from './wanted.js';

export interface RestoreOptions extends OwnerOptions {
  /** As backed up, or relative to the working directory or a root; none: the whole source. */
  readonly paths: readonly string[];
  readonly at: TimePoint;
  readonly source?: SourceSelector;
  /** A directory that does not exist yet, or is empty. */
  readonly to: string;
  /** Counts and writes nothing. */
  readonly isDryRun?: boolean;
  /** Worker threads. Default: one for each core, at most 8. */
  readonly jobs?: number;
  readonly lockWaitMs?: number;
  readonly signal?: AbortSignal;
  readonly onStart?: (expected: RestoreProgress) => void;
  readonly onProgress?: (progress: RestoreProgress) => void;
  /** For tests: jobs on the calling thread. */
  readonly createPool?: (laneCount: number) => WorkerPool;
}

export interface RestoreProgress {
  readonly files: number;
  readonly bytes: number;
}

export interface RestoreResult {
  readonly snapshot: number;
  readonly files: number;
  readonly directories: number;
  readonly symlinks: number;
  /** Fifos, sockets and devices. */
  readonly specials: number;
  readonly bytesWritten: number;
  readonly bytesUnchanged: number;
  readonly durationMs: number;
  readonly issues: readonly Issue[];
}

const MOST_WORKERS = 8;
/** Entries between two turns for the workers' answers. */
const ENTRIES_A_TURN = 256;

/**
 * @throws CodedError TARGET_NOT_EMPTY, TARGET_UNUSABLE, OWNER_MAP_INVALID, PATH_NOT_FOUND, TIME_BEFORE_FIRST_SNAPSHOT, DISK_FULL, INTERRUPTED
 */
export async function restore(
  repositoryPath: string,
  platform: Platform,
  options: RestoreOptions,
): Promise<RestoreResult> {
  const startedMs = platform.clock.nowMs();
  return readRepository(repositoryPath, platform, options, async (repository) => {
    const { index } = repository;
    const source = selectSource(index, platform, options.source, options.paths);
    const snapshot = selectSnapshot(index, source, options.at);
    const located = options.paths.map((path) =>
      locatePath(index, platform, source, snapshot, path),
    );
    const roots = planRoots(index, source, snapshot, located);
    options.onStart?.({ files: snapshot.files, bytes: snapshot.bytes });
    const run = new RestoreRun(repository, snapshot.number, options);
    const totals = await run.execute(roots);
    const durationMs = platform.clock.nowMs() - startedMs;
    return { ...totals, snapshot: snapshot.number, bytesUnchanged: 0, durationMs };
  });
}

interface FinishedDirectory {
  readonly path: ByteString;
  readonly version: Version;
}

interface LockedNode {
  readonly path: ByteString;
  readonly type: VersionType;
  readonly known: NodeAttributes;
}

/** One restore: what it holds open, and what it has counted. */
class RestoreRun {
  private readonly issues: Issue[] = [];
  private readonly directories: FinishedDirectory[] = [];
  private readonly counts = { files: 0, directories: 0, symlinks: 0, specials: 0, bytesWritten: 0 };
  /** What becomes immutable or append-only at the end. */
  private readonly locked: LockedNode[] = [];
  private readonly shortfalls: ShortfallTally;
  private readonly wanted: Wanted;
  private readonly repository: Repository;
  private readonly snapshot: number;
  private readonly options: RestoreOptions;
  private entries = 0;

  constructor(repository: Repository, snapshot: number, options: RestoreOptions) {
    this.repository = repository;
    this.snapshot = snapshot;
    this.options = options;
    const { index, platform } = repository;
    this.wanted = createWanted(createSetReader(index), createOwnerResolver(options, platform));
    this.shortfalls = createShortfallTally(platform.isSuperuser);
  }

  async execute(
    roots: readonly RestoreRoot[],
  ): Promise<Omit<RestoreResult, 'snapshot' | 'bytesUnchanged' | 'durationMs'>> {
    if (this.options.isDryRun) {
      for (const root of roots) await this.count(root.version);
      return { ...this.counts, issues: [] };
    }
    const { files } = this.repository.platform;
    const target = bytesFromText(prepareTarget(this.options.to, this.repository.platform));
    const pool = this.openPool();
    const handles = openDirectoryHandles(files.at, (descriptor) => files.close(descriptor), target);
    try {
      const writer = createFileWriter(this.repository, this.snapshot, pool, target, this.wanted, {
        onFile: (bytes) => {
          this.counts.files += 1;
          this.counts.bytesWritten += bytes;
          this.options.onProgress?.({
            files: this.counts.files,
            bytes: this.counts.bytesWritten,
          });
        },
        onIssue: (path, code, message) => this.report(path, code, message),
        onShortfalls: (path, missing) => this.shortfalls.add(path, missing),
      });
      for (const { path, version } of roots) await this.restoreNode(writer, handles, path, version);
      await writer.finish();
      this.finishDirectories(handles);
      this.lockNodes(handles);
      return { ...this.counts, issues: [...this.issues, ...this.shortfalls.issues()] };
    } finally {
      handles.close();
      await pool.close();
    }
  }

  private openPool(): WorkerPool {
    const { platform, packDirectory, config } = this.repository;
    const lanes = this.options.jobs ?? Math.min(platform.coreCount, MOST_WORKERS);
    const setup = { packDirectory, repositoryId: config.id };
    const pool = this.options.createPool?.(lanes) ?? createThreadPool(lanes, setup);
    return stoppable(pool, this.options.signal, () => interrupted(this.options.to));
  }

  private report(path: ByteString, code: IssueCode, message: string): void {
    this.issues.push({ path, code, message });
  }

  /** Makes the node at `path` below the target ('' is the target itself) and all below it. */
  private async restoreNode(
    writer: FileWriter,
    handles: DirectoryHandles,
    path: ByteString,
    version: Version,
  ): Promise<void> {
    await this.takeTurn();
    const { type } = version;
    const { known } = this.wanted(version);
    if (isLocked(known)) this.locked.push({ path, type, known });
    if (type === VersionType.file) return writer.add({ ...splitPath(path), version });
    if (path !== '' && !this.attempt(path, () => this.makeNode(handles, path, type, version))) {
      return;
    }
    if (type !== VersionType.directory) {
      if (type === VersionType.symlink) this.counts.symlinks += 1;
      else this.counts.specials += 1;
      return;
    }
    this.counts.directories += 1;
    this.directories.push({ path, version });
    for (const entry of this.repository.index.versions.at(version.path, this.snapshot)) {
      await this.restoreNode(writer, handles, childPath(path, entry.name), entry);
    }
  }

  /** Directories get their metadata at the end. */
  private makeNode(
    handles: DirectoryHandles,
    path: ByteString,
    type: NodeType,
    version: Version,
  ): void {
    const { files } = this.repository.platform;
    const { directory: parent, name } = splitPath(path);
    const directory = handles.open(parent);
    makeNode(files, directory, name, type, version);
    if (type === VersionType.directory) return;
    const missing = setMetadata(files, { type: 'named', directory, name }, this.wanted(version));
    this.shortfalls.add(path, missing);
  }

  /** Deepest first: setting what is in a directory changes its time. */
  private finishDirectories(handles: DirectoryHandles): void {
    const { files } = this.repository.platform;
    for (const { path, version } of this.directories.reverse()) {
      this.attempt(path, () => {
        const descriptor = handles.open(path);
        const missing = setMetadata(files, { type: 'open', descriptor }, this.wanted(version));
        this.shortfalls.add(path, missing);
      });
    }
  }

  /** What is below a directory first. */
  private lockNodes(handles: DirectoryHandles): void {
    const { files } = this.repository.platform;
    for (const { path, type, known } of this.locked.reverse()) {
      this.attempt(path, () => {
        const { directory, name } = splitPath(path);
        const isFile = type === VersionType.file;
        const descriptor = isFile
          ? files.at.open(handles.open(directory), name, 'read-file')
          : handles.open(path);
        this.shortfalls.add(path, lockNode(files.at, descriptor, known));
        if (isFile) files.close(descriptor);
      });
    }
  }

  private attempt(path: ByteString, action: () => void): boolean {
    try {
      action();
      return true;
    } catch (error) {
      if (systemErrorCode(error) === undefined || !(error instanceof Error)) throw error;
      if (systemErrorCode(error) === 'ENOSPC') throw error;
      this.report(path, 'NOT_RESTORED', `${textFromBytes(path)}: ${error.message}.`);
      return false;
    }
  }

  private async count(version: Version): Promise<void> {
    await this.takeTurn();
    if (version.type === VersionType.file) {
      this.counts.files += 1;
      this.counts.bytesWritten += version.sizeBytes;
    } else if (version.type === VersionType.symlink) this.counts.symlinks += 1;
    else if (version.type === VersionType.directory) {
      this.counts.directories += 1;
      const entries = this.repository.index.versions.at(version.path, this.snapshot);
      for (const entry of entries) await this.count(entry);
    } else this.counts.specials += 1;
  }

  private async takeTurn(): Promise<void> {
    if (++this.entries % ENTRIES_A_TURN !== 0) return;
    if (this.options.signal?.aborted) throw interrupted(this.options.to);
    await nextTurn();
  }
}

function interrupted(target: string): CodedError {
  return new CodedError('INTERRUPTED', `The restore into ${target} was interrupted.`, {
    hint: 'What it holds is incomplete: remove it, and restore again.',
  });
}

/** Makes the target when it does not exist. @throws CodedError TARGET_NOT_EMPTY, TARGET_UNUSABLE */
function prepareTarget(to: string, { files }: Platform): string {
  const found = files.stat(to);
  if (found && found.type !== 'directory') {
    throw new CodedError('TARGET_UNUSABLE', `${to} is not a directory.`, {
      hint: 'Name a directory that does not exist yet, or is empty.',
    });
  }
  if (found && files.list(to).length > 0) {
    throw new CodedError('TARGET_NOT_EMPTY', `${to} is not empty; nothing was restored.`, {
      hint: 'Name a directory that does not exist yet, or is empty.',
    });
  }
  try {
    files.makeDirectories(to);
    return files.realPath(to);
  } catch (cause) {
    if (!(cause instanceof Error)) throw cause;
    throw new CodedError('TARGET_UNUSABLE', `${to} cannot be made: ${cause.message}.`, {
      hint: 'Name a directory that you may write.',
      cause,
    });
  }
}
