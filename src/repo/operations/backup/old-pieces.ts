/** Which piece of a large file's old content a new piece most likely replaces. */
import { BlobKind } from '../../index/blobs.js';
import type { Index } from '../../index/index.js';
import type { ContentRef } from '../../model.js';
import { blobList } from './retired.js';

export interface OldPieces {
  /**
   * The old blob at the place of a new piece, or undefined. Pieces are asked for in order, those that
   * both contents have included: by them it is known how far the bytes between have moved.
   */
  at(start: number, lengthBytes: number, blob: number): number | undefined;
}

export function createOldPieces(index: Index, content: ContentRef): OldPieces {
  const olds = blobList(index, content);
  // A file of 20 GB has 80 000 pieces.
  const ids = Float64Array.from(olds, ({ id }) => id);
  const starts = new Float64Array(olds.length);
  const startOf = new Map<number, number>();
  let lengthBytes = 0;
  for (const [position, old] of olds.entries()) {
    starts[position] = lengthBytes;
    // Holes of one length are one blob, wherever they lie: they do not show what has moved.
    if (old.kind !== BlobKind.hole) startOf.set(old.id, lengthBytes);
    lengthBytes += old.lengthBytes;
  }
  let moved = 0;

  return {
    at(start, length, blob) {
      const same = startOf.get(blob);
      if (same !== undefined) moved = same - start;
      const middle = start + moved + length / 2;
      if (same !== undefined || middle < 0 || middle >= lengthBytes) return undefined;
      return ids[lastAtMost(starts, middle)];
    },
  };
}

/** The position of the last of the sorted `values` that is at most `limit`. */
function lastAtMost(values: Float64Array, limit: number): number {
  let low = 0;
  let high = values.length;
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if ((values[middle] ?? Infinity) <= limit) low = middle;
    else high = middle;
  }
  return low;
}
