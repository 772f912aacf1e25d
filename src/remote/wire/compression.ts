/** Bytes of files as one frame of zstd: their length is known to both sides before they are read. */
import { CodedError, isDamage } from '../../errors.js';
import {
  Codec,
  compressBound,
  compressSection,
  decompressSection,
} from '../../repo/packs/codec.js';

/** Fast enough for every link that is worth compressing for: some 400 MB/s on a core. */
const LEVEL = 1;

/** The bytes compressed, or undefined where that saves nothing. */
export function compress(parts: readonly Uint8Array[]): Uint8Array | undefined {
  const raw = parts.length === 1 ? (parts[0] as Uint8Array) : Buffer.concat(parts);
  const into = Buffer.allocUnsafe(compressBound(raw.length));
  const { codec, storedBytes } = compressSection(raw, into, LEVEL);
  return codec === Codec.zstd ? into.subarray(0, storedBytes) : undefined;
}

/** Decompresses to `into`, which they must fill. @throws CodedError REMOTE_PROTOCOL */
export function decompress(stored: Uint8Array, into: Buffer): void {
  try {
    decompressSection(stored, Codec.zstd, into.length, () => into);
  } catch (cause) {
    if (!isDamage(cause)) throw cause;
    throw new CodedError('REMOTE_PROTOCOL', 'Compressed bytes of the other side are damaged.', {
      hint: 'Copy it again; with --compress off if it happens again.',
      cause,
    });
  }
}
