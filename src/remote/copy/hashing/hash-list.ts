/**
 * The hash list of a file: for each block of it, in order, a weak sum of the block's beginning and
 * the hash of the whole block. It is laid out as the entries of a librsync signature are, so that
 * librsync's table serves the search.
 */
import { blake3 } from '../../../platform/hash.js';
import type { HashMethod } from './methods.js';

/** Bytes of a weak sum, big-endian. */
export const WEAK_BYTES = 4;
/**
 * The weak sum is that of so much of a block's beginning: enough to find a block wherever it moved
 * to, and a sixteenth of the work of summing blocks of 64 KiB.
 */
export const ANCHOR_BYTES = 4096;

export const MIN_BLOCK_BYTES = 16;
export const MAX_BLOCK_BYTES = 16 * 1024 * 1024;

/** A list that is chosen for a file has at most about this many blocks. */
const BLOCKS_WANTED = 32768;
const MIN_CHOSEN_BYTES = 4096;
const MAX_CHOSEN_BYTES = 4 * 1024 * 1024;

/** How a file is cut into blocks, and what is listed of each. */
export interface HashListShape {
  /** The file's length. */
  readonly sizeBytes: number;
  readonly blockBytes: number;
  readonly digestBytes: number;
}

/** The list itself; its bytes are shared with worker threads. */
export interface HashList extends HashListShape {
  readonly method: string;
  readonly entries: Uint8Array<SharedArrayBuffer>;
}

/** The length of blocks for a file of `sizeBytes`: a power of two. */
export function chooseBlockBytes(sizeBytes: number): number {
  const wanted = 2 ** Math.ceil(Math.log2(Math.max(1, sizeBytes / BLOCKS_WANTED)));
  return Math.min(MAX_CHOSEN_BYTES, Math.max(MIN_CHOSEN_BYTES, wanted));
}

export function createHashList(
  sizeBytes: number,
  blockBytes: number,
  { name, digestBytes }: Pick<HashMethod, 'name' | 'digestBytes'>,
): HashList {
  const shape = { sizeBytes, blockBytes, digestBytes };
  const entries = new Uint8Array(new SharedArrayBuffer(blockCount(shape) * entryBytes(shape)));
  return { ...shape, method: name, entries };
}

/** Files of the same size, block length and method are equal if this is: 32 bytes. */
export const hashOfEntries = (entries: Uint8Array): Buffer => blake3(entries);

export const blockCount = ({ sizeBytes, blockBytes }: HashListShape): number =>
  Math.ceil(sizeBytes / blockBytes);

export const entryBytes = ({ digestBytes }: Pick<HashListShape, 'digestBytes'>): number =>
  WEAK_BYTES + digestBytes;

/** The length of a block: the last may be short. */
export const blockLength = ({ sizeBytes, blockBytes }: HashListShape, block: number): number =>
  Math.min(blockBytes, sizeBytes - block * blockBytes);

/** The hash of a block. */
export function digestOf(list: HashList, block: number): Uint8Array {
  const start = block * entryBytes(list) + WEAK_BYTES;
  return list.entries.subarray(start, start + list.digestBytes);
}

/** How much of the beginning of a whole block its weak sum covers. */
export const anchorBytes = (blockBytes: number): number => Math.min(blockBytes, ANCHOR_BYTES);

export function areSameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}
