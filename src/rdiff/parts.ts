/** How a large file is cut into parts for several threads. */
import type { ByteSource } from './bytes-io.js';
import { strongHash } from './format/strong.js';
import type { SignatureHeader } from './format/signature.js';

/** A range of a file. */
export interface FilePart {
  readonly start: number;
  readonly end: number;
}

/** Below this a second thread takes longer to start than to help. */
const MIN_SPLIT_BYTES = 32 * 1024 * 1024;
/** Large enough that messages cost nothing, small enough that threads end together. */
const PART_BYTES = 8 * 1024 * 1024;

/** Whether `source` can be, and should be, read by several threads. */
export function worthSplitting(source: ByteSource, jobs: number): boolean {
  const { size, descriptor } = source;
  return jobs > 1 && descriptor !== undefined && size !== undefined && size >= MIN_SPLIT_BYTES;
}

/** Blocks in a part: as many as the hash takes side by side, or a multiple. */
export function blocksPerPart({ kind, blockLength }: SignatureHeader): number {
  const { lanes } = strongHash(kind.strong);
  return Math.max(1, Math.round(PART_BYTES / (blockLength * lanes))) * lanes;
}

/** Parts of `length` bytes; the last is the rest, and never shorter than `shortest`. */
export function splitEvenly(size: number, length: number, shortest = 1): readonly FilePart[] {
  const parts: FilePart[] = [];
  for (let start = 0; start < size;) {
    const end = size - start < length + shortest ? size : start + length;
    parts.push({ start, end });
    start = end;
  }
  return parts;
}
