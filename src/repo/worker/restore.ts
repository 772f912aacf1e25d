/**
 * Writes blobs into files of a restore target. A file that is one blob is created, written and
 * finished here; a large file exists already, and whoever made it finishes it.
 */
import { CodedError } from '../../errors.js';
import { rebuildBlob } from '../chain/rebuild.js';
import { systemErrorCode } from '../platform/platform.js';
import { openDirectoryHandles, type DirectoryHandles } from '../tree/directory-handles.js';
import { setMetadata } from '../tree/metadata.js';
import type { WorkerContext } from './context.js';
import type {
  RestoreFailure,
  RestoreFile,
  RestoreJob,
  RestorePiece,
  RestorePlace,
  RestoreResult,
  RestoreShortfall,
} from './jobs.js';

export function restore(context: WorkerContext, job: RestoreJob): RestoreResult {
  const { files } = context;
  const close = (descriptor: number): void => files.close(descriptor);
  const handles = openDirectoryHandles(files.at, close, job.target);
  const shortfalls: RestoreShortfall[] = [];
  try {
    const failures = job.pieces.flatMap((piece) => {
      const failed = restorePiece(context, handles, job, piece, shortfalls);
      context.reader.recycle();
      return failed;
    });
    return { failures, shortfalls };
  } finally {
    handles.close();
  }
}

function restorePiece(
  context: WorkerContext,
  handles: DirectoryHandles,
  job: RestoreJob,
  { recipe, places }: RestorePiece,
  shortfalls: RestoreShortfall[],
): RestoreFailure[] {
  const { reader, pool } = context;
  let bytes: Uint8Array;
  try {
    bytes = rebuildBlob(reader, recipe, (lengthBytes) => pool.take(lengthBytes));
  } catch (error) {
    const damaged = [...new Set(places.map(({ file }) => file))];
    return damaged.map((file) => ({ file, ...describeFailure(error) }));
  }
  const failures = places.flatMap((place) =>
    writePlace(context, handles, job, place, bytes, shortfalls),
  );
  if (recipe.deltas.length > 0) pool.give(bytes);
  return failures;
}

function writePlace(
  { files }: WorkerContext,
  handles: DirectoryHandles,
  job: RestoreJob,
  { file, position, isWhole }: RestorePlace,
  bytes: Uint8Array,
  shortfalls: RestoreShortfall[],
): RestoreFailure[] {
  const target = targetOf(job, file);
  let descriptor: number | undefined;
  try {
    const directory = handles.open(target.directory);
    descriptor = files.at.open(directory, target.name, isWhole ? 'create-file' : 'write-file');
    files.write(descriptor, bytes, position);
    if (isWhole) {
      const missing = setMetadata(files, { type: 'open', descriptor }, target);
      if (missing.length > 0) shortfalls.push({ file, missing });
    }
    return [];
  } catch (error) {
    return [{ file, ...describeFailure(error) }];
  } finally {
    if (descriptor !== undefined) files.close(descriptor);
  }
}

function targetOf({ files }: RestoreJob, position: number): RestoreFile {
  const file = files[position];
  if (!file) throw new Error(`no file ${position}`);
  return file;
}

/** What went wrong with one file. A full disk is not one file's failure, and is thrown. */
function describeFailure(error: unknown): { code: string; message: string } {
  if (error instanceof CodedError) return { code: error.code, message: error.message };
  const code = systemErrorCode(error);
  if (code === undefined || !(error instanceof Error)) throw error;
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    throw new CodedError('DISK_FULL', 'No space is left in the restore target.', {
      hint: 'Free space there and restore again into an empty directory.',
      cause: error,
    });
  }
  return { code, message: error.message };
}
