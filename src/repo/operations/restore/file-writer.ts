/**
 * Hands files to the workers in the order in which the packs hold their blobs, so that each frame is
 * decoded once. A blob that several files share is rebuilt once. A file of many blobs is created here
 * and finished when its last blob is written.
 */
import type { Repository } from '../repository.js';
import type { IssueCode, Version } from '../../model.js';
import { textFromBytes, type ByteString } from '../../platform/bytes.js';
import { systemErrorCode } from '../../platform/platform.js';
import { openDirectoryHandles } from '../../tree/directory-handles.js';
import { setMetadata, type Shortfall } from '../../tree/metadata.js';
import { pathOf, type NodePlace } from '../../tree/relative-path.js';
import type { RestoreFile, RestoreJob, RestorePiece, RestorePlace } from '../../worker/jobs.js';
import type { WorkerPool } from '../../worker/pool.js';
import { createLimiter } from '../limiter.js';
import type { Wanted } from './wanted.js';

/** A version of a file, and where it goes. */
interface FileToRestore extends NodePlace {
  readonly version: Version;
}

export interface FileWriter {
  add(file: FileToRestore): Promise<void>;
  finish(): Promise<void>;
}

export interface FileWriterEvents {
  /** A file is there, with so many bytes. */
  onFile(bytes: number): void;
  onIssue(path: ByteString, code: IssueCode, message: string): void;
  /** A file is there, but for this of its metadata. */
  onShortfalls(path: ByteString, missing: readonly Shortfall[]): void;
}

/** Files gathered before they are put in pack order: bounds memory. */
const MOST_WAITING = 32_768;
const JOB_BYTES = 4 * 1024 * 1024;
const JOB_PIECES = 512;
/** Pieces of one large file gathered at once. */
const LARGE_BATCH = 1024;

/**
 * A file that is one blob, with the frame that its bytes are in: what it is sorted by. Its version is
 * read again when its turn comes: 32 000 of them would take 40 MB.
 */
interface WaitingFile extends NodePlace {
  readonly path: number;
  readonly sizeBytes: number;
  readonly blob: number;
  readonly frame: number;
  readonly member: number;
}

export function createFileWriter(
  repository: Repository,
  snapshot: number,
  pool: WorkerPool,
  target: ByteString,
  wanted: Wanted,
  events: FileWriterEvents,
): FileWriter {
  const { index, platform } = repository;
  const { files } = platform;
  const limiter = createLimiter(pool.laneCount * 2);
  let waiting: WaitingFile[] = [];
  /** Files that are reported: one of many damaged blobs is named once. */
  const failed = new WeakSet<FileToRestore>();

  const fail = (file: FileToRestore, code: IssueCode, message: string): void => {
    if (failed.has(file)) return;
    failed.add(file);
    events.onIssue(pathOf(file), code, message);
  };
  const lost = (file: FileToRestore): void => {
    const path = textFromBytes(pathOf(file));
    fail(file, 'DAMAGED', `${path} was not restored: its content is lost or damaged.`);
  };

  const plain = ({ directory, name, version }: FileToRestore): RestoreFile => {
    return { directory, name, ...wanted(version) };
  };
  const runJob = async (
    pieces: readonly RestorePiece[],
    jobFiles: readonly FileToRestore[],
  ): Promise<ReadonlySet<number>> => {
    const job: RestoreJob = { type: 'restore', target, files: jobFiles.map(plain), pieces };
    const { failures, shortfalls } = await pool.run(job);
    const fileAt = (position: number): FileToRestore => {
      const file = jobFiles[position];
      if (!file) throw new Error(`no file ${position}`);
      return file;
    };
    const damaged = new Set<number>();
    for (const { file: position, code, message } of failures) {
      const file = fileAt(position);
      damaged.add(position);
      fail(file, issueCode(code), `${textFromBytes(pathOf(file))}: ${message}`);
    }
    for (const { file, missing } of shortfalls) events.onShortfalls(pathOf(fileAt(file)), missing);
    return damaged;
  };

  const startSmallJob = (job: readonly WaitingFile[]): Promise<void> =>
    limiter.start(async () => {
      const { pieces, files: jobFiles } = gatherPieces(repository, snapshot, job, lost);
      const damaged = await runJob(pieces, jobFiles);
      jobFiles.forEach(({ version }, position) => {
        if (!damaged.has(position)) events.onFile(version.sizeBytes);
      });
    });

  const flush = async (): Promise<void> => {
    const sorted = waiting.sort(inFrameOrder).reverse();
    waiting = [];
    for (const job of groupByFrames(sorted)) await startSmallJob(job);
  };

  /** Made first, so that workers can write its parts in any order. */
  const createFile = (file: FileToRestore): void => {
    withHandles((open) => {
      const descriptor = files.at.open(open(file.directory), file.name, 'create-file');
      files.truncate(descriptor, file.version.sizeBytes);
      files.close(descriptor);
    });
  };
  const finishFile = (file: FileToRestore, isWhole: boolean): void => {
    withHandles((open) => {
      const directory = open(file.directory);
      if (!isWhole) {
        files.at.remove(directory, file.name);
        return;
      }
      const descriptor = files.at.open(directory, file.name, 'write-file');
      try {
        const missing = setMetadata(files, { type: 'open', descriptor }, wanted(file.version));
        events.onShortfalls(pathOf(file), missing);
      } finally {
        files.close(descriptor);
      }
      events.onFile(file.version.sizeBytes);
    });
  };
  const withHandles = (action: (open: (path: ByteString) => number) => void): void => {
    const handles = openDirectoryHandles(files.at, (descriptor) => files.close(descriptor), target);
    try {
      action((path) => handles.open(path));
    } finally {
      handles.close();
    }
  };

  const restoreLarge = async (file: FileToRestore, blobs: readonly number[]): Promise<void> => {
    createFile(file);
    let isWhole = true;
    const tasks: Promise<void>[] = [];
    for (const pieces of largePieces(repository, blobs)) {
      if (!pieces) {
        isWhole = false;
        lost(file);
        break;
      }
      await limiter.start(() => {
        const task = runJob(pieces, [file]).then((damaged) => {
          if (damaged.size > 0) isWhole = false;
        });
        tasks.push(task);
        return task;
      });
    }
    await Promise.all(tasks);
    finishFile(file, isWhole);
  };

  const addNow = async (file: FileToRestore): Promise<void> => {
    const { content } = file.version;
    if (content.type === 'none') {
      createFile(file);
      finishFile(file, true);
      return;
    }
    if (content.type === 'content') {
      return restoreLarge(file, index.blobs.ofContent(content.content));
    }
    if (index.blobs.holeBytes(content.blob) !== undefined) {
      return restoreLarge(file, [content.blob]);
    }
    const { frame = 0, member = 0 } = index.blobs.get(content.blob) ?? {};
    const { directory, name, version } = file;
    const { path, sizeBytes } = version;
    waiting.push({ directory, name, path, sizeBytes, blob: content.blob, frame, member });
    if (waiting.length >= MOST_WAITING) await flush();
  };

  return {
    async add(file) {
      try {
        await addNow(file);
      } catch (error) {
        const code = systemErrorCode(error);
        if (code === undefined || code === 'ENOSPC' || !(error instanceof Error)) throw error;
        const path = pathOf(file);
        events.onIssue(path, 'NOT_RESTORED', `${textFromBytes(path)}: ${error.message}.`);
      }
    },
    async finish() {
      await flush();
      await limiter.drain();
    },
  };
}

function issueCode(code: string): IssueCode {
  return code === 'BLOB_DAMAGED' || code.startsWith('PACK_') ? 'DAMAGED' : 'NOT_RESTORED';
}

/** Frames are numbered as they are written, so this is nearly the order of the packs. */
function inFrameOrder(left: WaitingFile, right: WaitingFile): number {
  return left.frame - right.frame || left.member - right.member || left.blob - right.blob;
}

/** Jobs of whole frames, so that no frame is decoded by two workers. Takes the files from the end. */
function* groupByFrames(sorted: WaitingFile[]): Generator<WaitingFile[]> {
  let job: WaitingFile[] = [];
  let jobBytes = 0;
  let frame = 0;
  for (let waiting = sorted.pop(); waiting; waiting = sorted.pop()) {
    const isFull = jobBytes >= JOB_BYTES || job.length >= JOB_PIECES;
    if (isFull && frame !== waiting.frame) {
      yield job;
      job = [];
      jobBytes = 0;
    }
    frame = waiting.frame;
    job.push(waiting);
    jobBytes += waiting.sizeBytes;
  }
  if (job.length > 0) yield job;
}

/** One piece for each blob, with every file of the job that it is. */
function gatherPieces(
  { index }: Repository,
  snapshot: number,
  job: readonly WaitingFile[],
  onLost: (file: FileToRestore) => void,
): { pieces: RestorePiece[]; files: FileToRestore[] } {
  const pieces: RestorePiece[] = [];
  const files: FileToRestore[] = [];
  let before: { blob: number; places: RestorePlace[] } | undefined;
  for (const { directory, name, path, blob } of job) {
    const version = index.versions.atPath(path, snapshot);
    if (!version) throw new Error(`path ${path} vanished`);
    const file = { directory, name, version };
    if (before?.blob !== blob) {
      const recipe = index.blobs.recipe(blob);
      if (!recipe) {
        onLost(file);
        continue;
      }
      before = { blob, places: [] };
      pieces.push({ recipe, places: before.places });
    }
    before.places.push({ file: files.length, position: 0, isWhole: true });
    files.push(file);
  }
  return { pieces, files };
}

/** The blobs of a large file in jobs; undefined for one that holds a lost blob. */
function* largePieces(
  { index }: Repository,
  blobs: readonly number[],
): Generator<RestorePiece[] | undefined> {
  let position = 0;
  let job: RestorePiece[] = [];
  let jobBytes = 0;
  for (const blob of blobs) {
    const holeBytes = index.blobs.holeBytes(blob);
    if (holeBytes !== undefined) {
      position += holeBytes;
      continue;
    }
    const recipe = index.blobs.recipe(blob);
    if (!recipe) {
      yield undefined;
      return;
    }
    job.push({ recipe, places: [{ file: 0, position, isWhole: false }] });
    position += recipe.lengthBytes;
    jobBytes += recipe.lengthBytes;
    if (jobBytes < JOB_BYTES && job.length < LARGE_BATCH) continue;
    yield job;
    job = [];
    jobBytes = 0;
  }
  if (job.length > 0) yield job;
}
