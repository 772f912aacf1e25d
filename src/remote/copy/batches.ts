/** The bytes of a copy on their way: several batches at once, each in memory that is used again. */
import { withMemory } from '../transport/memory.js';
import { forEachAtOnce } from '../../threads/limiter.js';
import type { PlacedRange, FileRange } from './worker/messages.js';

/** Bytes of a batch, unless a single block is longer. */
export const BATCH_BYTES = 4 * 1024 * 1024;
/** A batch names at most this many pieces. */
export const MAX_PIECES = 4096;

/** Consecutive ranges in groups of at most `mostBytes`, but at least one range each. */
export function groupsOf<T extends FileRange>(ranges: readonly T[], mostBytes: number): T[][] {
  const groups: T[][] = [];
  let bytes = Infinity;
  for (const range of ranges) {
    const last = groups.at(-1);
    bytes += range.length;
    if (last && bytes <= mostBytes && last.length < MAX_PIECES) {
      last.push(range);
    } else {
      groups.push([range]);
      bytes = range.length;
    }
  }
  return groups;
}

/** The ranges one after the other in memory. */
export function placed(ranges: readonly FileRange[]): PlacedRange[] {
  let at = 0;
  return ranges.map((range) => {
    const here = { ...range, at };
    at += range.length;
    return here;
  });
}

export const totalBytes = (ranges: readonly FileRange[]): number =>
  ranges.reduce((sum, { length }) => sum + length, 0);

/** Does `work` for ranges in batches, `concurrency` at a time, each holding its share of the memory. */
export async function forEachBatch(
  ranges: readonly FileRange[],
  concurrency: number,
  work: (batch: readonly PlacedRange[], memory: SharedArrayBuffer) => Promise<void>,
): Promise<void> {
  await forEachAtOnce(groupsOf(ranges, BATCH_BYTES), concurrency, (group) =>
    withMemory(totalBytes(group), (memory) => work(placed(group), memory)),
  );
}
