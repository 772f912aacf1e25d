/**
 * Hands files to the workers in the order in which the packs hold their blobs, so that each frame is
 * decoded once. A blob that several files share is rebuilt once. A file of many blobs is made here
 * and finished when its last blob is written.
 */
import { VersionFlag, type IssueCode } from '../../model.js';
import type { FileStat } from '../../../platform/at-calls.js';
import { textFromBytes, type ByteString } from '../../../platform/bytes.js';
import { fileErrorCode, reasonOf } from '../../../platform/system-errors.js';
import { openDirectoryHandles } from '../../../platform/directory-handles.js';
import type { Shortfall } from '../../tree/metadata.js';
import { pathOf } from '../../tree/relative-path.js';
import type { RestoreFile, RestorePiece, RestoreWay } from '../../worker/jobs.js';
import type { WorkerPool } from '../../worker/pool.js';
import { createLimiter, type Limiter } from '../../../threads/limiter.js';
import type { HeldRepository } from '../../repository/held.js';
import type { OverwriteRule } from './decide.js';
import {
  gatherPieces,
  groupByFrames,
  inFrameOrder,
  type JobFile,
  type WaitingFile,
} from './frame-order.js';
import { fillFile } from './large-file.js';
import type { LockExplainer } from './locked.js';
import type { Wanted } from './wanted.js';
import {
  openWorkingFile,
  type FileToRestore,
  type WorkingFile,
  type WorkingKind,
} from './working-file.js';

export interface FileWriterOptions {
  readonly repository: HeldRepository;
  readonly snapshot: number;
  readonly pool: WorkerPool;
  /** Descriptor of the directory that is restored into. */
  readonly target: number;
  /** A path below it as it is told. */
  readonly nameOf: (path: ByteString) => ByteString;
  /** undefined: the target is fresh, and files are made under their names. */
  readonly rule: OverwriteRule | undefined;
  readonly wanted: Wanted;
  readonly isDryRun: boolean;
  readonly explainLock: LockExplainer;
  /** A file is in place, and this many of its bytes were written. */
  readonly onFile: (path: ByteString, sizeBytes: number, written: Written) => void;
  /** So many bytes more of a large file are as they were. */
  readonly onPart: (path: ByteString, bytes: number) => void;
  readonly onIssue: (path: ByteString, code: IssueCode, message: string) => void;
  /** A file is there, but for this of its metadata. */
  readonly onShortfalls: (path: ByteString, missing: readonly Shortfall[]) => void;
}

/** What of a file was written, or would be in a dry run. */
export interface Written {
  readonly bytes: number;
  /** Its bytes were there; a new file without bytes is not. */
  readonly isUnchanged: boolean;
}

/** Files gathered before they are put in pack order: bounds memory. */
const MAX_WAITING = 32_768;

export class FileWriter {
  private readonly options: FileWriterOptions;
  private readonly limiter: Limiter;
  private waiting: WaitingFile[] = [];
  /** Files that are reported: one of many damaged blobs is named once. */
  private readonly failed = new WeakSet<FileToRestore>();

  constructor(options: FileWriterOptions) {
    this.options = options;
    this.limiter = createLimiter(options.pool.laneCount * 2);
  }

  /**
   * `there`: the file that has its name, whose contents are compared; undefined: none is, or
   * another type.
   */
  async add(file: FileToRestore, there?: FileStat): Promise<void> {
    try {
      await this.addNow(file, there);
    } catch (error) {
      const code = fileErrorCode(error);
      if (code === undefined) throw error;
      const path = pathOf(file);
      const reason = this.options.explainLock(path, code) ?? reasonOf(error);
      this.options.onIssue(path, 'NOT_RESTORED', `${this.textOf(path)}: ${reason}.`);
    }
  }

  async finish(): Promise<void> {
    await this.flush();
    await this.limiter.drain();
  }

  private async addNow(file: FileToRestore, there: FileStat | undefined): Promise<void> {
    const { repository, rule, isDryRun, onFile } = this.options;
    const { blobs } = repository.index;
    const { content, path, sizeBytes } = file.version;
    // No hole is in a file that was not cut.
    const mayBeHole = sizeBytes > repository.config.chunking.wholeFileBytes;
    const isHole =
      mayBeHole && content.type === 'blob' && blobs.holeBytes(content.blob) !== undefined;
    if (content.type !== 'blob' || isHole) {
      const list = blobs.listOf(content);
      return this.restoreHere(file, list, kindOf(rule, there, list.length));
    }
    const way = wayOf(rule, there, sizeBytes);
    if (isDryRun && way !== 'compare') {
      onFile(pathOf(file), sizeBytes, { bytes: sizeBytes, isUnchanged: false });
      return;
    }
    const { frame = 0, member = 0 } = blobs.get(content.blob) ?? {};
    const { directory, name } = file;
    this.waiting.push({ directory, name, way, path, sizeBytes, blob: content.blob, frame, member });
    if (this.waiting.length >= MAX_WAITING) await this.flush();
  }

  private async flush(): Promise<void> {
    const sorted = this.waiting.sort(inFrameOrder).reverse();
    this.waiting = [];
    for (const job of groupByFrames(sorted)) {
      await this.limiter.start(() => this.restoreSmall(job));
    }
  }

  private async restoreSmall(job: readonly WaitingFile[]): Promise<void> {
    const { repository, snapshot, onFile } = this.options;
    const lost = (file: FileToRestore): void => this.lost(file);
    const { pieces, files } = gatherPieces(repository, snapshot, job, lost);
    const written = await this.runJob(pieces, files, this.effect, (position) => files[position]);
    files.forEach((file, position) => {
      const bytes = written[position];
      if (bytes === undefined) return;
      onFile(pathOf(file), file.version.sizeBytes, { bytes, isUnchanged: bytes === 0 });
    });
  }

  /** A file that the main thread makes, whether workers fill it or not. */
  private async restoreHere(
    file: FileToRestore,
    blobs: readonly number[],
    kind: WorkingKind,
  ): Promise<void> {
    const { repository, target, wanted, isDryRun, onFile, onShortfalls } = this.options;
    const { files } = repository.platform;
    const handles = openDirectoryHandles(files.at, (opened) => files.close(opened), target);
    try {
      const { sizeBytes } = file.version;
      const working = openWorkingFile({ files, handles, wanted, isDryRun }, file, kind);
      if (!working) {
        onFile(pathOf(file), sizeBytes, { bytes: sizeBytes, isUnchanged: false });
        return;
      }
      const written = await this.fill(file, working, blobs);
      if (written === undefined) {
        working.discard();
        return;
      }
      onShortfalls(pathOf(file), finishOrDiscard(working, written));
      const bytes = working.isNew ? sizeBytes : written;
      const isUnchanged = kind === 'patched' && bytes === 0 && sizeBytes > 0;
      onFile(pathOf(file), sizeBytes, { bytes, isUnchanged });
    } finally {
      handles.close();
    }
  }

  private fill(
    file: FileToRestore,
    working: WorkingFile,
    blobs: readonly number[],
  ): Promise<number | undefined> {
    const { repository, onPart } = this.options;
    const jobFile: JobFile = { ...file, name: working.name, way: working.way };
    return fillFile(repository, working, blobs, {
      limiter: this.limiter,
      fillPart: async (pieces, partEffect) => {
        const effect = this.options.isDryRun ? 'count' : partEffect;
        const [bytes] = await this.runJob(pieces, [jobFile], effect, () => file);
        return bytes;
      },
      onPart: (bytes) => onPart(pathOf(file), bytes),
      onLost: () => this.lost(file),
    });
  }

  private get effect(): 'write' | 'count' {
    return this.options.isDryRun ? 'count' : 'write';
  }

  /** Bytes written by file; undefined for one that could not be. */
  private async runJob(
    pieces: readonly RestorePiece[],
    files: readonly JobFile[],
    effect: 'write' | 'count',
    reportAs: (position: number) => FileToRestore | undefined,
  ): Promise<(number | undefined)[]> {
    const { pool, target, wanted, onShortfalls } = this.options;
    const { written, failures, shortfalls } = await pool.run({
      type: 'restore',
      target,
      files: files.map((file) => plain(file, wanted)),
      pieces,
      isDryRun: effect === 'count',
    });
    const results: (number | undefined)[] = [...written];
    const fileAt = (position: number): FileToRestore => {
      const file = reportAs(position);
      if (!file) throw new Error(`no file ${position}`);
      return file;
    };
    for (const { file: position, code, message } of failures) {
      const file = fileAt(position);
      results[position] = undefined;
      const path = pathOf(file);
      const lock = this.options.explainLock(path, code);
      this.fail(file, issueCode(code), `${this.textOf(path)}: ${lock ? `${lock}.` : message}`);
    }
    for (const { file, missing } of shortfalls) onShortfalls(pathOf(fileAt(file)), missing);
    return results;
  }

  private textOf(path: ByteString): string {
    return textFromBytes(this.options.nameOf(path));
  }

  private lost(file: FileToRestore): void {
    const path = this.textOf(pathOf(file));
    this.fail(file, 'DAMAGED', `${path} was not restored: its content is lost or damaged.`);
  }

  private fail(file: FileToRestore, code: IssueCode, message: string): void {
    if (this.failed.has(file)) return;
    this.failed.add(file);
    this.options.onIssue(pathOf(file), code, message);
  }
}

/** What could not get its name does not stay under another. @throws system errors */
function finishOrDiscard(working: WorkingFile, writtenBytes: number): readonly Shortfall[] {
  try {
    return working.finish(writtenBytes);
  } catch (error) {
    working.discard();
    throw error;
  }
}

/** What a worker gets of a file. */
function plain({ directory, name, way, version }: JobFile, wanted: Wanted): RestoreFile {
  const leavesHoles = (version.flags & VersionFlag.sparse) !== 0;
  return { directory, name, way, leavesHoles, ...wanted(version) };
}

/**
 * A large file is changed where it stands, but for the rule that goes by which is newer: it could not
 * tell one that is half changed from one that somebody has just written.
 */
function kindOf(
  rule: OverwriteRule | undefined,
  there: FileStat | undefined,
  blobCount: number,
): WorkingKind {
  if (rule === undefined) return 'fresh';
  return there && blobCount > 0 && rule !== 'if-newer' ? 'patched' : 'renamed';
}

function wayOf(
  rule: OverwriteRule | undefined,
  there: FileStat | undefined,
  sizeBytes: number,
): RestoreWay {
  if (rule === undefined) return 'create';
  return there?.sizeBytes === sizeBytes ? 'compare' : 'replace';
}

function issueCode(code: string): IssueCode {
  return code === 'BLOB_DAMAGED' || code.startsWith('PACK_') ? 'DAMAGED' : 'NOT_RESTORED';
}
