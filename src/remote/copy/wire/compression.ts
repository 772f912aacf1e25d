/** Bytes of files as one frame of zstd: their length is known to both sides before they are read. */
import { CodedError } from '../../../errors.js';
import { compress, compressBound, decompress, UndecodableError } from '../../../platform/zstd.js';

/** Fast enough for every link that is worth compressing for: some 400 MB/s on a core. */
const LEVEL = 1;

/** The bytes compressed, or undefined where that saves nothing. */
export function compressBody(parts: readonly Uint8Array[]): Uint8Array | undefined {
  const raw = parts.length === 1 ? (parts[0] as Uint8Array) : Buffer.concat(parts);
  const into = Buffer.allocUnsafe(compressBound(raw.length));
  const storedBytes = compress(raw, into, LEVEL);
  return storedBytes === undefined ? undefined : into.subarray(0, storedBytes);
}

/** Decompresses to `into`, which must be filled. @throws CodedError REMOTE_PROTOCOL */
export function decompressBody(stored: Uint8Array, into: Buffer): void {
  let cause: unknown;
  try {
    if (decompress(stored, into) === into.length) return;
  } catch (error) {
    if (!(error instanceof UndecodableError)) throw error;
    ({ cause } = error);
  }
  throw new CodedError('REMOTE_PROTOCOL', 'The compressed bytes from the other side are damaged.', {
    hint: 'Copy it again; if that fails too, use --compress off.',
    ...(cause !== undefined && { cause }),
  });
}
