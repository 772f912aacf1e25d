/**
 * Spans as people read them. A version counts `[first, last)` in numbers of its time; some of those
 * snapshots may have been pruned since, so both ends are moved to snapshots that are still there.
 */

/** The snapshots that have something, both ends included. */
export interface Span {
  readonly firstSnapshot: number;
  readonly lastSnapshot: number;
}

/** What a version says of its range; `last` 0: still current. */
interface VersionRange {
  readonly first: number;
  readonly last: number;
}

/** The span of versions of a source whose snapshots are `numbers` (ascending); undefined: in none. */
export function createSpans(numbers: readonly number[]): (range: VersionRange) => Span | undefined {
  return ({ first, last }) => {
    const firstSnapshot = numbers[countBelow(numbers, first)];
    const end = last === 0 ? numbers.length : countBelow(numbers, last);
    const lastSnapshot = numbers[end - 1];
    if (firstSnapshot === undefined || lastSnapshot === undefined) return undefined;
    return firstSnapshot > lastSnapshot ? undefined : { firstSnapshot, lastSnapshot };
  };
}

/** How many of `numbers` (ascending) are below `limit`. */
function countBelow(numbers: readonly number[], limit: number): number {
  let low = 0;
  let high = numbers.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((numbers[middle] ?? limit) < limit) low = middle + 1;
    else high = middle;
  }
  return low;
}
