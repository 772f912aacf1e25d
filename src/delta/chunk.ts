/**
 * Content-defined boundaries for large files: a cut depends on the bytes just before it, so an
 * insert moves the cuts around it and no others. Gear hash with two masks (Xia et al., "FastCDC",
 * USENIX ATC 2016). `docs/delta-format.md` specifies table and masks to the byte.
 */
import { WINDOW_BYTES, type ChunkParams } from './chunk-params.js';
import { once } from '../platform/once.js';
import { blake3 } from '../platform/hash.js';

/** How much harder a cut is before the average, and easier after: two bits of the mask. */
const NORMALISATION_BITS = 2;

/** Entry _b_ is the first four bytes, little endian, of BLAKE3("varve gear v1" followed by byte _b_). */
export const gearTable = once(() =>
  Int32Array.from({ length: 256 }, (_, byte) =>
    blake3(Buffer.concat([Buffer.from('varve gear v1', 'latin1'), Buffer.of(byte)])).readInt32LE(0),
  ),
);

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
  const hard = search(bytes, start + min, middle, topBits(bits + NORMALISATION_BITS));
  if (hard !== NONE) return hard;
  const easy = search(bytes, middle, limit, topBits(bits - NORMALISATION_BITS));
  return easy !== NONE ? easy : limit;
}

const NONE = -1;

/** A mask of the highest `count` bits: those that all 32 bytes of the window have reached. */
function topBits(count: number): number {
  return -1 << (32 - count);
}

/**
 * The first place in `[from, limit)` where the hash of the 32 bytes before it has no bit of `mask`.
 * Four bytes a turn and no checks for bytes that are there: 1.3 GB/s instead of 0.8.
 */
function search(bytes: Uint8Array, from: number, limit: number, mask: number): number {
  const gear = gearTable();
  let hash = windowHash(gear, bytes, from);
  let at = from;
  for (; at + 4 <= limit; at += 4) {
    if ((hash & mask) === 0) return at;
    hash = ((hash << 1) + (gear[bytes[at] as number] as number)) | 0;
    if ((hash & mask) === 0) return at + 1;
    hash = ((hash << 1) + (gear[bytes[at + 1] as number] as number)) | 0;
    if ((hash & mask) === 0) return at + 2;
    hash = ((hash << 1) + (gear[bytes[at + 2] as number] as number)) | 0;
    if ((hash & mask) === 0) return at + 3;
    hash = ((hash << 1) + (gear[bytes[at + 3] as number] as number)) | 0;
  }
  for (; at < limit; at += 1) {
    if ((hash & mask) === 0) return at;
    hash = ((hash << 1) + (gear[bytes[at] as number] as number)) | 0;
  }
  return NONE;
}

/** The hash of the window that ends before `at`. */
function windowHash(gear: Int32Array, bytes: Uint8Array, at: number): number {
  let hash = 0;
  for (let i = at - WINDOW_BYTES; i < at; i += 1)
    hash = ((hash << 1) + (gear[bytes[i] ?? 0] ?? 0)) | 0;
  return hash;
}
