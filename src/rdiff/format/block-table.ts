/**
 * A signature laid out for the search kernel: a bitmap of weak sums, and behind it a hash table of
 * blocks. Both are addressed by bits of the weak sum times {@link TABLE_MULTIPLIER}.
 */
import { hasStrongSum, strongOffset, type Signature } from './signature.js';
import type { Kernel } from './wasm/kernel.js';
import { SEARCH_TABLE } from './wasm/layout.js';
import { BITMAP, BITMAP_SHIFT, TABLE_MULTIPLIER } from './wasm/search-table.js';

/**
 * Most blocks in one bucket. Real data does not come near it; a signature made to fill one bucket
 * costs a search this many steps a byte at worst. A block left out is still found as the successor
 * of its neighbour.
 */
const MAX_CHAIN = 32;
/** Bits of the bitmap for each block: one miss in 64 to 128 goes on to the table. */
const BITS_PER_BLOCK = 64;
const MIN_BITMAP_LOG2 = 12;
const MAX_BITMAP_LOG2 = 27;
const MIN_HEADS_LOG2 = 4;
const MAX_HEADS_LOG2 = 27;

const ceilLog2 = (value: number): number => Math.max(0, Math.ceil(Math.log2(value)));
const clamp = (value: number, low: number, high: number): number =>
  Math.min(high, Math.max(low, value));

/** Finds blocks by their sums. */
export class BlockTable {
  private readonly kernel: Kernel;
  private readonly signature: Signature;
  private readonly bitmapMask: number;
  private readonly heads: number;
  private readonly headShift: number;
  private readonly next: number;
  private readonly weak: number;

  /** Lays `signature` out in `kernel`'s memory. */
  constructor(kernel: Kernel, signature: Signature) {
    const { blockCount } = signature;
    const bitmapLog2 = clamp(
      ceilLog2(blockCount * BITS_PER_BLOCK),
      MIN_BITMAP_LOG2,
      MAX_BITMAP_LOG2,
    );
    const headsLog2 = clamp(ceilLog2(blockCount * 2), MIN_HEADS_LOG2, MAX_HEADS_LOG2);
    this.kernel = kernel;
    this.signature = signature;
    const bitmapBytes = 2 ** (bitmapLog2 - 3);
    this.bitmapMask = bitmapBytes - 4;
    this.headShift = 32 - headsLog2;
    if (kernel.reserve(bitmapBytes) !== BITMAP) throw new Error('The bitmap must come first');
    this.heads = kernel.reserve(2 ** headsLog2 * 4);
    this.next = kernel.reserve(blockCount * 4);
    this.weak = kernel.reserve(blockCount * 4);
    kernel.words.set(signature.weak, this.weak / 4);
    const { bitmapMask, heads, headShift, next, weak } = this;
    kernel.words.set([bitmapMask, heads, headShift, next, weak], SEARCH_TABLE / 4);
    for (let block = 0; block < blockCount; block++) this.insert(block);
  }

  /** The first block with this weak sum, plus one; 0 when there is none. */
  firstCandidate(sum: number): number {
    const { words } = this.kernel;
    return this.skip(words[this.bucket(sum)] as number, sum);
  }

  /** The next block with the same weak sum, plus one; 0 when there is none. */
  nextCandidate(candidate: number, sum: number): number {
    return this.skip(this.kernel.words[this.next / 4 + candidate - 1] as number, sum);
  }

  private skip(from: number, sum: number): number {
    const { words } = this.kernel;
    let candidate = from;
    while (candidate !== 0 && words[this.weak / 4 + candidate - 1] !== sum) {
      candidate = words[this.next / 4 + candidate - 1] as number;
    }
    return candidate;
  }

  private bucket(sum: number): number {
    return this.heads / 4 + (Math.imul(sum, TABLE_MULTIPLIER) >>> this.headShift);
  }

  /** Appends a block to its bucket, unless an equal one is there: the first of equals is found. */
  private insert(block: number): void {
    const { words } = this.kernel;
    const sum = this.signature.weak[block] as number;
    let slot = this.bucket(sum);
    for (let length = 0; words[slot] !== 0; length++) {
      const other = (words[slot] as number) - 1;
      if (length >= MAX_CHAIN || this.equalBlocks(block, other)) return;
      slot = this.next / 4 + other;
    }
    words[slot] = block + 1;
    const hash = Math.imul(sum, TABLE_MULTIPLIER) >>> 0;
    const word = (BITMAP + ((hash >>> BITMAP_SHIFT) & this.bitmapMask)) / 4;
    words[word] = (words[word] as number) | (1 << (hash % 32));
  }

  private equalBlocks(a: number, b: number): boolean {
    const { signature } = this;
    const { weak, entries } = signature;
    return weak[a] === weak[b] && hasStrongSum(signature, a, entries, strongOffset(signature, b));
  }
}
