/**
 * The holes that a file system says a file has. They save reading, and are never believed: the map is
 * made of data that was flushed, must agree with the space that the file takes, and counts only when
 * it is the same after the reading (`docs/decisions/0024-sparse-files.md`).
 */
import type { FileStat } from '../../platform/at-calls.js';
import type { FileSystem } from '../../platform/files.js';
import { systemErrorCode } from '../../platform/platform.js';
import { sparseFlag } from '../tree/compare.js';
import { HOLE_UNIT_BYTES, MIN_HOLE_BYTES } from './cut-window.js';

/** Where each hole begins and ends, in order: an even count of numbers. */
export type HoleMap = Float64Array;

export const NO_HOLES: HoleMap = new Float64Array(0);

export function isSameMap(left: HoleMap, right: HoleMap): boolean {
  return left.length === right.length && left.every((edge, index) => edge === right[index]);
}

/** What a file may take beside its data: maps of its blocks, attributes. */
const OTHER_BYTES = 64 * 1024;
const OTHER_SHARE = 1 / 64;

/** The holes of an open file that are worth to be left out; none where that is not certain. */
export function mapHoles(files: FileSystem, descriptor: number, stat: FileStat): HoleMap {
  if (sparseFlag(stat) === 0 || !files.at.seeksHoles) return NO_HOLES;
  try {
    // Data that was in memory only was called a hole by some file systems.
    files.sync(descriptor);
    return askForHoles(files, descriptor, stat);
  } catch (error) {
    if (systemErrorCode(error) === undefined) throw error;
    return NO_HOLES;
  }
}

function askForHoles({ at }: FileSystem, descriptor: number, { sizeBytes }: FileStat): HoleMap {
  const holes: number[] = [];
  let dataBytes = 0;
  for (let offset = 0; offset < sizeBytes;) {
    const data = at.seek(descriptor, offset, 'data') ?? sizeBytes;
    const start = Math.ceil(offset / HOLE_UNIT_BYTES) * HOLE_UNIT_BYTES;
    const end = data < sizeBytes ? data - (data % HOLE_UNIT_BYTES) : sizeBytes;
    if (end - start >= MIN_HOLE_BYTES) holes.push(start, end);
    offset = data < sizeBytes ? (at.seek(descriptor, data, 'hole') ?? sizeBytes) : sizeBytes;
    dataBytes += offset - data;
  }
  const mostBytes = dataBytes * (1 + OTHER_SHARE) + OTHER_BYTES;
  const isPlausible = at.statOpen(descriptor).allocatedBytes <= mostBytes;
  return isPlausible ? Float64Array.from(holes) : NO_HOLES;
}

/** A segment, or as many of them as lie in one hole. */
export interface Stretch {
  readonly start: number;
  readonly end: number;
  readonly isHole: boolean;
}

/** The segments of a file, in order: an image of a petabyte has as many stretches as it has data. */
export function* stretchesOf(
  holes: HoleMap,
  sizeBytes: number,
  segmentBytes: number,
): Generator<Stretch> {
  for (let start = 0; start < sizeBytes;) {
    const [holeStart, holeEnd] = holeFrom(holes, start, sizeBytes);
    const whole = holeEnd === sizeBytes ? sizeBytes : holeEnd - (holeEnd % segmentBytes);
    const isHole = holeStart === start && whole > start;
    const end = isHole ? whole : Math.min(start + segmentBytes, sizeBytes);
    yield { start, end, isHole };
    start = end;
  }
}

/** How the next bytes of a segment come: as a hole of the map, or by reading a window. */
export type Step =
  | { readonly type: 'hole'; readonly lengthBytes: number }
  | {
      readonly type: 'window';
      readonly lengthBytes: number;
      readonly isEnd: boolean;
      readonly precedesHole: boolean;
    };

/** The step at `offset`, of a segment that ends at `end`; a window has at most `mostBytes`. */
export function nextStep(holes: HoleMap, offset: number, end: number, mostBytes: number): Step {
  const [holeStart, holeEnd] = holeFrom(holes, offset, end);
  if (holeStart === offset) return { type: 'hole', lengthBytes: holeEnd - offset };
  const lengthBytes = Math.min(mostBytes, holeStart - offset);
  const isEnd = offset + lengthBytes === holeStart;
  return { type: 'window', lengthBytes, isEnd, precedesHole: isEnd && holeStart < end };
}

/** The first hole at `offset` or behind it that is long enough within the segment, else its end. */
function holeFrom(holes: HoleMap, offset: number, end: number): [start: number, end: number] {
  for (let index = firstEndingBehind(holes, offset); index < holes.length; index += 2) {
    const start = Math.max(holes[index] ?? end, offset);
    if (start >= end) break;
    const holeEnd = Math.min(holes[index + 1] ?? end, end);
    if (holeEnd - start >= MIN_HOLE_BYTES) return [start, holeEnd];
  }
  return [end, end];
}

/** The position of the first hole that ends behind `offset`: bisection. */
function firstEndingBehind(holes: HoleMap, offset: number): number {
  let low = 0;
  let high = holes.length / 2;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if ((holes[2 * middle + 1] ?? 0) > offset) high = middle;
    else low = middle + 1;
  }
  return 2 * low;
}
