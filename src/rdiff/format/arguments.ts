/** Block length and strong sum length for a basis, as librsync 2.3 recommends them. */
import { CodedError } from '../../errors.js';
import { expectOptions, expectWhole, isObject, wrongArgument } from './expect.js';
import type { SignatureKind } from './kinds.js';

/** What the caller asks for; absent or 0 means: choose. */
export interface SignatureSizes {
  /** Bytes of basis that one entry covers. */
  readonly blockLength?: number;
  /** Bytes kept of each strong sum: 0 the whole, -1 the fewest that are safe against accidents. */
  readonly strongLength?: number;
}

/** Sizes that a signature can be written with. */
export interface ChosenSizes {
  readonly blockLength: number;
  readonly strongLength: number;
  /** The fewest strong sum bytes that keep an accidental match below 2^-32 or so. */
  readonly safeStrongLength: number;
}

/** The block length for a basis whose size is not known, such as a pipe. */
const DEFAULT_BLOCK_LENGTH = 2048;
const DEFAULT_SAFE_STRONG_LENGTH = 12;
const SMALLEST_BLOCK_LENGTH = 256;
const SMALL_BASIS = SMALLEST_BLOCK_LENGTH ** 2;
/** Recommended block lengths are multiples of the strong hashes' chunk. */
const BLOCK_LENGTH_GRAIN = 128;
export const MAX_BLOCK_LENGTH = 2 ** 31 - 1;

/** floor(sqrt(value)); doubles are exact far beyond any file size, but their root is rounded. */
function integerRoot(value: number): number {
  const root = Math.floor(Math.sqrt(value));
  return BigInt(root) ** 2n > BigInt(value) ? root - 1 : root;
}

const floorLog2 = (value: number): number => BigInt(value).toString(2).length - 1;

function recommendedBlockLength(basisSize: number | undefined): number {
  if (basisSize === undefined) return DEFAULT_BLOCK_LENGTH;
  if (basisSize <= SMALL_BASIS) return SMALLEST_BLOCK_LENGTH;
  const root = integerRoot(basisSize);
  return Math.min(root - (root % BLOCK_LENGTH_GRAIN), MAX_BLOCK_LENGTH);
}

function safeStrongLength(basisSize: number | undefined, blockLength: number): number {
  if (basisSize === undefined) return DEFAULT_SAFE_STRONG_LENGTH;
  const blocks = Math.floor(basisSize / blockLength) + 1;
  return 2 + Math.floor((floorLog2(basisSize + 2 ** 24) + floorLog2(blocks) + 7) / 8);
}

function refuse(name: string, value: number, range: string): never {
  throw new CodedError('RDIFF_PARAMETER', `invalid ${name} ${value}: it must be ${range}`);
}

/**
 * librsync's `rs_sig_args`.
 * @param basisSize undefined when unknown (a pipe).
 * @throws CodedError RDIFF_PARAMETER when an asked size cannot be written
 */
export function signatureArguments(
  kind: SignatureKind,
  basisSize: number | undefined,
  sizes: SignatureSizes = {},
): ChosenSizes {
  if (!isObject(kind) || typeof kind.maxStrongLength !== 'number') {
    throw wrongArgument('The kind', 'a kind of signature', kind, 'signatureKind gives one.');
  }
  if (basisSize !== undefined) {
    expectWhole('The size of the basis', basisSize, 0, Number.MAX_SAFE_INTEGER);
  }
  expectOptions(sizes, 'The sizes');
  const { blockLength = 0, strongLength = 0 } = sizes;
  if (!Number.isInteger(blockLength) || blockLength < 0 || blockLength > MAX_BLOCK_LENGTH) {
    refuse('block length', blockLength, `0 to ${MAX_BLOCK_LENGTH}`);
  }
  const { maxStrongLength } = kind;
  if (!Number.isInteger(strongLength) || strongLength < -1 || strongLength > maxStrongLength) {
    refuse('strong sum length', strongLength, `-1 to ${maxStrongLength} for ${kind.strong}`);
  }
  const block = blockLength === 0 ? recommendedBlockLength(basisSize) : blockLength;
  const safe = safeStrongLength(basisSize, block);
  const strong = strongLength === 0 ? maxStrongLength : strongLength === -1 ? safe : strongLength;
  return { blockLength: block, strongLength: strong, safeStrongLength: safe };
}
