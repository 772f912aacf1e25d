/** BLAKE3-256 over bytes: the name of every blob, and the proof of every rebuilt one. */
import { blakeModule } from './native-modules.js';

/** Length of a {@link blake3} hash, bytes. */
export const HASH_BYTES = 32;

/** The 32-byte BLAKE3 hash of `bytes` (about 4 GB/s on one core). */
export function blake3(bytes: Uint8Array): Buffer {
  return blakeModule().blake3(bytes);
}

/** Hashes bytes that come in pieces. */
export interface IncrementalHash {
  update(bytes: Uint8Array): void;
  /** The hash of all pieces, as hexadecimal digits. To be called once. */
  hex(): string;
}

/** {@link blake3} for bytes that come in pieces. */
export function startBlake3(): IncrementalHash {
  const hasher = new (blakeModule().Blake3Hasher)();
  return {
    update: (bytes) => {
      hasher.update(bytes);
    },
    hex: () => hasher.digest('hex'),
  };
}
