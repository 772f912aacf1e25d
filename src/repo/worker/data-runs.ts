/** The bytes of a sparse file that have to be written: the pages that are not zeros. */
import { HOLE_UNIT_BYTES } from './cut-window.js';

const ZEROS = Buffer.alloc(HOLE_UNIT_BYTES);

/**
 * The ranges of `bytes`, which belong at `position` of the file, that hold data, in order. Borders
 * between them and zeros lie at multiples of a page in the file; neighbours are one.
 */
export function dataRuns(
  bytes: Uint8Array,
  position: number,
): (readonly [start: number, end: number])[] {
  const runs: [start: number, end: number][] = [];
  for (let start = 0; start < bytes.length;) {
    const untilPage = HOLE_UNIT_BYTES - ((position + start) % HOLE_UNIT_BYTES);
    const end = Math.min(start + untilPage, bytes.length);
    const before = runs.at(-1);
    if (isZero(bytes, start, end)) start = end;
    else {
      if (before?.[1] === start) before[1] = end;
      else runs.push([start, end]);
      start = end;
    }
  }
  return runs;
}

function isZero(bytes: Uint8Array, start: number, end: number): boolean {
  if (bytes[start] !== 0) return false;
  return Buffer.compare(bytes.subarray(start, end), ZEROS.subarray(0, end - start)) === 0;
}
