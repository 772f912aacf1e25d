/**
 * Retiring: an old blob becomes a reverse delta against a newer one. The contract:
 *
 * - a delta is kept only if it takes less than {@link MAX_DELTA_SHARE} of the full copy's bytes;
 * - before the full copy may go, the delta is read back out of the very frame that will be written,
 *   applied, and compared with the old bytes;
 * - a blob stays full (a checkpoint) when the chain through it would cost more to read than one
 *   compressed full copy, or have more than {@link MAX_LINKS} links.
 */
import { applyDelta } from '../../delta/apply.js';
import type { Delta } from '../../delta/delta.js';
import { encodeDelta } from '../../delta/encode.js';
import type { BufferPool } from '../packs/buffer-pool.js';
import type { DeltaMember } from '../packs/frame.js';

/** Above this share of the full copy a delta does not pay: it costs a chain link for ever. */
const MAX_DELTA_SHARE = 0.6;
/** Folding 1000 links of 50 edits takes about 25 ms; 500 keeps any chain below that. */
export const MAX_LINKS = 500;

/**
 * The reverse delta that rebuilds `old` from `newer`, or undefined when it does not pay.
 * `oldStoredBytes` is what the full copy takes in its pack.
 */
export function encodeReverse(
  newer: { readonly bytes: Uint8Array; readonly hash: Uint8Array },
  old: { readonly bytes: Uint8Array; readonly hash: Uint8Array; readonly storedBytes: number },
  compressedSize: (bytes: Uint8Array) => number,
): Delta | undefined {
  const delta = encodeDelta(newer.bytes, old.bytes, {
    basisHash: newer.hash,
    targetHash: old.hash,
    maxLiteralShare: MAX_DELTA_SHARE,
  });
  if (!delta) return undefined;
  const streams = deltaStreams(delta);
  const rawBytes = streams.reduce((sum, stream) => sum + stream.length, 0);
  const most = old.storedBytes * MAX_DELTA_SHARE;
  if (rawBytes < most) return delta;
  const storedBytes = streams.reduce((sum, stream) => sum + compressedSize(stream), 0);
  return storedBytes < most ? delta : undefined;
}

/** Whether `delta`, as read back from where it is stored, rebuilds exactly `old`, which has its hash. */
export function rebuildsExactly(
  newer: Uint8Array,
  delta: Delta,
  old: Uint8Array,
  pool: BufferPool,
): boolean {
  const rebuilt = applyDelta(newer, delta, {
    maxTargetLength: old.length,
    allocate: (lengthBytes) => pool.take(lengthBytes),
    isCompared: true,
  });
  const isExact = Buffer.compare(rebuilt, old) === 0;
  pool.give(rebuilt);
  return isExact;
}

/** The cost of the longest chain that ends in a blob: most links, and most stored bytes. */
export interface ChainTail {
  readonly links: number;
  readonly bytes: number;
}

/**
 * What the tail of the basis becomes when `old` with its own tail is hung onto it, or undefined when
 * `old` must stay full as a checkpoint. `fullBytes`: what the full copy of `old` takes.
 */
export function extendTail(
  basis: ChainTail,
  old: ChainTail,
  deltaBytes: number,
  fullBytes: number,
): ChainTail | undefined {
  const links = old.links + 1;
  const bytes = old.bytes + deltaBytes;
  if (links > MAX_LINKS || bytes > fullBytes) return undefined;
  return { links: Math.max(basis.links, links), bytes: Math.max(basis.bytes, bytes) };
}

/** The four streams in the order in which a frame holds them. */
export function deltaStreams(delta: Delta): [Uint8Array, Uint8Array, Uint8Array, Uint8Array] {
  return [delta.literalLengths, delta.copyLengths, delta.copyOffsets, delta.literals];
}

/** The row of `delta` in its frame's member table. */
export function deltaMember(delta: Delta): DeltaMember {
  const [first, second, third, fourth] = deltaStreams(delta);
  return {
    hash: delta.targetHash,
    basisHash: delta.basisHash,
    lengthBytes: delta.targetLength,
    streamBytes: [first.length, second.length, third.length, fourth.length],
  };
}
