/** Makes reverse deltas, proves each from the bytes that will be stored, and appends them. */
import type { Delta } from '../../delta/delta.js';
import { checkHash } from '../chain/rebuild.js';
import { encodeReverse, rebuildsExactly } from '../chain/retire.js';
import type { StoredFrame } from '../model.js';
import { compressedSize } from '../packs/codec.js';
import { decodeDeltas } from '../packs/frame-reader.js';
import { writingRun, type WorkerContext } from './context.js';
import type { RetireJob, RetirePair, RetireResult } from './jobs.js';

interface Candidate {
  readonly position: number;
  readonly delta: Delta;
  readonly old: Uint8Array;
  readonly newer: Uint8Array;
}

/** Texts held until their deltas are proven; a single larger pair goes alone. */
const MOST_HELD_BYTES = 4 * 1024 * 1024;

export function retire(context: WorkerContext, job: RetireJob): RetireResult {
  const frames: StoredFrame[] = [];
  let held: Candidate[] = [];
  let heldBytes = 0;
  const flush = (): void => {
    if (held.length > 0) frames.push(appendProven(context, held));
    held = [];
    heldBytes = 0;
    context.reader.recycle();
  };

  job.pairs.forEach((pair, position) => {
    const candidate = encodePair(context, pair, position);
    if (!candidate) return;
    held.push(candidate);
    heldBytes += candidate.old.length + candidate.newer.length;
    if (heldBytes >= MOST_HELD_BYTES) flush();
  });
  flush();
  return { frames };
}

function encodePair(
  context: WorkerContext,
  pair: RetirePair,
  position: number,
): Candidate | undefined {
  const old = checkHash(context.reader.readFull(pair.old), pair.old.hash);
  const newer = checkHash(context.reader.readFull(pair.newer), pair.newer.hash);
  const { level } = writingRun(context);
  const delta = encodeReverse(
    { bytes: newer, hash: pair.newer.hash },
    { bytes: old, hash: pair.old.hash, storedBytes: pair.oldStoredBytes },
    (bytes) => compressedSize(bytes, level),
  );
  return delta && { position, delta, old, newer };
}

function appendProven(context: WorkerContext, candidates: readonly Candidate[]): StoredFrame {
  const run = writingRun(context);
  const deltas = candidates.map(({ delta }) => delta);
  const frame = run.encodeDeltas(deltas);
  const stored = decodeDeltas(frame);
  candidates.forEach(({ newer, old }, index) => {
    const delta = stored[index];
    if (!delta || !rebuildsExactly(newer, delta, old)) {
      throw new Error('a delta does not rebuild what it was made from');
    }
  });
  const positions = candidates.map(({ position }) => position);
  return run.appendDeltas(frame, deltas, positions);
}
