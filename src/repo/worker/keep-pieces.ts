/** Hashes the pieces of a window, and keeps them until the main thread says which to store. */
import { blake3, HASH_BYTES } from '../../platform/hash.js';
import { holeHash } from '../packs/hole.js';
import type { WorkerContext } from './context.js';
import type { CutPiece } from './cut-window.js';

/** `buffer` is given back to the pool when the ticket is stored. */
export function keepPieces(
  { tickets }: WorkerContext,
  ticket: number,
  buffer: Buffer,
  pieces: readonly CutPiece[],
): { lengths: number[]; hashes: Uint8Array } {
  const hashes = new Uint8Array(pieces.length * HASH_BYTES);
  pieces.forEach(({ start, lengthBytes, isHole }, index) => {
    const hash = isHole
      ? holeHash(lengthBytes)
      : blake3(buffer.subarray(start, start + lengthBytes));
    hashes.set(hash, index * HASH_BYTES);
  });
  const starts = pieces.map(({ start }) => start);
  const lengths = pieces.map(({ lengthBytes }) => lengthBytes);
  tickets.set(ticket, { bytes: buffer, starts, lengths, hashes, sharesFrames: false });
  return { lengths, hashes };
}
