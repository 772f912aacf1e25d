/** Where what is there differs from what is wanted, in pages: what a patch has to write. */

/** The page of the usual file systems: less than one is written as one. */
const PAGE_BYTES = 4096;

/**
 * The ranges of `wanted`, in order, that differ from `there`, which may be shorter. Both begin at
 * `position` of a file, and the ranges are whole pages of that file, but for its ends; neighbours are
 * one range.
 */
export function differingRuns(
  there: Uint8Array,
  wanted: Uint8Array,
  position: number,
): (readonly [start: number, end: number])[] {
  const runs: [start: number, end: number][] = [];
  const endOfPage = (start: number): number =>
    Math.min(start + PAGE_BYTES - ((position + start) % PAGE_BYTES), wanted.length);
  for (let start = 0; start < wanted.length; start = endOfPage(start)) {
    const end = endOfPage(start);
    const isSame =
      end <= there.length &&
      Buffer.compare(there.subarray(start, end), wanted.subarray(start, end)) === 0;
    if (isSame) continue;
    const before = runs.at(-1);
    if (before?.[1] === start) before[1] = end;
    else runs.push([start, end]);
  }
  return runs;
}
