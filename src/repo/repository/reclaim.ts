/**
 * Frees the space of bytes that nothing uses any longer: dead frames become holes, packs without a
 * frame go. Only after the transaction that made them dead, and only while nobody reads: a reader may
 * still have their addresses. What cannot be done now is done by the next writer.
 */
import { tryLockExclusively } from '../index/lock.js';
import type { FrameRow } from '../index/frames.js';
import { explainFailure } from './failures.js';
import type { HeldRepository, WritableRepository } from './held.js';

/** Smaller payloads hold no whole page of their own often enough to be worth a call. */
const MIN_HOLE_BYTES = 8192;

/** Ends the writer's lock. Returns the bytes that were given back. */
export function reclaim(repository: WritableRepository): number {
  try {
    return giveBackAlone(repository);
  } catch (error) {
    // The run is committed: that the system refuses this does not undo it.
    if (explainFailure(repository.path, 'write', error) === error) throw error;
    repository.index.rollback();
    return 0;
  }
}

function giveBackAlone(repository: WritableRepository): number {
  const { dead, unused } = findUnused(repository);
  repository.releaseLock();
  if (dead.length === 0 && unused.length === 0) return 0;
  const lock = tryLockExclusively(repository.lockPath);
  if (!lock) return 0;
  try {
    return giveBack(repository);
  } finally {
    lock.release();
  }
}

interface Unused {
  readonly dead: readonly FrameRow[];
  readonly unused: readonly number[];
}

function findUnused({ index }: HeldRepository): Unused {
  const unused = index.packs.unused();
  const dead = index.frames.dead(MIN_HOLE_BYTES).filter(({ pack }) => !unused.includes(pack));
  return { dead, unused };
}

/** Looks again: between the two locks another writer may have taken a pack up. */
function giveBack(repository: HeldRepository): number {
  const { index, packs } = repository;
  const { dead, unused } = findUnused(repository);
  const before = packs.allocatedBytes();
  const punched = dead.filter((frame) => punch(repository, frame));
  index.begin();
  for (const { id } of punched) index.frames.remove(id);
  for (const pack of unused) index.packs.remove(pack);
  index.commit();
  // Last: a file that the index does not know is taken up again, one that it misses is damage.
  for (const pack of unused) packs.remove(pack);
  return Math.max(0, before - packs.allocatedBytes());
}

/** Header and table stay, so that the frames behind it can still be found without the index. */
function punch({ packs }: HeldRepository, frame: FrameRow): boolean {
  const { pack, offset, headBytes, lengthBytes } = frame;
  return packs.punch(pack, offset + headBytes, lengthBytes - headBytes);
}
