/**
 * Zeros and their hashes: what a hole holds is neither read nor hashed block by block, since a client
 * can make a hole of any length with one short request.
 */
import type { HashMethod } from './methods.js';

/** Hashes that are remembered: those of a file's blocks and of its end, for a few files. */
const MAX_KNOWN = 64;
/** Longer zeros are hashed in parts of this length. */
const PART_BYTES = 256 * 1024;

const known = new Map<string, Uint8Array>();
let zeros = new Uint8Array(0);

/** This many zeros, to be read only. */
export function zeroBytes(length: number): Uint8Array {
  if (zeros.length < length) zeros = new Uint8Array(length);
  return zeros.subarray(0, length);
}

/** The hash of this many zeros. */
export function zeroDigest(method: HashMethod, length: number): Uint8Array {
  const key = `${method.name} ${length}`;
  const digest = known.get(key) ?? hashZeros(method, length);
  known.delete(key);
  known.set(key, digest);
  const [oldest] = known.keys();
  if (known.size > MAX_KNOWN && oldest !== undefined) known.delete(oldest);
  return digest;
}

/** Whether all of them are zeros: answered at the first part that is not. */
export function areZeros(bytes: Uint8Array): boolean {
  for (let done = 0; done < bytes.length; done += PART_BYTES) {
    const part = bytes.subarray(done, done + PART_BYTES);
    if (Buffer.compare(part, zeroBytes(PART_BYTES).subarray(0, part.length)) !== 0) return false;
  }
  return true;
}

function hashZeros(method: HashMethod, length: number): Uint8Array {
  const hash = method.start();
  for (let done = 0; done < length; done += PART_BYTES) {
    hash.update(zeroBytes(Math.min(PART_BYTES, length - done)));
  }
  return hash.digest();
}
