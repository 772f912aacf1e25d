/**
 * rsync's search: a new file in, the instructions out that rebuild it from the basis behind a
 * signature.
 *
 * Finds what librsync finds and more cheaply written: the block behind the last match is tried
 * before the table, so equal blocks (zeros) become one copy; several such blocks are hashed side by
 * side. Instructions depend on the bytes alone, not on how the input was cut.
 */
import { BlockTable, equalAt } from './block-table.js';
import { InputBuffer, type Fillable } from './input-buffer.js';
import { MAX_LITERAL, type InstructionSink } from './instructions.js';
import { weakSum } from './signature-writer.js';
import type { Signature } from './signature.js';
import { emptyMatchCounts, type MatchCounts } from './statistics.js';
import { hashBlocks, strongHash, type StrongHash } from './strong.js';
import { Kernel, type SearchFunction } from './wasm/kernel.js';
import { SEARCH_CANDIDATE, SEARCH_SUM } from './wasm/layout.js';
import { RabinKarp, rabinKarpPower } from './weak/rabin-karp.js';
import { Rollsum } from './weak/rollsum.js';

/** Input beyond one window that is worth holding for hashing blocks side by side. */
const AHEAD_BYTES = 1024 * 1024;
const MAX_AHEAD_BYTES = 16 * 1024 * 1024;
/** Most blocks whose strong sums are computed together, because their weak sums agree in a row. */
const RUN_BLOCKS = 16;
const WEAK_SUMS = 2 ** 32;
/**
 * How many times the strong sums may be computed in vain that chance explains. Input made to fail
 * beyond that is not searched any further just there, so that the time stays linear.
 */
const PATIENCE = 16;
/** Vain strong sums that are always allowed. */
const FREE_FALSE_MATCHES = 64;

/** Searches a new file that arrives in pieces. */
export class Search implements Fillable {
  counts: MatchCounts = emptyMatchCounts();
  private readonly signature: Signature;
  private sink: InstructionSink = { copy: () => undefined, literal: () => undefined };
  private readonly kernel = new Kernel();
  private readonly table: BlockTable;
  private readonly hash: StrongHash;
  private readonly digests: number;
  private readonly input: InputBuffer;
  private readonly roll: SearchFunction;
  /** What the search kernel multiplies a leaving byte with. */
  private readonly weight: number;
  private readonly falseBytesPerByte: number;
  /** Bytes of the new file before `input.start`. */
  private emitted = 0;
  /** Address of the window in question; bytes from `input.start` to here are literal. */
  private window: number;
  /** The block behind the last match: the likeliest next one. */
  private expected = 0;
  /** The weak sum of the window; undefined until computed. */
  private sum: number | undefined;
  /** Whether the window was looked up in vain. */
  private passed = false;
  private falseBytes = 0;

  constructor(signature: Signature) {
    const { kind, blockLength, blockCount } = signature;
    this.signature = signature;
    this.hash = strongHash(kind.strong);
    this.table = new BlockTable(this.kernel, signature);
    this.digests = this.kernel.reserve(RUN_BLOCKS * this.hash.digestBytes);
    const ahead = Math.max(AHEAD_BYTES, Math.min(MAX_AHEAD_BYTES, this.hash.lanes * blockLength));
    this.input = new InputBuffer(this.kernel, MAX_LITERAL + blockLength + ahead);
    this.window = this.input.start;
    const { run } = this.kernel;
    this.roll = kind.weak === 'rollsum' ? run.rollsumSearch : run.rabinKarpSearch;
    this.weight = kind.weak === 'rollsum' ? blockLength : rabinKarpPower(blockLength);
    this.falseBytesPerByte = PATIENCE * Math.max(1, (blockCount * blockLength) / WEAK_SUMS);
  }

  /**
   * Starts a new file, or a part of one.
   * @param sink takes the instructions, in order.
   * @param firstBlock the block to try first, where there is reason to expect it.
   */
  restart(sink: InstructionSink, firstBlock = 0): void {
    this.sink = sink;
    this.expected = firstBlock;
    this.input.drop(this.input.length);
    this.emitted = 0;
    this.window = this.input.start;
    this.sum = undefined;
    this.passed = false;
    this.falseBytes = 0;
  }

  /** What was counted since the last call. */
  takeCounts(): MatchCounts {
    const { counts } = this;
    this.counts = emptyMatchCounts();
    return counts;
  }

  room(): Uint8Array {
    const pending = this.window - this.input.start;
    const room = this.input.room();
    this.window = this.input.start + pending;
    return room;
  }

  filled(length: number): void {
    this.input.filled(length);
    this.searchWholeWindows();
  }

  /** Searches the windows that the end of the file cuts short, and gives what is left as literals. */
  finish(): void {
    this.searchTail();
    this.window = this.input.end;
    this.emitLiterals();
  }

  /**
   * Ends the search of a part of a file, of which the caller gave the part and a block length less
   * one byte behind it: what is left of the part are literals.
   */
  stop(): void {
    if (this.passed) this.window += 1;
    this.emitLiterals();
  }

  private searchWholeWindows(): void {
    const { input, signature } = this;
    if (signature.blockCount === 0) {
      this.window = input.end;
    } else {
      while (this.hasWindow()) this.step(input.end - signature.blockLength);
    }
    this.emitWholeLiterals();
  }

  private hasWindow(): boolean {
    const rest = this.input.end - this.window - this.signature.blockLength;
    return rest > 0 || (rest === 0 && !this.passed);
  }

  /** Tries the expected blocks, then the window, then windows up to the one at `last`. */
  private step(last: number): void {
    if (this.sum === undefined) {
      if (this.takeExpected()) return;
      this.counts.searches++;
      this.sum ??= this.weakAt(this.window, this.signature.blockLength);
      if (this.takeCandidate(this.table.firstCandidate(this.sum))) return;
      this.passed = true;
      return;
    }
    const { blockLength } = this.signature;
    const from = this.window;
    this.window = this.roll(from, last, this.sum, blockLength, this.weight) >>> 0;
    this.counts.searches += this.window - from;
    this.sum = this.kernel.words[SEARCH_SUM / 4];
    this.emitWholeLiterals();
    this.takeCandidate(this.kernel.words[SEARCH_CANDIDATE / 4] as number);
  }

  private weakAt(address: number, length: number): number {
    return weakSum(this.kernel, this.signature.kind.weak, address, length);
  }

  /** Copies the blocks that follow the last match as far as they follow in the input, too. */
  private takeExpected(): boolean {
    const { signature, expected, input, window, kernel, hash, digests } = this;
    const { blockLength } = signature;
    const wanted = Math.min(
      RUN_BLOCKS,
      signature.blockCount - expected,
      Math.floor((input.end - window) / blockLength),
    );
    const likely = this.equalWeakSums(wanted);
    if (likely === 0) return false;
    hashBlocks(kernel, hash, window, blockLength, likely, digests);
    this.counts.strongSums += likely;
    let equal = 0;
    while (equal < likely && this.equalStrong(expected + equal, equal)) equal++;
    if (equal === 0) this.countFalseMatch(blockLength);
    else this.emitCopy(expected, equal * blockLength, equal);
    return equal > 0;
  }

  /** How many of the next windows, up to `wanted`, have the weak sums of the expected blocks. */
  private equalWeakSums(wanted: number): number {
    const { signature, expected, window } = this;
    const { blockLength, weak } = signature;
    for (let block = 0; block < wanted; block++) {
      const sum = this.weakAt(window + block * blockLength, blockLength);
      if (block === 0) this.sum = sum;
      if (sum !== weak[expected + block]) return block;
    }
    return Math.max(0, wanted);
  }

  /** Whether the strong sum of a block is the one computed at `index`. */
  private equalStrong(block: number, index: number): boolean {
    const { strong, strongLength } = this.signature;
    const digest = this.digests + index * this.hash.digestBytes;
    return equalAt(strong, block * strongLength, this.kernel.bytes, digest, strongLength);
  }

  /** Copies the block that `candidate` (block plus one, or 0) and those behind it lead to. */
  private takeCandidate(candidate: number): boolean {
    const { blockLength } = this.signature;
    if (candidate === 0) return false;
    const block = this.matchingBlock(candidate, blockLength);
    if (block === undefined) return false;
    this.emitCopy(block, blockLength, 1);
    return true;
  }

  /** The first of the candidates whose strong sum is that of the window's `length` bytes. */
  private matchingBlock(first: number, length: number): number | undefined {
    if (!this.mayHash()) return undefined;
    hashBlocks(this.kernel, this.hash, this.window, length, 1, this.digests);
    this.counts.strongSums++;
    const sum = this.sum as number;
    let candidate = first;
    while (candidate !== 0 && !this.equalStrong(candidate - 1, 0)) {
      candidate = this.table.nextCandidate(candidate, sum);
    }
    if (candidate !== 0) return candidate - 1;
    this.countFalseMatch(length);
    return undefined;
  }

  private countFalseMatch(length: number): void {
    this.counts.falseMatches++;
    this.falseBytes += length;
  }

  /** Whether false matches are still within what chance explains; see {@link PATIENCE}. */
  private mayHash(): boolean {
    const position = this.emitted + this.window - this.input.start;
    const free = FREE_FALSE_MATCHES * this.signature.blockLength;
    return this.falseBytes <= free + position * this.falseBytesPerByte;
  }

  /**
   * Windows shorter than a block match only the basis' last block, which may be short itself; its
   * length is not in the signature, but is that of the window if the sums agree.
   */
  private searchTail(): void {
    const { input, signature } = this;
    if (signature.blockCount === 0) return;
    const last = signature.blockCount - 1;
    const rolling = signature.kind.weak === 'rollsum' ? new Rollsum() : new RabinKarp();
    const bytes = input.view(this.window, input.end);
    rolling.update(bytes);
    const first = this.passed ? 1 : 0;
    for (let start = 0; start < bytes.length; start++) {
      if (start >= first && rolling.digest === signature.weak[last]) {
        this.window = input.end - rolling.length;
        this.sum = rolling.digest;
        if (this.matchingTail(last, rolling.length)) return;
      }
      rolling.rollOut(bytes[start] as number);
    }
  }

  private matchingTail(last: number, length: number): boolean {
    this.counts.searches++;
    if (!this.mayHash()) return false;
    hashBlocks(this.kernel, this.hash, this.window, length, 1, this.digests);
    this.counts.strongSums++;
    if (!this.equalStrong(last, 0)) {
      this.countFalseMatch(length);
      return false;
    }
    this.emitCopy(last, length, 1);
    return true;
  }

  private emitCopy(block: number, length: number, blocks: number): void {
    this.emitLiterals();
    this.sink.copy(block * this.signature.blockLength, length);
    this.window += length;
    this.forget(length);
    this.counts.matches += blocks;
    this.expected = block + blocks;
    this.sum = undefined;
    this.passed = false;
  }

  /** Gives the bytes before the window as literals. */
  private emitLiterals(): void {
    this.emitWholeLiterals();
    this.emitLiteral(this.window - this.input.start);
  }

  /** The same, but only in pieces of full length, so that how the input was cut does not show. */
  private emitWholeLiterals(): void {
    while (this.window - this.input.start >= MAX_LITERAL) this.emitLiteral(MAX_LITERAL);
  }

  private emitLiteral(length: number): void {
    if (length === 0) return;
    const { input } = this;
    this.sink.literal(input.view(input.start, input.start + length));
    this.forget(length);
  }

  /** Drops input before the window, which stays on its byte while addresses may change. */
  private forget(length: number): void {
    const pending = this.window - this.input.start - length;
    this.input.drop(length);
    this.emitted += length;
    this.window = this.input.start + pending;
  }
}
