/** Restores a file that was cut into blobs: workers fill it part by part, in any order. */
import { once } from '../../../platform/once.js';
import type { RestorePiece } from '../../worker/jobs.js';
import type { Limiter } from '../../../threads/limiter.js';
import type { HeldRepository } from '../../repository/held.js';
import type { WorkingFile } from './working-file.js';

/** Bytes and pieces of one job, at most. */
const PART_BYTES = 4 * 1024 * 1024;
const PART_PIECES = 1024;

/** Writes a part, or counts what writing it would write. Undefined when it cannot be written. */
type FillPart = (
  pieces: readonly RestorePiece[],
  effect: 'write' | 'count',
) => Promise<number | undefined>;

/** How a file is filled. */
interface Filling {
  readonly limiter: Limiter;
  readonly fillPart: FillPart;
  /** So many bytes more are as they were. */
  readonly onPart: (bytes: number) => void;
  /** A part of the file is lost; nothing more is written. */
  readonly onLost: () => void;
}

/** Bytes that were written, or undefined when a part of the file could not be. */
export async function fillFile(
  repository: HeldRepository,
  working: WorkingFile,
  blobs: readonly number[],
  { limiter, fillPart, onPart, onLost }: Filling,
): Promise<number | undefined> {
  const state = { written: 0, isWhole: true, isMarked: !working.looksFinished };
  const mark = once(() => {
    working.mark();
    state.isMarked = true;
  });
  const mustWrite = async (pieces: readonly RestorePiece[]): Promise<boolean> => {
    if (state.isMarked) return true;
    if ((await fillPart(pieces, 'count')) === 0) return false;
    mark();
    return true;
  };
  const fill = async (pieces: readonly RestorePiece[]): Promise<void> => {
    const bytes = (await mustWrite(pieces)) ? await fillPart(pieces, 'write') : 0;
    if (bytes === undefined) state.isWhole = false;
    else {
      state.written += bytes;
      onPart(pieces.reduce((sum, piece) => sum + lengthOf(piece), 0));
    }
  };
  const tasks: Promise<void>[] = [];
  for (const pieces of partsOf(repository, blobs, working.leavesHoles)) {
    if (!pieces) {
      state.isWhole = false;
      onLost();
      break;
    }
    await limiter.start(() => {
      const task = fill(pieces);
      tasks.push(task);
      return task;
    });
  }
  await Promise.all(tasks);
  return state.isWhole ? state.written : undefined;
}

/** The blobs of a large file in jobs; undefined for one that holds a lost blob. */
function* partsOf(
  { index }: HeldRepository,
  blobs: readonly number[],
  leavesHoles: boolean,
): Generator<RestorePiece[] | undefined> {
  let position = 0;
  let part: RestorePiece[] = [];
  let partBytes = 0;
  for (const blob of blobs) {
    const holeBytes = index.blobs.holeBytes(blob);
    if (holeBytes !== undefined) {
      // Holes cost nothing to leave; zeros are written part by part.
      const mostBytes = leavesHoles ? holeBytes : PART_BYTES;
      for (let left = holeBytes; left > 0;) {
        const lengthBytes = Math.min(left, mostBytes);
        part.push({ type: 'zeros', lengthBytes, places: [{ file: 0, position }] });
        position += lengthBytes;
        left -= lengthBytes;
        if (!leavesHoles) partBytes += lengthBytes;
        if (partBytes < PART_BYTES && part.length < PART_PIECES) continue;
        yield part;
        part = [];
        partBytes = 0;
      }
      continue;
    }
    const recipe = index.blobs.recipe(blob);
    if (!recipe) {
      yield undefined;
      return;
    }
    part.push({ type: 'blob', recipe, places: [{ file: 0, position }] });
    position += recipe.lengthBytes;
    partBytes += recipe.lengthBytes;
    if (partBytes < PART_BYTES && part.length < PART_PIECES) continue;
    yield part;
    part = [];
    partBytes = 0;
  }
  if (part.length > 0) yield part;
}

function lengthOf(piece: RestorePiece): number {
  return piece.type === 'zeros' ? piece.lengthBytes : piece.recipe.lengthBytes;
}
