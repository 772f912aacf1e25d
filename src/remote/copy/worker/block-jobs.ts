/** Hashing the blocks of a file, and comparing them with a list. */
import { weakSum } from '../../../rdiff/format/signature-writer.js';
import { Kernel } from '../../../rdiff/format/wasm/kernel.js';
import type { FileSystem } from '../../../platform/files.js';
import {
  ANCHOR_BYTES,
  anchorBytes,
  blockCount,
  blockLength,
  digestOf,
  entryBytes,
  areSameBytes,
  WEAK_BYTES,
  type HashList,
} from '../hashing/hash-list.js';
import type { HashMethod } from '../hashing/methods.js';
import { BlockReader } from './block-reader.js';
import type { CompareJob, Compared, HashJob, BlockMatch, Placement } from './messages.js';

/**
 * A comparison that a search follows gives up after this many differing blocks in a row: what was
 * moved would be hashed a second time.
 */
const PATIENCE = 4;

/** Fills the entries of a job's blocks. @throws CodedError COPY_SOURCE_CHANGED when the file ends before */
export function hashBlocks(files: FileSystem, job: HashJob, method: HashMethod): void {
  const { list, firstBlock, count, file } = job;
  const reader = new BlockReader(files, file, method);
  const weakSums = new WeakSums(list);
  const view = Buffer.from(list.entries.buffer);
  for (let block = firstBlock; block < firstBlock + count; block++) {
    const length = blockLength(list, block);
    const { bytes, digest } = reader.read(block * list.blockBytes, length);
    const entry = block * entryBytes(list);
    view.writeUInt32BE(weakSums.of(bytes), entry);
    list.entries.set(digest, entry + WEAK_BYTES);
  }
}

/** Which blocks of a list stand at their own place in a file. */
export function compareBlocks(files: FileSystem, job: CompareJob, method: HashMethod): Compared {
  const { list, firstBlock, file, isPatient, placement } = job;
  const end = Math.min(firstBlock + job.count, blockCount(list));
  const reader = new BlockReader(files, file, method);
  const matches: BlockMatch[] = [];
  let differing = 0;
  let block = firstBlock;
  for (; block < end && (isPatient || differing < PATIENCE); block++) {
    const offset = block * list.blockBytes;
    const length = blockLength(list, block);
    const isEqual =
      offset + length <= file.sizeBytes &&
      areSameBytes(reader.read(offset, length).digest, digestOf(list, block));
    differing = isEqual ? 0 : differing + 1;
    if (!isEqual) continue;
    const match = { block, count: 1, offset };
    addMatch(matches, match, list.blockBytes);
    if (placement) putBlock({ files, reader, list }, match, placement);
  }
  return { matches, count: block - firstBlock };
}

/** A file that is read, and the list whose blocks are found in it. */
export interface BlocksOfFile {
  readonly files: FileSystem;
  readonly reader: BlockReader;
  readonly list: HashList;
}

/** Writes a block that was just read and hashed to its place in the list's file. */
export function putBlock(
  { files, reader, list }: BlocksOfFile,
  { block, offset }: BlockMatch,
  { descriptor, placed, holdsBasis }: Placement,
): void {
  const place = block * list.blockBytes;
  if (holdsBasis && place === offset) return;
  files.write(descriptor, reader.bytes(offset, blockLength(list, block)), place);
  placed[block] = 1;
}

/** Adds a match, to the last one where it goes on from there. */
export function addMatch(matches: BlockMatch[], match: BlockMatch, blockBytes: number): void {
  const last = matches.at(-1);
  if (
    last &&
    last.block + last.count === match.block &&
    last.offset + last.count * blockBytes === match.offset
  ) {
    matches[matches.length - 1] = { ...last, count: last.count + match.count };
  } else {
    matches.push(match);
  }
}

/** The weak sums of blocks' beginnings; 0 for a block that is short. */
class WeakSums {
  private readonly kernel = new Kernel();
  private readonly address = this.kernel.reserve(ANCHOR_BYTES);
  private readonly blockBytes: number;

  constructor({ blockBytes }: HashList) {
    this.blockBytes = blockBytes;
  }

  of(bytes: Uint8Array): number {
    if (bytes.length < this.blockBytes) return 0;
    const length = anchorBytes(this.blockBytes);
    this.kernel.bytes.set(bytes.subarray(0, length), this.address);
    return weakSum(this.kernel, 'rabinkarp', this.address, length);
  }
}
