/**
 * Where in the basis a window of bytes may stand: one entry every `stride` bytes, one slot a
 * bucket, and a bitmap in front. An answer is a guess until the bytes are compared.
 */
import type { Text } from './text.js';

/** Bytes that one entry is a hash of. */
export const WINDOW_BYTES = 16;

/** Slots at most: 4 MiB of Int32, which keeps memory the same for a basis of any size. */
const MAX_SLOT_BITS = 20;

/** Bits of a slot that name the window; the other twelve check the hash without touching the basis. */
const WINDOW_BITS = 20;
const WINDOW_MASK = (1 << WINDOW_BITS) - 1;

/** Four bits of bitmap a slot: at most one miss in four goes on to the table (512 KiB, in L2). */
const BITMAP_EXTRA_BITS = 2;

/** The answer of {@link lookup} for a window that is certainly not indexed. */
export const ABSENT = -1;

/** An index over one basis; its arrays are scratch that the next {@link indexBasis} overwrites. */
export interface BasisIndex {
  readonly slots: Int32Array;
  readonly bitmap: Int32Array;
  readonly slotShift: number;
  readonly bitShift: number;
  readonly stride: number;
}

// Grown to what was needed, at most 4.5 MiB, and kept: allocating it each time costs more than a small delta.
let slotScratch = new Int32Array(0);
let bitmapScratch = new Int32Array(0);

/** Indexes the whole of `basis`; the first of several equal windows wins, as it can be extended farthest. */
export function indexBasis(basis: Text): BasisIndex {
  const stride = strideFor(basis.length);
  const windows = Math.floor(basis.length / stride);
  const slotBits = Math.min(MAX_SLOT_BITS, Math.max(8, 33 - Math.clz32(windows)));
  const index = {
    ...clearedScratch(slotBits),
    slotShift: 32 - slotBits,
    bitShift: 32 - slotBits - BITMAP_EXTRA_BITS,
    stride,
  };
  fill(index, basis);
  return index;
}

/** A power of two, so that the odd steps of the far search come to meet every place of the grid. */
function strideFor(length: number): number {
  let stride = WINDOW_BYTES;
  while (length > stride * 2 ** WINDOW_BITS) stride *= 2;
  return stride;
}

function clearedScratch(slotBits: number): { slots: Int32Array; bitmap: Int32Array } {
  const slotCount = 1 << slotBits;
  const wordCount = (slotCount << BITMAP_EXTRA_BITS) >>> 5;
  if (slotScratch.length < slotCount) slotScratch = new Int32Array(slotCount);
  if (bitmapScratch.length < wordCount) bitmapScratch = new Int32Array(wordCount);
  slotScratch.fill(ABSENT, 0, slotCount);
  bitmapScratch.fill(0, 0, wordCount);
  return { slots: slotScratch, bitmap: bitmapScratch };
}

function fill(index: BasisIndex, basis: Text): void {
  const { slots, bitmap, slotShift, bitShift, stride } = index;
  const last = basis.length - WINDOW_BYTES;
  let window = 0;
  for (let at = 0; at <= last && window <= WINDOW_MASK; at += stride, window += 1) {
    const hash = windowHash(basis.view, at);
    const slot = hash >>> slotShift;
    if (slots[slot] !== ABSENT) continue;
    slots[slot] = (hash << WINDOW_BITS) | window;
    const bit = hash >>> bitShift;
    bitmap[bit >>> 5] = (bitmap[bit >>> 5] ?? 0) | (1 << (bit & 31));
  }
}

/**
 * A hash of the {@link WINDOW_BYTES} at `at`: multiply and add, the strong bits on top. Loaded again
 * at each place instead of rolled: four independent multiplications beat one dependent chain.
 */
export function windowHash(view: DataView, at: number): number {
  return (
    (Math.imul(view.getInt32(at, true), 0x9e3779b1) +
      Math.imul(view.getInt32(at + 4, true), 0x85ebca6b) +
      Math.imul(view.getInt32(at + 8, true), 0xc2b2ae35) +
      Math.imul(view.getInt32(at + 12, true), 0x27d4eb2f)) |
    0
  );
}

/** The place in the basis where a window of this hash may stand, or {@link ABSENT}. */
export function lookup(index: BasisIndex, hash: number): number {
  const bit = hash >>> index.bitShift;
  if (((index.bitmap[bit >>> 5] ?? 0) & (1 << (bit & 31))) === 0) return ABSENT;
  const entry = index.slots[hash >>> index.slotShift] ?? ABSENT;
  if (entry === ABSENT || entry >>> WINDOW_BITS !== (hash & 0xfff)) return ABSENT;
  return (entry & WINDOW_MASK) * index.stride;
}
