/**
 * Hands files to the workers in the order in which the packs hold their blobs, so that each frame is
 * decoded once. A blob that several files share is rebuilt once. A file of many blobs is created here
 * and finished when its last blob is written.
 */
import type { Repository } from '../repository.js';
import type { BlobRecipe, ContentRef, IssueCode } from '../../model.js';
import type { FileTime } from '../../platform/at-calls.js';
import { textFromBytes, type ByteString } from '../../platform/bytes.js';
import { systemErrorCode } from '../../platform/platform.js';
import { openDirectoryHandles } from '../../tree/directory-handles.js';
import { setMetadata } from '../../tree/metadata.js';
import type { RestoreFile, RestoreJob, RestorePiece } from '../../worker/jobs.js';
import type { WorkerPool } from '../../worker/pool.js';
import { createLimiter } from '../limiter.js';

export interface FileToRestore extends RestoreFile {
  /** Below the target. */
  readonly path: ByteString;
  readonly mtime: FileTime;
  readonly sizeBytes: number;
  readonly content: ContentRef;
}

export interface FileWriter {
  add(file: FileToRestore): Promise<void>;
  finish(): Promise<void>;
}

export interface FileWriterEvents {
  /** A file is there, with so many bytes. */
  onFile(bytes: number): void;
  onIssue(path: ByteString, code: IssueCode, message: string): void;
}

/** Files gathered before they are put in pack order: bounds memory. */
const MOST_WAITING = 32_768;
const JOB_BYTES = 4 * 1024 * 1024;
const JOB_PIECES = 512;
/** Pieces of one large file gathered at once. */
const LARGE_BATCH = 1024;

interface WaitingFile {
  readonly file: FileToRestore;
  readonly recipe: BlobRecipe;
}

export function createFileWriter(
  repository: Repository,
  pool: WorkerPool,
  target: ByteString,
  setsOwner: boolean,
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
    events.onIssue(file.path, code, message);
  };
  const lost = (file: FileToRestore): void => {
    const message = `${textFromBytes(file.path)} was not restored: its content is lost or damaged.`;
    fail(file, 'DAMAGED', message);
  };

  const runJob = async (
    pieces: readonly RestorePiece[],
    jobFiles: readonly FileToRestore[],
  ): Promise<ReadonlySet<number>> => {
    const job: RestoreJob = {
      type: 'restore',
      target,
      files: jobFiles.map(plain),
      pieces,
      setsOwner,
    };
    const { failures } = await pool.run(job);
    const damaged = new Set<number>();
    for (const { file: position, code, message, isMetadataOnly } of failures) {
      const file = jobFiles[position];
      if (!file) throw new Error(`no file ${position}`);
      if (!isMetadataOnly) damaged.add(position);
      fail(file, issueCode(code, isMetadataOnly), `${textFromBytes(file.path)}: ${message}`);
    }
    return damaged;
  };

  const startSmallJob = (job: readonly WaitingFile[]): Promise<void> =>
    limiter.start(async () => {
      const jobFiles = job.map(({ file }) => file);
      const damaged = await runJob(gatherPieces(job), jobFiles);
      jobFiles.forEach(({ sizeBytes }, position) => {
        if (!damaged.has(position)) events.onFile(sizeBytes);
      });
    });

  const flush = async (): Promise<void> => {
    const sorted = waiting.sort(inPackOrder);
    waiting = [];
    for (const job of groupByFrames(sorted)) await startSmallJob(job);
  };

  /** Made first, so that workers can write its parts in any order. */
  const createFile = (file: FileToRestore): void => {
    withHandles((open) => {
      files.close(files.at.open(open(file.directory), file.name, 'create-file'));
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
        setMetadata(files, descriptor, file, setsOwner);
      } finally {
        files.close(descriptor);
      }
      events.onFile(file.sizeBytes);
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
    const { content } = file;
    if (content.type === 'none') {
      createFile(file);
      finishFile(file, true);
      return;
    }
    if (content.type === 'content') {
      return restoreLarge(file, index.blobs.ofContent(content.content));
    }
    const recipe = index.blobs.recipe(content.blob);
    if (!recipe) {
      lost(file);
      return;
    }
    waiting.push({ file, recipe });
    if (waiting.length >= MOST_WAITING) await flush();
  };

  return {
    async add(file) {
      try {
        await addNow(file);
      } catch (error) {
        const code = systemErrorCode(error);
        if (code === undefined || code === 'ENOSPC' || !(error instanceof Error)) throw error;
        events.onIssue(file.path, 'NOT_RESTORED', `${textFromBytes(file.path)}: ${error.message}.`);
      }
    },
    async finish() {
      await flush();
      await limiter.drain();
    },
  };
}

function plain({ directory, name, mode, uid, gid, mtime }: FileToRestore): RestoreFile {
  return { directory, name, mode, uid, gid, mtime };
}

function issueCode(code: string, isMetadataOnly: boolean): IssueCode {
  if (isMetadataOnly) return 'METADATA_NOT_RESTORED';
  return code === 'BLOB_DAMAGED' || code.startsWith('PACK_') ? 'DAMAGED' : 'NOT_RESTORED';
}

function inPackOrder(left: WaitingFile, right: WaitingFile): number {
  const one = left.recipe.full;
  const other = right.recipe.full;
  return (
    one.frame.pack - other.frame.pack ||
    one.frame.offset - other.frame.offset ||
    one.member - other.member ||
    Buffer.compare(left.recipe.hash, right.recipe.hash)
  );
}

/** Jobs of whole frames, so that no frame is decoded by two workers. */
function* groupByFrames(sorted: readonly WaitingFile[]): Generator<WaitingFile[]> {
  let job: WaitingFile[] = [];
  let jobBytes = 0;
  let frame: BlobRecipe['full']['frame'] | undefined;
  for (const waiting of sorted) {
    const { frame: next } = waiting.recipe.full;
    const isNewFrame = frame?.pack !== next.pack || frame.offset !== next.offset;
    if (isNewFrame && (jobBytes >= JOB_BYTES || job.length >= JOB_PIECES)) {
      yield job;
      job = [];
      jobBytes = 0;
    }
    frame = next;
    job.push(waiting);
    jobBytes += waiting.file.sizeBytes;
  }
  if (job.length > 0) yield job;
}

/** One piece for each blob, with every file of the job that it is. */
function gatherPieces(job: readonly WaitingFile[]): RestorePiece[] {
  const pieces = new Map<
    string,
    { recipe: BlobRecipe; places: RestorePiece['places'][number][] }
  >();
  job.forEach(({ recipe }, file) => {
    const key = Buffer.from(recipe.hash).toString('latin1');
    const piece = pieces.get(key) ?? { recipe, places: [] };
    pieces.set(key, piece);
    piece.places.push({ file, position: 0, isWhole: true });
  });
  return [...pieces.values()];
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
