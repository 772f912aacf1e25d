/**
 * The sizes of chunks, apart from cutting, whose table is 256 hashes: a query, which only reads the
 * sizes of its repository, is spared 3 ms.
 */

/** The sizes of chunks, bytes. */
export interface ChunkParams {
  /** No chunk is shorter, except the last of a segment. At least 32. */
  readonly min: number;
  /** The size aimed at, a power of two between `min` and `max`, 256 to 2^29. */
  readonly average: number;
  /** No chunk is longer. */
  readonly max: number;
}

/** Whether the sizes are ones that `nextCut` (`chunk.ts`) is specified for; it does not check them itself. */
export function areChunkParams({ min, average, max }: ChunkParams): boolean {
  return (
    [min, average, max].every(Number.isSafeInteger) &&
    min >= WINDOW_BYTES &&
    min <= average &&
    average <= max &&
    average >= 2 ** 8 &&
    average <= 2 ** 29 &&
    Number.isInteger(Math.log2(average))
  );
}

/** Bytes that a cut depends on: 32 shifts push a byte out of the hash. */
export const WINDOW_BYTES = 32;
