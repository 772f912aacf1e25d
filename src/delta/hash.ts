/** BLAKE3-256 over bytes: the name of every blob, and the proof of every rebuilt one. */
import { createRequire } from 'node:module';

/** Length of a {@link blake3} hash, bytes. */
export const HASH_BYTES = 32;

type Hash = (bytes: Uint8Array) => Buffer;
let native: Hash | undefined;

/** The 32-byte BLAKE3 hash of `bytes` (about 4 GB/s on one core). */
export function blake3(bytes: Uint8Array): Buffer {
  native ??= loadNative();
  return native(bytes);
}

/** Loading takes 5 ms, which a command that hashes nothing is spared. */
function loadNative(): Hash {
  const library = createRequire(import.meta.url)('@napi-rs/blake-hash') as { blake3: Hash };
  return library.blake3;
}
