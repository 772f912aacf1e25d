/**
 * The rolling search: finds blocks of a list wherever they stand in a file. The weak sum of a
 * block's beginning is rolled over the file; where it is that of a wanted block, the hash of the
 * whole block decides. Behind a block that was found, the next one is tried first, so that what was
 * moved as a whole is hashed once and not rolled over.
 */
import { BlockTable } from '../../../rdiff/format/block-table.js';
import { signatureKind } from '../../../rdiff/format/kinds.js';
import { weakSum } from '../../../rdiff/format/signature-writer.js';
import type { Signature } from '../../../rdiff/format/signature.js';
import { Kernel } from '../../../rdiff/format/wasm/kernel.js';
import { SEARCH_CANDIDATE, SEARCH_SUM, SEARCH_WEIGHT } from '../../../rdiff/format/wasm/layout.js';
import { rabinKarpPower } from '../../../rdiff/format/weak/rabin-karp.js';
import type { FileSystem } from '../../../platform/files.js';
import {
  anchorBytes,
  blockCount,
  blockLength,
  digestOf,
  entryBytes,
  areSameBytes,
  type HashList,
} from '../hashing/hash-list.js';
import type { HashMethod } from '../hashing/methods.js';
import { addMatch, putBlock } from './block-jobs.js';
import { BlockReader } from './block-reader.js';
import type { BlockMatch, SearchJob } from './messages.js';

/** Windows are rolled over in pieces of this many bytes. */
const ROLL_BYTES = 256 * 1024;
/** Stretches of one block without a match that are rolled over before it is only sampled. */
const FREE_MISSES = 4;
/** Then one stretch in this many is: moved data of twice that many blocks is found for certain. */
const SAMPLE_EVERY = 16;
/** Weak sums may agree by chance or by intent: this many in vain end the search of a stretch. */
const FALSE_MATCHES = 16;

/** Looks for the wanted blocks of one list. */
export class BlockSearch {
  private readonly files: FileSystem;
  private readonly list: HashList;
  private readonly method: HashMethod;
  private readonly kernel = new Kernel();
  private readonly table: BlockTable;
  private readonly window: number;
  private readonly anchor: number;
  /** The table's blocks by their numbers in the list. */
  private readonly blocks: Uint32Array;

  /** `wanted`: one byte a block, 1 for those to look for; only whole blocks can be found anywhere. */
  constructor(files: FileSystem, list: HashList, wanted: Uint8Array, method: HashMethod) {
    this.files = files;
    this.list = list;
    this.method = method;
    this.blocks = wantedBlocks(list, wanted);
    this.table = new BlockTable(this.kernel, signatureOf(list, this.blocks));
    this.anchor = anchorBytes(list.blockBytes);
    this.kernel.words[SEARCH_WEIGHT / 4] = rabinKarpPower(this.anchor);
    this.window = this.kernel.reserve(ROLL_BYTES + this.anchor);
  }

  /** The blocks found in a range: all begin in it, and do not overlap. */
  run({ file, range, isThorough, placement }: SearchJob): readonly BlockMatch[] {
    const { files, list } = this;
    const { blockBytes } = list;
    const { sizeBytes } = file;
    const reader = new BlockReader(this.files, file, this.method);
    const matches: BlockMatch[] = [];
    const end = range.offset + range.length;
    let expected: number | undefined;
    let misses = 0;
    for (let position = range.offset; position < end;) {
      let found = this.tryHere(reader, sizeBytes, position, expected);
      if (!found && (isThorough || misses < FREE_MISSES || misses % SAMPLE_EVERY === 0)) {
        found = this.roll(reader, sizeBytes, position, Math.min(end, position + blockBytes));
      }
      if (found) {
        addMatch(matches, found, blockBytes);
        if (placement) putBlock({ files, reader, list }, found, placement);
        position = found.offset + blockLength(this.list, found.block);
        expected = found.block + 1;
        misses = 0;
      } else {
        position = (Math.floor(position / blockBytes) + 1) * blockBytes;
        expected = undefined;
        misses += 1;
      }
    }
    return matches;
  }

  /** The likely blocks at `position`: the one behind the last match, and the one whose place it is. */
  private tryHere(
    reader: BlockReader,
    sizeBytes: number,
    position: number,
    expected: number | undefined,
  ): BlockMatch | undefined {
    const { blockBytes } = this.list;
    const own = position % blockBytes === 0 ? position / blockBytes : undefined;
    for (const block of new Set([expected, own])) {
      if (block === undefined || block >= blockCount(this.list)) continue;
      const length = blockLength(this.list, block);
      if (position + length > sizeBytes) continue;
      const { digest } = reader.read(position, length);
      if (areSameBytes(digest, digestOf(this.list, block))) {
        return { block, count: 1, offset: position };
      }
    }
    return undefined;
  }

  /** The first wanted block that begins at `start` or behind it and before `end`. */
  private roll(
    reader: BlockReader,
    sizeBytes: number,
    start: number,
    end: number,
  ): BlockMatch | undefined {
    const last = Math.min(end - 1, sizeBytes - this.list.blockBytes);
    let patience = FALSE_MATCHES;
    for (let from = start; from <= last; from += ROLL_BYTES) {
      const starts = Math.min(ROLL_BYTES, last - from + 1);
      const bytes = reader.bytes(from, starts - 1 + this.anchor);
      this.kernel.bytes.set(bytes, this.window);
      for (const { offset, candidate, sum } of this.candidates(starts)) {
        const block = this.proveCandidate(reader, from + offset, candidate, sum);
        if (block !== undefined) return { block, count: 1, offset: from + offset };
        patience -= 1;
        if (patience === 0) return undefined;
      }
    }
    return undefined;
  }

  /** Where, among the first `starts` bytes of the window, a block's weak sum is met. */
  private *candidates(
    starts: number,
  ): Generator<{ readonly offset: number; readonly candidate: number; readonly sum: number }> {
    const { kernel, window, anchor, table } = this;
    const last = window + starts - 1;
    let position = window;
    let sum = weakSum(kernel, 'rabinkarp', position, anchor);
    let candidate = table.firstCandidate(sum);
    for (;;) {
      if (candidate !== 0) yield { offset: position - window, candidate, sum };
      if (position >= last) return;
      position = kernel.run.rabinKarpSearch(position, last, sum, anchor) >>> 0;
      sum = kernel.words[SEARCH_SUM / 4] as number;
      candidate = kernel.words[SEARCH_CANDIDATE / 4] as number;
    }
  }

  /** The block of the list that stands at `offset`, of those that have this weak sum. */
  private proveCandidate(
    reader: BlockReader,
    offset: number,
    first: number,
    sum: number,
  ): number | undefined {
    const { digest } = reader.read(offset, this.list.blockBytes);
    for (let candidate = first; candidate !== 0;) {
      const block = this.blocks[candidate - 1] as number;
      if (areSameBytes(digest, digestOf(this.list, block))) return block;
      candidate = this.table.nextCandidate(candidate, sum);
    }
    return undefined;
  }
}

function wantedBlocks(list: HashList, wanted: Uint8Array): Uint32Array {
  const numbers: number[] = [];
  for (const [block, isWanted] of wanted.entries()) {
    if (isWanted && blockLength(list, block) === list.blockBytes) numbers.push(block);
  }
  return Uint32Array.from(numbers);
}

/** The wanted entries as a signature of their own, which librsync's table takes. */
function signatureOf(list: HashList, blocks: Uint32Array): Signature {
  const size = entryBytes(list);
  const entries = Buffer.alloc(blocks.length * size);
  const weak = new Uint32Array(blocks.length);
  blocks.forEach((block, index) => {
    entries.set(list.entries.subarray(block * size, (block + 1) * size), index * size);
    weak[index] = entries.readUInt32BE(index * size);
  });
  return {
    kind: signatureKind('rabinkarp'),
    blockLength: anchorBytes(list.blockBytes),
    strongLength: list.digestBytes,
    blockCount: blocks.length,
    weak,
    entries,
  };
}
