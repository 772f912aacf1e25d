/**
 * Holes: long runs of zeros in large files, which are stored nowhere. In a list of blobs a hole stands
 * as a hash that no blob has: its length as a u64, and 24 zero bytes (`docs/format.md` section 6.1).
 */
import { HASH_BYTES } from '../../platform/hash.js';

/** What stands for a hole in a list of hashes. The length comes first: the index finds hashes by it. */
export function holeHash(lengthBytes: number): Buffer {
  const hash = Buffer.alloc(HASH_BYTES);
  hash.writeBigUInt64LE(BigInt(lengthBytes));
  return hash;
}

/** The length of the hole that stands in the place of a hash, bytes; undefined for a hash. */
export function holeLength(hash: Uint8Array): number | undefined {
  if (hash.subarray(8, HASH_BYTES).some((byte) => byte !== 0)) return undefined;
  const length = new DataView(hash.buffer, hash.byteOffset, 8).getBigUint64(0, true);
  return length > 0n && length <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(length) : undefined;
}
