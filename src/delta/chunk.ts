/**
 * Content-defined boundaries for large files: a cut depends on the bytes just before it, so an
 * insert moves the cuts around it and no others. Gear hash with two masks (Xia et al., "FastCDC",
 * USENIX ATC 2016). `docs/delta-format.md` specifies table and masks to the byte.
 */
import { blake3 } from './hash.js';

/** The sizes of chunks, bytes. */
export interface ChunkParams {
  /** No chunk is shorter, except the last of a segment. At least 64. */
  readonly min: number;
  /** The size aimed at, a power of two between `min` and `max`, 256 to 2^29. */
  readonly average: number;
  /** No chunk is longer. */
  readonly max: number;
}

/** Bytes that a cut depends on: each shift by one drops one of 32. */
const WINDOW_BYTES = 32;

/** How much harder a cut is before the average, and easier after: two bits of the mask. */
const NORMALISATION_BITS = 2;

let gearTable: Int32Array | undefined;

/** `gear()[b]` is the first four bytes, little endian, of BLAKE3("varve gear v1" followed by byte b). */
export function gear(): Int32Array {
  gearTable ??= Int32Array.from({ length: 256 }, (_, byte) =>
    blake3(Buffer.concat([Buffer.from('varve gear v1', 'latin1'), Buffer.of(byte)])).readInt32LE(0),
  );
  return gearTable;
}

/**
 * The end of the chunk that starts at `start`. `end` is the end of the data at hand; unless it is
 * the end of the segment, at least `max` bytes must be at hand. Pure: equal bytes, equal cuts.
 */
export function nextCut(
  bytes: Uint8Array,
  start: number,
  end: number,
  params: ChunkParams,
): number {
  const { min, average, max } = params;
  if (end - start <= min) return end;
  const bits = Math.log2(average);
  const limit = Math.min(end, start + max);
  const middle = Math.min(limit, start + average);
  const first = start + min;
  const state = { hash: warmUp(bytes, first), at: first };
  if (search(bytes, middle, 32 - bits - NORMALISATION_BITS, state)) return state.at;
  if (search(bytes, limit, 32 - bits + NORMALISATION_BITS, state)) return state.at;
  return limit;
}

/** The hash of the window before the first place that may be a cut. */
function warmUp(bytes: Uint8Array, first: number): number {
  const table = gear();
  let hash = 0;
  for (let at = first - WINDOW_BYTES; at < first; at += 1) {
    hash = ((hash << 1) + (table[bytes[at] ?? 0] ?? 0)) | 0;
  }
  return hash;
}

/** Advances until the bits above `shift` are all zero; false at `limit`. */
function search(
  bytes: Uint8Array,
  limit: number,
  shift: number,
  state: { hash: number; at: number },
): boolean {
  const table = gear();
  let { hash, at } = state;
  while (at < limit && hash >>> shift !== 0) {
    hash = ((hash << 1) + (table[bytes[at] ?? 0] ?? 0)) | 0;
    at += 1;
  }
  state.hash = hash;
  state.at = at;
  return at < limit;
}
