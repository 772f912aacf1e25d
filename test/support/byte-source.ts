/** Sources and sinks of rdiff's steps as a test wants them. */
import type { ByteSink, ByteSource } from '../../src/rdiff/bytes-io.js';

/** Gives `bytes` at most `pieceBytes` at a time; `size` is what it says of itself, undefined for a pipe. */
export function sourceOf(
  bytes: Uint8Array,
  size: number | undefined = bytes.length,
  pieceBytes = 1000,
): ByteSource {
  let at = 0;
  return {
    name: 'source',
    size,
    read(into) {
      const piece = bytes.subarray(at, at + Math.min(pieceBytes, into.length));
      into.set(piece);
      at += piece.length;
      return Promise.resolve(piece.length);
    },
  };
}

/** A source that does not know its size. */
export const pipeOf = (bytes: Uint8Array): ByteSource => ({
  ...sourceOf(bytes),
  size: undefined,
});

/** Takes what is written; the writer may use its bytes again. */
export function collector(): ByteSink & { readonly bytes: () => Buffer } {
  const pieces: Buffer[] = [];
  return {
    write: (bytes) => void pieces.push(Buffer.from(bytes)),
    bytes: () => Buffer.concat(pieces),
  };
}
