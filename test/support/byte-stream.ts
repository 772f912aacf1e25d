/** Streams of given bytes. */
import type { ByteStream } from '../../src/platform/byte-streams.js';

/** `bytes` in pieces of `pieceBytes`; then the stream ends, or fails. */
export function streamOf(
  bytes: string | Uint8Array,
  options: {
    readonly pieceBytes?: number;
    readonly isProvedByEnd?: boolean;
    readonly failure?: Error;
  } = {},
): ByteStream {
  const { pieceBytes = 65_536, isProvedByEnd = false, failure } = options;
  const all = Buffer.from(bytes);
  return {
    isProvedByEnd,
    // eslint-disable-next-line @typescript-eslint/require-await
    async *open() {
      for (let start = 0; start < all.length; start += pieceBytes) {
        yield all.subarray(start, start + pieceBytes);
      }
      if (failure) throw failure;
    },
  };
}
