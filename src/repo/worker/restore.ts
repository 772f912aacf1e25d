/**
 * Writes blobs into files of a restore target. A file that is one blob is created, written and
 * finished here; a large file exists already, and its metadata is set when its last blob is written.
 */
import { CodedError } from '../../errors.js';
import { rebuildBlob } from '../chain/rebuild.js';
import type { FileSystem } from '../platform/files.js';
import { systemErrorCode } from '../platform/platform.js';
import type { WorkerContext } from './context.js';
import { openDirectoryHandles, type DirectoryHandles } from '../tree/directory-handles.js';
import type {
  RestoreFailure,
  RestoreFile,
  RestoreJob,
  RestorePiece,
  RestoreResult,
} from './jobs.js';

export function restore(context: WorkerContext, job: RestoreJob): RestoreResult {
  const { files } = context;
  const handles = openDirectoryHandles(files.at, files.close, job.target);
  const finished: number[] = [];
  const failures: RestoreFailure[] = [];
  let bytesWritten = 0;

  const attempt = (file: number, isMetadataOnly: boolean, action: () => void): boolean => {
    try {
      action();
      return true;
    } catch (error) {
      failures.push({ file, isMetadataOnly, ...describeFailure(error) });
      return false;
    }
  };

  try {
    for (const piece of job.pieces) {
      const bytes = tryRebuild(context, piece, failures);
      if (!bytes) continue;
      for (const { file, position, isWhole } of piece.places) {
        const target = job.files[file];
        if (!target) throw new Error(`no file ${file}`);
        let isMetadataSet = true;
        const isWritten = attempt(file, false, () => {
          const descriptor = openTarget(files, handles, target, isWhole);
          try {
            files.write(descriptor, bytes, position);
            bytesWritten += bytes.length;
            if (isWhole) {
              isMetadataSet = attempt(file, true, () => {
                setFileMetadata(files, descriptor, target, job.setsOwner);
              });
            }
          } finally {
            files.close(descriptor);
          }
        });
        if (isWritten && isMetadataSet) finished.push(file);
      }
      context.reader.recycle();
    }
    return { bytesWritten, finished, failures };
  } finally {
    handles.close();
  }
}

/** Owner first: changing it clears setuid; the time last: everything else may change it. */
export function setFileMetadata(
  files: FileSystem,
  descriptor: number,
  file: Pick<RestoreFile, 'mode' | 'uid' | 'gid' | 'mtime'>,
  setsOwner: boolean,
): void {
  if (setsOwner) files.at.setOwnerOpen(descriptor, file.uid, file.gid);
  files.setMode(descriptor, file.mode);
  files.at.setMtimeOpen(descriptor, file.mtime);
}

/** Code and message of what went wrong with one file. */
export function describeFailure(error: unknown): { code: string; message: string } {
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

function openTarget(
  files: FileSystem,
  handles: DirectoryHandles,
  { directory, name }: RestoreFile,
  isWhole: boolean,
): number {
  return files.at.open(handles.open(directory), name, isWhole ? 'create-file' : 'write-file');
}

function tryRebuild(
  { reader }: WorkerContext,
  { recipe, places }: RestorePiece,
  failures: RestoreFailure[],
): Uint8Array | undefined {
  try {
    return rebuildBlob(reader, recipe);
  } catch (error) {
    const described = describeFailure(error);
    const damaged = new Set(places.map(({ file }) => file));
    for (const file of damaged) failures.push({ file, isMetadataOnly: false, ...described });
    return undefined;
  }
}
