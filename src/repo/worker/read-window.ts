/** Reads a part of a large file and cuts it into pieces, along with its attributes. */
import type { FileStat } from '../../platform/at-calls.js';
import type { ByteString } from '../../platform/bytes.js';
import type { FileSystem } from '../../platform/files.js';
import { fileErrorCode, reasonOf } from '../../platform/system-errors.js';
import { readAttributes } from '../tree/attributes.js';
import { openPath } from '../tree/long-paths.js';
import type { WorkerContext } from './context.js';
import { cutWindow } from './cut-window.js';
import { mapHoles, NO_HOLES } from './hole-map.js';
import type {
  ReadWindowJob,
  ReadWindowResult,
  SourceFailure,
  SurveyJob,
  SurveyResult,
} from './jobs.js';
import { keepPieces } from './keep-pieces.js';
import { notAFile } from './read-files.js';

export function survey(
  { files }: WorkerContext,
  { path, mapsHoles }: SurveyJob,
): SurveyResult | SourceFailure {
  return orFailure(() =>
    withFile(files, path, (descriptor, stat) => ({
      holes: mapsHoles ? mapHoles(files, descriptor, stat) : NO_HOLES,
      attributes: readAttributes(files.at, { type: 'open', descriptor }),
      // Its ctime stands for the attributes, too.
      stat: files.at.statOpen(descriptor),
    })),
  );
}

/**
 * A window that is no end leaves what follows its last sure cut to the next window, which begins
 * there. So no state is kept between windows, and at most one piece is read twice.
 */
export function readWindow(
  context: WorkerContext,
  job: ReadWindowJob,
): ReadWindowResult | SourceFailure {
  const { files, pool } = context;
  const buffer = pool.take(job.lengthBytes);
  const read = orFailure(() => readBytes(files, job, buffer));
  if ('code' in read) {
    pool.give(buffer);
    return read;
  }
  const bytes = buffer.subarray(0, read.count);
  const isEnd = job.isEnd || read.count < job.lengthBytes;
  const pieces = cutWindow({ ...job, bytes, isEnd }, job.chunking);
  return { ...keepPieces(context, job.ticket, buffer, pieces), stat: read.stat };
}

function readBytes(
  files: FileSystem,
  { path, offset, lengthBytes }: ReadWindowJob,
  into: Buffer,
): { count: number; stat: FileStat } {
  return withFile(files, path, (descriptor) => {
    const count = files.read(descriptor, into.subarray(0, lengthBytes), offset);
    return { count, stat: files.at.statOpen(descriptor) };
  });
}

function withFile<T>(
  files: FileSystem,
  path: ByteString,
  action: (descriptor: number, stat: FileStat) => T,
): T {
  const descriptor = openPath(files, path, 'read-file');
  try {
    const stat = files.at.statOpen(descriptor);
    if (stat.type !== 'file') throw notAFile(path);
    return action(descriptor, stat);
  } finally {
    files.close(descriptor);
  }
}

function orFailure<T extends object>(action: () => T): T | SourceFailure {
  try {
    return action();
  } catch (error) {
    const code = fileErrorCode(error);
    if (code === undefined) throw error;
    return { code, message: reasonOf(error) };
  }
}
