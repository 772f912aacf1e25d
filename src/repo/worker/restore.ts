/**
 * Writes blobs into files of a restore target. A blob is rebuilt when a file needs it: what is there
 * already is known by its hash. A file that is one blob is made and finished here; a large file exists
 * already, and whoever made it finishes it.
 */
import { blake3 } from '../../platform/hash.js';
import { isDamage } from '../../errors.js';
import { rebuildBlob } from '../chain/rebuild.js';
import type { BlobRecipe } from '../model.js';
import type { ByteString } from '../../platform/bytes.js';
import type { FileStat } from '../../platform/at-calls.js';
import { fileErrorCode, reasonOf } from '../../platform/system-errors.js';
import { openDirectoryHandles } from '../../platform/directory-handles.js';
import { differsInMetadata } from '../tree/metadata.js';
import type { WorkerContext } from './context.js';
import type {
  RestoreFailure,
  RestoreJob,
  RestorePiece,
  RestorePlace,
  RestoreResult,
  RestoreShortfall,
} from './jobs.js';
import {
  count,
  dress,
  fileOf,
  makeWhole,
  patch,
  rangesOf,
  readRange,
  replaceWhole,
  restoreZeros,
  withExisting,
  writeRange,
  type Fill,
  type RestoreRun,
} from './restore-files.js';

export function restore(context: WorkerContext, job: RestoreJob): RestoreResult {
  const { files } = context;
  const handles = openDirectoryHandles(files.at, (opened) => files.close(opened), job.target);
  const written = new Float64Array(job.files.length);
  const shortfalls: RestoreShortfall[] = [];
  const seen = { inherited: new Map(), unlocked: new Set<ByteString>() };
  const run: RestoreRun = { context, handles, job, written, shortfalls, ...seen };
  try {
    const failures = job.pieces.flatMap((piece) => {
      const failed = restorePiece(run, piece);
      context.reader.recycle();
      return failed;
    });
    return { written, failures, shortfalls };
  } finally {
    handles.close();
  }
}

function restorePiece(run: RestoreRun, piece: RestorePiece): RestoreFailure[] {
  if (piece.type === 'blob') return restoreBlob(run, piece);
  const { lengthBytes, places } = piece;
  return places.flatMap(({ file, position }) => {
    try {
      restoreZeros(run, file, position, lengthBytes);
      return [];
    } catch (error) {
      return [{ file, ...describeFailure(error) }];
    }
  });
}

function restoreBlob(
  run: RestoreRun,
  { recipe, places }: Extract<RestorePiece, { type: 'blob' }>,
): RestoreFailure[] {
  const { reader, pool } = run.context;
  const open = places.filter((place) => !isThere(run, place, recipe));
  const isOnlyCounted =
    run.job.isDryRun && open.every(({ file }) => fileOf(run, file).way !== 'patch');
  if (open.length === 0 || isOnlyCounted) {
    for (const { file } of open) count(run, file, recipe.lengthBytes);
    return [];
  }
  let bytes: Uint8Array;
  try {
    bytes = rebuildBlob(reader, recipe, (lengthBytes) => pool.take(lengthBytes));
  } catch (error) {
    const damaged = [...new Set(open.map(({ file }) => file))];
    return damaged.map((file) => ({ file, ...describeFailure(error) }));
  }
  const failures = open.flatMap((place) => writePlace(run, place, bytes));
  if (recipe.deltas.length > 0) pool.give(bytes);
  return failures;
}

/** Whether the blob is at its place already; a whole file then has its metadata, too. */
function isThere(run: RestoreRun, { file, position }: RestorePlace, recipe: BlobRecipe): boolean {
  const target = fileOf(run, file);
  if (target.way !== 'compare' && target.way !== 'patch') return false;
  return withExisting(run, target, false, (descriptor, stat) => {
    const isWhole = target.way === 'compare';
    if (isWhole && stat.sizeBytes !== recipe.lengthBytes) return false;
    const { pool } = run.context;
    const bytes = readRange(run, descriptor, position, recipe.lengthBytes);
    const isSame = Buffer.compare(blake3(bytes), recipe.hash) === 0;
    pool.give(bytes);
    return isSame && (!isWhole || adopt(run, file, descriptor, stat));
  });
}

/** Gives a file that has the right bytes its metadata; false when it has to be replaced for that. */
function adopt(run: RestoreRun, file: number, descriptor: number, stat: FileStat): boolean {
  const { at } = run.context.files;
  if (!differsInMetadata(at, { type: 'open', descriptor }, stat, fileOf(run, file))) return true;
  // It may have another name outside the target.
  if (stat.linkCount > 1) return false;
  if (!run.job.isDryRun) dress(run, file, descriptor);
  return true;
}

function writePlace(
  run: RestoreRun,
  { file, position }: RestorePlace,
  bytes: Uint8Array,
): RestoreFailure[] {
  const target = fileOf(run, file);
  const fill: Fill = { run, file, target, bytes, position };
  try {
    switch (target.way) {
      case 'create':
        makeWhole(fill, target.name);
        return [];
      case 'replace':
      case 'compare':
        replaceWhole(fill);
        return [];
      case 'fill':
        writeRange(fill, 'write-file', rangesOf(target, bytes, position));
        return [];
      case 'patch':
        patch(fill);
        return [];
    }
  } catch (error) {
    return [{ file, ...describeFailure(error) }];
  }
}

/** What went wrong with one file. A full disk is not one file's failure, and is thrown. */
function describeFailure(error: unknown): { code: string; message: string } {
  if (isDamage(error)) return { code: error.code, message: error.message };
  const code = fileErrorCode(error);
  if (code === undefined) throw error;
  return { code, message: reasonOf(error) };
}
