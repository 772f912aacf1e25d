/** Makes reverse deltas, proves each from the bytes that will be stored, and appends them. */
import type { Delta } from '../../delta/delta.js';
import { checkHash } from '../chain/rebuild.js';
import { encodeReverse, rebuildsExactly } from '../chain/retire.js';
import type { BlobAddress, StoredFrame } from '../model.js';
import { compressedSize } from '../packs/codec.js';
import { decodeDeltas } from '../packs/frame-reader.js';
import { laneWriter, type WorkerContext } from './context.js';
import type { RetireJob, RetireResult } from './jobs.js';

interface Candidate {
  readonly position: number;
  /** Which of the newer blobs the delta is against. */
  readonly taken: number;
  readonly delta: Delta;
  readonly old: Uint8Array;
  readonly newer: Uint8Array;
  /** Which of the two lie in buffers of the pool. */
  readonly copies: readonly Uint8Array[];
}

/** Texts held until their deltas are proven; a single larger pair goes alone. */
const MAX_HELD_BYTES = 4 * 1024 * 1024;

/** An old blob, and texts that it may become a delta against, the likeliest first. */
interface TextPair {
  readonly old: BlobAddress;
  readonly oldStoredBytes: number;
  readonly newers: readonly NewerText[];
}

interface NewerText {
  readonly hash: Uint8Array;
  /** Its bytes, proven to have the hash. */
  readonly read: () => Uint8Array;
  /** Whether they stay as they are until the job ends: they need not be copied. */
  readonly stays: boolean;
}

export function retire(context: WorkerContext, job: RetireJob): RetireResult {
  const { reader } = context;
  const textOf = (address: BlobAddress): NewerText => ({
    hash: address.hash,
    read: () => checkHash(reader.readFull(address), address.hash),
    stays: false,
  });
  const pairs = job.pairs.map((pair) => ({ ...pair, newers: pair.newers.map(textOf) }));
  return retirePairs(context, pairs);
}

/** Each pair becomes the first delta that pays, and is proven. Members are positions in `pairs`. */
export function retirePairs(context: WorkerContext, pairs: readonly TextPair[]): RetireResult {
  const frames: StoredFrame[] = [];
  const taken = new Map<number, number>();
  let held: Candidate[] = [];
  let heldBytes = 0;
  const flush = (): void => {
    if (held.length > 0) frames.push(appendProven(context, held));
    for (const { copies } of held) for (const copy of copies) context.pool.give(copy);
    held = [];
    heldBytes = 0;
  };

  pairs.forEach((pair, position) => {
    const candidate = encodePair(context, pair, position);
    context.reader.recycle();
    if (!candidate) return;
    taken.set(position, candidate.taken);
    held.push(candidate);
    heldBytes += candidate.old.length + candidate.newer.length;
    if (heldBytes >= MAX_HELD_BYTES) flush();
  });
  flush();
  return { frames, taken };
}

/** The first delta that pays. */
function encodePair(
  context: WorkerContext,
  pair: TextPair,
  position: number,
): Candidate | undefined {
  const old = checkHash(context.reader.readFull(pair.old), pair.old.hash);
  const { level } = laneWriter(context);
  for (const [taken, { hash, read, stays }] of pair.newers.entries()) {
    const newer = read();
    const delta = encodeReverse(
      { bytes: newer, hash },
      { bytes: old, hash: pair.old.hash, storedBytes: pair.oldStoredBytes },
      (bytes) => compressedSize(bytes, level),
    );
    if (!delta) continue;
    const texts = { old: keep(context, old), newer: stays ? newer : keep(context, newer) };
    const copies = stays ? [texts.old] : [texts.old, texts.newer];
    return { position, taken, delta, ...texts, copies };
  }
  return undefined;
}

/** A copy: a small text would keep the whole frame that it lies in. */
function keep({ pool }: WorkerContext, text: Uint8Array): Uint8Array {
  const copy = pool.take(text.length);
  copy.set(text);
  return copy;
}

function appendProven(context: WorkerContext, candidates: readonly Candidate[]): StoredFrame {
  const run = laneWriter(context);
  const deltas = candidates.map(({ delta }) => delta);
  const frame = run.encodeDeltas(deltas);
  const stored = decodeDeltas(frame);
  candidates.forEach(({ newer, old }, index) => {
    const delta = stored[index];
    if (!delta || !rebuildsExactly(newer, delta, old, context.pool)) {
      throw new Error('a delta does not rebuild what it was made from');
    }
  });
  const positions = candidates.map(({ position }) => position);
  return run.appendDeltas(frame, deltas, positions);
}
