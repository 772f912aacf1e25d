/** The order in which files are restored: that of the frames of their blobs, in jobs of whole frames. */
import type { NodePlace } from '../../tree/relative-path.js';
import type { RestorePiece, RestorePlace, RestoreWay } from '../../worker/jobs.js';
import type { HeldRepository } from '../../repository/held.js';
import type { FileToRestore } from './working-file.js';

const JOB_BYTES = 4 * 1024 * 1024;
const JOB_PIECES = 512;
/** No job has more, not even in the middle of a frame, which may hold tens of thousands of tiny files. */
const MAX_PIECES = 2048;

/**
 * A file that is one blob, with the frame that its bytes are in: what it is sorted by. Its version is
 * read again when its turn comes: 32 000 of them would take 40 MB.
 */
export interface WaitingFile extends NodePlace {
  readonly way: RestoreWay;
  readonly path: number;
  readonly sizeBytes: number;
  readonly blob: number;
  readonly frame: number;
  readonly member: number;
}

/** What a worker makes, and how. */
export interface JobFile extends FileToRestore {
  readonly way: RestoreWay;
}

/** Frames are numbered as they are written, so this is nearly the order of the packs. */
export function inFrameOrder(left: WaitingFile, right: WaitingFile): number {
  return left.frame - right.frame || left.member - right.member || left.blob - right.blob;
}

/**
 * Jobs of whole frames, so that few frames are decoded by two workers. Takes the files from the end.
 */
export function* groupByFrames(sorted: WaitingFile[]): Generator<WaitingFile[]> {
  let job: WaitingFile[] = [];
  let jobBytes = 0;
  let frame = 0;
  for (let waiting = sorted.pop(); waiting; waiting = sorted.pop()) {
    const isFull = jobBytes >= JOB_BYTES || job.length >= JOB_PIECES;
    if ((isFull && frame !== waiting.frame) || job.length >= MAX_PIECES) {
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
export function gatherPieces(
  { index }: HeldRepository,
  snapshot: number,
  job: readonly WaitingFile[],
  onLost: (file: FileToRestore) => void,
): { pieces: RestorePiece[]; files: JobFile[] } {
  const pieces: RestorePiece[] = [];
  const files: JobFile[] = [];
  let before: { blob: number; places: RestorePlace[] } | undefined;
  for (const { directory, name, way, path, blob } of job) {
    const version = index.versions.atPath(path, snapshot);
    if (!version) throw new Error(`path ${path} vanished`);
    const file = { directory, name, way, version };
    if (before?.blob !== blob) {
      const recipe = index.blobs.recipe(blob);
      if (!recipe) {
        onLost(file);
        continue;
      }
      before = { blob, places: [] };
      pieces.push({ type: 'blob', recipe, places: before.places });
    }
    before.places.push({ file: files.length, position: 0 });
    files.push(file);
  }
  return { pieces, files };
}
