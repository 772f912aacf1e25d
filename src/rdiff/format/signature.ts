/** A signature in memory, and its file header. */
import { CodedError } from '../../errors.js';
import { count } from '../../platform/count.js';
import { MAX_BLOCK_LENGTH } from './arguments.js';
import { readUint32, writeUint } from './bytes.js';
import { badMagic, kindOfMagic, MAX_STRONG_LENGTH, type SignatureKind } from './kinds.js';

/** What the sums of a basis' blocks are. The signature does not say which basis, nor its length. */
export interface SignatureHeader {
  readonly kind: SignatureKind;
  readonly blockLength: number;
  readonly strongLength: number;
}

/** The sums of all blocks of a basis, in order. */
export interface Signature extends SignatureHeader {
  readonly blockCount: number;
  /** One weak sum a block. */
  readonly weak: Uint32Array;
  /** The entries as they stand in the file; {@link strongOffset} says where the strong sums are. */
  readonly entries: Uint8Array;
}

export const HEADER_BYTES = 12;
export const WEAK_BYTES = 4;

export const entryBytes = (header: SignatureHeader): number => WEAK_BYTES + header.strongLength;

/** Where in {@link Signature.entries} the strong sum of a block begins. */
export const strongOffset = (header: SignatureHeader, block: number): number =>
  block * entryBytes(header) + WEAK_BYTES;

/** Whether the strong sum of `block` is the one that starts at `bytes[at]`. */
export function hasStrongSum(
  signature: Signature,
  block: number,
  bytes: Uint8Array,
  at: number,
): boolean {
  const { entries, strongLength } = signature;
  const start = strongOffset(signature, block);
  for (let i = 0; i < strongLength; i++) if (entries[start + i] !== bytes[at + i]) return false;
  return true;
}

export function encodeHeader({ kind, blockLength, strongLength }: SignatureHeader): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES);
  writeUint(bytes, 0, 4, kind.magic);
  writeUint(bytes, 4, 4, blockLength);
  writeUint(bytes, 8, 4, strongLength);
  return bytes;
}

/**
 * Reads the first {@link HEADER_BYTES} bytes of a signature.
 * @throws CodedError RDIFF_BAD_MAGIC, RDIFF_CORRUPT, RDIFF_PARAMETER
 */
export function decodeHeader(bytes: Uint8Array): SignatureHeader {
  const magic = readUint32(bytes, 0);
  const kind = kindOfMagic(magic);
  if (kind === undefined) throw badMagic('signature', magic, 'that of a signature');
  const blockLength = readUint32(bytes, 4);
  if (blockLength === 0 || blockLength > MAX_BLOCK_LENGTH) {
    throw new CodedError('RDIFF_CORRUPT', `block length of ${blockLength | 0} is bogus`);
  }
  const strongLength = readUint32(bytes, 8);
  if (strongLength === 0 || strongLength > MAX_STRONG_LENGTH) {
    throw new CodedError('RDIFF_CORRUPT', `strong sum length of ${strongLength | 0} is bogus`);
  }
  if (strongLength > kind.maxStrongLength) {
    throw new CodedError(
      'RDIFF_PARAMETER',
      `invalid strong sum length ${strongLength}: ${kind.strong} has ${count(kind.maxStrongLength, 'byte')}`,
    );
  }
  return { kind, blockLength, strongLength };
}
