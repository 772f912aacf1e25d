/**
 * rsync's search: a new file in, the instructions out that rebuild it from the basis behind a
 * signature.
 *
 * Finds what librsync finds and more cheaply written: the block behind the last match is tried
 * before the table, so equal blocks (zeros) become one copy; several such blocks are hashed side by
 * side. Instructions depend on the bytes alone, not on how the input was cut.
 */
import { BlockTable } from './block-table.js';
import type { Fillable } from './input-buffer.js';
import type { InstructionSink } from './instructions.js';
import { Patience } from './patience.js';
import { SearchWindow } from './search-window.js';
import { weakSum } from './signature-writer.js';
import { hasStrongSum, type Signature } from './signature.js';
import { emptyMatchCounts, type MatchCounts } from './statistics.js';
import { hashBlocks, strongHash, type StrongHash } from './strong.js';
import { Kernel, type SearchFunction } from './wasm/kernel.js';
import { SEARCH_CANDIDATE, SEARCH_SUM, SEARCH_WEIGHT } from './wasm/layout.js';
import { RabinKarp, rabinKarpPower } from './weak/rabin-karp.js';
import { Rollsum } from './weak/rollsum.js';

/** Input beyond one window that is worth holding for hashing blocks side by side. */
const AHEAD_BYTES = 1024 * 1024;
const MAX_AHEAD_BYTES = 16 * 1024 * 1024;
/** Most blocks whose strong sums are computed together, because their weak sums agree in a row. */
const RUN_BLOCKS = 16;

/** Searches a new file that arrives in pieces. */
export class Search implements Fillable {
  counts: MatchCounts = emptyMatchCounts();
  private readonly signature: Signature;
  private readonly kernel = new Kernel();
  private readonly table: BlockTable;
  private readonly hash: StrongHash;
  private readonly digests: number;
  private readonly window: SearchWindow;
  private readonly patience: Patience;
  private readonly roll: SearchFunction;
  /** The block behind the last match: the likeliest next one. */
  private expected = 0;
  /** The weak sum of the window; undefined until computed. */
  private sum: number | undefined;
  /** Whether the window was looked up in vain. */
  private passed = false;

  constructor(signature: Signature) {
    const { kind, blockLength, blockCount } = signature;
    const { kernel } = this;
    this.signature = signature;
    this.hash = strongHash(kind.strong);
    this.table = new BlockTable(kernel, signature);
    this.digests = kernel.reserve(RUN_BLOCKS * this.hash.digestBytes);
    const ahead = Math.max(AHEAD_BYTES, Math.min(MAX_AHEAD_BYTES, this.hash.lanes * blockLength));
    this.window = new SearchWindow(kernel, blockLength, ahead);
    this.patience = new Patience(signature, blockCount);
    const rolls = kind.weak === 'rollsum';
    this.roll = rolls ? kernel.run.rollsumSearch : kernel.run.rabinKarpSearch;
    kernel.words[SEARCH_WEIGHT / 4] = rolls ? blockLength : rabinKarpPower(blockLength);
  }

  /**
   * Starts a new file, or a part of one.
   * @param sink takes the instructions, in order.
   * @param firstBlock the block to try first, where there is reason to expect it.
   */
  restart(sink: InstructionSink, firstBlock = 0): void {
    this.window.restart(sink);
    this.patience.restart();
    this.expect(firstBlock);
  }

  /** What was counted since the last call. */
  takeCounts(): MatchCounts {
    const { counts } = this;
    this.counts = emptyMatchCounts();
    return counts;
  }

  room(): Uint8Array {
    return this.window.room();
  }

  filled(length: number): void {
    this.window.filled(length);
    this.searchWholeWindows();
  }

  /** Searches the windows that the end of the file cuts short, and gives what is left as literals. */
  finish(): void {
    if (this.signature.blockCount > 0) this.searchTail();
    this.window.start = this.window.end;
    this.window.giveLiterals();
  }

  /** As {@link finish}, and more of the file may follow: all instructions for what came are given. */
  flush(): void {
    this.finish();
    this.expect(this.expected);
  }

  /**
   * Ends the search of a part of a file, of which the caller gave the part and a block length less
   * one byte behind it: what is left of the part are literals.
   */
  stop(): void {
    if (this.passed) this.window.start += 1;
    this.window.giveLiterals();
  }

  private searchWholeWindows(): void {
    const { window, signature } = this;
    if (signature.blockCount === 0) window.start = window.end;
    else while (this.hasWindow()) this.step();
    window.giveWholeLiterals();
  }

  private hasWindow(): boolean {
    const rest = this.window.end - this.window.start - this.signature.blockLength;
    return rest > 0 || (rest === 0 && !this.passed);
  }

  /** Tries the expected blocks and the window; when that was done, rolls on to the next candidate. */
  private step(): void {
    if (this.passed) this.rollOn();
    else if (!this.takeExpected()) this.lookUp();
  }

  /** Looks the window up in the table. */
  private lookUp(): void {
    this.counts.searches++;
    this.sum ??= this.weakAt(this.window.start, this.signature.blockLength);
    this.passed = !this.takeCandidate(this.table.firstCandidate(this.sum));
  }

  /** Rolls to the next window whose weak sum is known, or as far as the input goes. */
  private rollOn(): void {
    const { window, kernel, signature } = this;
    const { blockLength } = signature;
    const from = window.start;
    const last = window.end - blockLength;
    window.start = this.roll(from, last, this.sum as number, blockLength) >>> 0;
    this.counts.searches += window.start - from;
    this.sum = kernel.words[SEARCH_SUM / 4];
    window.giveWholeLiterals();
    this.takeCandidate(kernel.words[SEARCH_CANDIDATE / 4] as number);
  }

  private weakAt(address: number, length: number): number {
    return weakSum(this.kernel, this.signature.kind.weak, address, length);
  }

  /** Copies the blocks that follow the last match as far as they follow in the input, too. */
  private takeExpected(): boolean {
    const { expected } = this;
    const likely = this.equalWeakSums(expected, 0, RUN_BLOCKS);
    if (likely === 0) return false;
    const equal = this.equalStrongSums(expected, likely);
    // The window is looked up next, which counts it once if no other block is there either.
    if (equal === 0) this.patience.spend(this.signature.blockLength);
    else this.takeBlocks(expected, equal);
    return equal > 0;
  }

  /**
   * How many of the windows from the window on have the weak sums of the blocks from `block` on, up
   * to `most`; of the first `known` that is taken for granted.
   */
  private equalWeakSums(block: number, known: number, most: number): number {
    const { signature, window } = this;
    const { blockLength, blockCount, weak } = signature;
    const windows = Math.floor((window.end - window.start) / blockLength);
    const wanted = Math.min(most, blockCount - block, windows);
    for (let next = known; next < wanted; next++) {
      const sum = this.weakAt(window.start + next * blockLength, blockLength);
      if (next === 0) this.sum = sum;
      if (sum !== weak[block + next]) return next;
    }
    return Math.max(known, wanted);
  }

  /** Computes the strong sums of `count` windows; how many of them are those of the blocks. */
  private equalStrongSums(block: number, count: number): number {
    this.hashWindows(this.signature.blockLength, count);
    let equal = 0;
    while (equal < count && this.equalStrong(block + equal, equal)) equal++;
    return equal;
  }

  /** Computes the strong sums of `count` windows from the window on, one after the other. */
  private hashWindows(length: number, count: number): void {
    const blocks = { address: this.window.start, length, count };
    hashBlocks(this.kernel, this.hash, blocks, this.digests);
    this.counts.strongSums += count;
  }

  /** Whether the strong sum of a block is the one computed at `index`. */
  private equalStrong(block: number, index: number): boolean {
    const { signature, kernel } = this;
    const digest = this.digests + index * this.hash.digestBytes;
    return hasStrongSum(signature, block, kernel.bytes, digest);
  }

  /**
   * Copies the block that `candidate` (block plus one, or 0) or those behind it lead to; and the
   * blocks behind that as far as they are likely and cost nothing, hashed side by side.
   */
  private takeCandidate(candidate: number): boolean {
    if (candidate === 0 || !this.patience.isLeft(this.window.position)) return false;
    const block = candidate - 1;
    const equal = this.equalStrongSums(block, this.equalWeakSums(block, 1, this.hash.lanes));
    if (equal > 0) this.takeBlocks(block, equal);
    return equal > 0 || this.takeOtherCandidate(candidate);
  }

  /** Tries a further block with the same weak sum; the window's strong sum is computed. */
  private takeOtherCandidate(first: number): boolean {
    let candidate = first;
    do candidate = this.table.nextCandidate(candidate, this.sum as number);
    while (candidate !== 0 && !this.equalStrong(candidate - 1, 0));
    if (candidate === 0) this.countFalseMatch(this.signature.blockLength);
    else this.takeBlocks(candidate - 1, 1);
    return candidate !== 0;
  }

  private countFalseMatch(length: number): void {
    this.counts.falseMatches++;
    this.patience.spend(length);
  }

  /**
   * Windows shorter than a block match only the basis' last block, which may be short itself; its
   * length is not in the signature, but is that of the window if the sums agree.
   */
  private searchTail(): void {
    const { window, signature } = this;
    const rolling = signature.kind.weak === 'rollsum' ? new Rollsum() : new RabinKarp();
    const bytes = window.rest();
    const lastWeak = signature.weak[signature.blockCount - 1];
    rolling.update(bytes);
    for (let start = 0; start < bytes.length; start++) {
      const searched = start === 0 && this.passed;
      if (!searched && rolling.digest === lastWeak) {
        window.start = window.end - rolling.length;
        if (this.takeTail(rolling.length)) return;
      }
      rolling.rollOut(bytes[start] as number);
    }
  }

  /** Copies the last block if the rest of the file, the window of `length` bytes, is that. */
  private takeTail(length: number): boolean {
    const last = this.signature.blockCount - 1;
    this.counts.searches++;
    if (!this.patience.isLeft(this.window.position)) return false;
    this.hashWindows(length, 1);
    const equal = this.equalStrong(last, 0);
    if (equal) this.take(last, length, 1);
    else this.countFalseMatch(length);
    return equal;
  }

  private takeBlocks(block: number, count: number): void {
    this.take(block, count * this.signature.blockLength, count);
  }

  private take(block: number, length: number, blocks: number): void {
    this.window.copy(block * this.signature.blockLength, length);
    this.counts.matches += blocks;
    this.expect(block + blocks);
  }

  /** Begins with a new window, where that block would not be a surprise. */
  private expect(block: number): void {
    this.expected = block;
    this.sum = undefined;
    this.passed = false;
  }
}
