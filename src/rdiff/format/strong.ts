/**
 * Strong sums of equally long blocks that lie one after the other in a kernel's memory: MD4
 * (RFC 1320) or BLAKE2b with a digest of 256 bits (RFC 7693; not BLAKE2b-512 cut short).
 */
import type { StrongName } from './kinds.js';
import { BLAKE2B_IV } from './wasm/blake2b.js';
import type { Kernel } from './wasm/kernel.js';
import {
  ADVANCE,
  BLAKE2B_LANES,
  COUNTER,
  FINAL_MASK,
  LANES,
  MD4_LANES,
  STATE,
  TAIL,
} from './wasm/layout.js';

/** A strong hash, and how the kernels compute it over several blocks at once. */
export interface StrongHash {
  readonly name: StrongName;
  readonly digestBytes: number;
  /** Blocks hashed in the time of one. */
  readonly lanes: number;
  readonly chunkBytes: number;
  /** Starts all lanes. */
  readonly start: (kernel: Kernel) => void;
  /** Absorbs whole chunks from the lanes' addresses; never those that {@link finish} must see. */
  readonly absorb: (kernel: Kernel, chunks: number) => void;
  /**
   * Absorbs the last `tailBytes` of every lane, which lie at {@link TAIL}, {@link tailStride}
   * apart with zeros behind; `length` is that of the whole block.
   */
  readonly finish: (kernel: Kernel, tailBytes: number, length: number) => void;
  readonly tailStride: number;
  /** How many of a block's bytes {@link finish} takes: those that {@link absorb} must leave. */
  readonly tailBytes: (length: number) => number;
}

const MD4_START = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476];

export const MD4: StrongHash = {
  name: 'md4',
  digestBytes: 16,
  lanes: MD4_LANES,
  chunkBytes: 64,
  tailStride: 128,
  tailBytes: (length) => length % 64,
  start: ({ words }) => {
    MD4_START.forEach((word, index) => {
      words.fill(word, STATE / 4 + index * MD4_LANES, STATE / 4 + (index + 1) * MD4_LANES);
    });
  },
  absorb: (kernel, chunks) => {
    kernel.run.md4Absorb(chunks);
  },
  finish: (kernel, tailBytes, length) => {
    const chunks = tailBytes < 56 ? 1 : 2;
    for (let lane = 0; lane < MD4_LANES; lane++) {
      const tail = TAIL + lane * 128;
      kernel.bytes[tail + tailBytes] = 0x80;
      const bits = (tail + chunks * 64 - 8) / 4;
      kernel.words[bits] = length * 8;
      kernel.words[bits + 1] = Math.floor(length / 2 ** 29);
    }
    kernel.run.md4Absorb(chunks);
  },
};

/** Parameter block of an unkeyed, sequential hash of 32 bytes: RFC 7693 section 2.5. */
const BLAKE2B_PARAMETERS = 0x01010020n;

/** Both halves of a 64-bit word in every lane. */
function setLanes(kernel: Kernel, address: number, low: number, high: number): void {
  for (let lane = 0; lane < BLAKE2B_LANES; lane++) {
    kernel.words[address / 4 + 2 * lane] = low;
    kernel.words[address / 4 + 2 * lane + 1] = high;
  }
}

const setCounter = (kernel: Kernel, count: number): void =>
  setLanes(kernel, COUNTER, count, Math.floor(count / 2 ** 32));

const BLAKE2B_START = BLAKE2B_IV.map((word, index) => {
  const value = index === 0 ? word ^ BLAKE2B_PARAMETERS : word;
  return { low: Number(value & 0xffff_ffffn), high: Number(value >> 32n) };
});

export const BLAKE2B: StrongHash = {
  name: 'blake2',
  digestBytes: 32,
  lanes: BLAKE2B_LANES,
  chunkBytes: 128,
  tailStride: 128,
  tailBytes: (length) => (length === 0 ? 0 : ((length - 1) % 128) + 1),
  start: (kernel) => {
    BLAKE2B_START.forEach(({ low, high }, index) => {
      setLanes(kernel, STATE + index * 16, low, high);
    });
    setCounter(kernel, 0);
    setLanes(kernel, ADVANCE, 128, 0);
    setLanes(kernel, FINAL_MASK, 0, 0);
  },
  absorb: (kernel, chunks) => {
    kernel.run.blake2bAbsorb(chunks, COUNTER, ADVANCE, FINAL_MASK);
  },
  finish: (kernel, _tailBytes, length) => {
    setCounter(kernel, length);
    setLanes(kernel, ADVANCE, 0, 0);
    setLanes(kernel, FINAL_MASK, 0xffff_ffff, 0xffff_ffff);
    kernel.run.blake2bAbsorb(1, COUNTER, ADVANCE, FINAL_MASK);
  },
};

export const strongHash = (name: StrongName): StrongHash => (name === 'md4' ? MD4 : BLAKE2B);

/** Points every lane at its block; lanes without one repeat the last. */
function pointLanes(kernel: Kernel, hash: StrongHash, address: (lane: number) => number): void {
  for (let lane = 0; lane < hash.lanes; lane++) kernel.words[LANES / 4 + lane] = address(lane);
}

/** Puts the end of every lane's block at {@link TAIL} and finishes. */
function finishLanes(
  kernel: Kernel,
  hash: StrongHash,
  ends: (lane: number) => number,
  length: number,
): void {
  const tailBytes = hash.tailBytes(length);
  kernel.bytes.fill(0, TAIL, TAIL + hash.lanes * hash.tailStride);
  for (let lane = 0; lane < hash.lanes; lane++) {
    const end = ends(lane);
    kernel.bytes.copyWithin(TAIL + lane * hash.tailStride, end - tailBytes, end);
  }
  pointLanes(kernel, hash, (lane) => TAIL + lane * hash.tailStride);
  hash.finish(kernel, tailBytes, length);
}

/** Writes the digests of the first `count` lanes to `into`, one after the other. */
function readDigests(kernel: Kernel, hash: StrongHash, count: number, into: number): void {
  const { words } = kernel;
  // BLAKE2b's 64-bit lanes are two 32-bit ones; MD4's states hold 8 lanes of one.
  const perLane = hash === BLAKE2B ? 2 : 1;
  const stride = hash.lanes * perLane;
  for (let lane = 0; lane < count; lane++) {
    for (let word = 0; word < hash.digestBytes / 4; word++) {
      const from = Math.floor(word / perLane) * stride + lane * perLane + (word % perLane);
      words[(into + lane * hash.digestBytes) / 4 + word] = words[STATE / 4 + from] as number;
    }
  }
}

/** Blocks of one length that lie one after the other in a kernel's memory. */
interface BlockRun {
  readonly address: number;
  readonly length: number;
  readonly count: number;
}

/** Hashes blocks; digests go to `into`, whole and one after the other. */
export function hashBlocks(
  kernel: Kernel,
  hash: StrongHash,
  { address, length, count }: BlockRun,
  into: number,
): void {
  for (let first = 0; first < count; first += hash.lanes) {
    const used = Math.min(hash.lanes, count - first);
    const start = (lane: number) => address + (first + Math.min(lane, used - 1)) * length;
    const chunks = (length - hash.tailBytes(length)) / hash.chunkBytes;
    hash.start(kernel);
    pointLanes(kernel, hash, start);
    if (chunks > 0) hash.absorb(kernel, chunks);
    finishLanes(kernel, hash, (lane) => start(lane) + length, length);
    readDigests(kernel, hash, used, into + first * hash.digestBytes);
  }
}
