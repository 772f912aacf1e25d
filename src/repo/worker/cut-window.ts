/**
 * Cuts a part of a large file into pieces: runs of zeros become holes, and what lies between them is
 * cut at content-defined boundaries. The pieces depend on the bytes of the segment only, not on how it
 * comes in windows, nor on what the file system calls a hole. `docs/format.md` section 10.
 */
import type { ChunkParams } from '../../delta/chunk-params.js';
import { nextCut } from '../../delta/chunk.js';
import type { ChunkingParameters } from '../model.js';

/** Holes begin at multiples of this in the file, and end there or with their segment: a page. */
export const HOLE_UNIT_BYTES = 4096;
/** A shorter run of zeros is data: as a part of a chunk it costs next to nothing. */
export const MIN_HOLE_BYTES = 64 * 1024;

/** The sizes of chunks as the codec takes them. */
export function chunkParams(sizes: ChunkingParameters): ChunkParams {
  const { leastBytes: min, averageBytes: average, mostBytes: max } = sizes;
  return { min, average, max };
}

/** Bytes of one segment that begin at its start, at a cut, or at the end of a hole. */
export interface Window {
  readonly bytes: Uint8Array;
  /** Where they begin in the file. */
  readonly offset: number;
  /** Nothing of the segment follows, or a hole does. */
  readonly isEnd: boolean;
  /** A hole ends where they begin: zeros at their start belong to it. */
  readonly followsHole: boolean;
  /** A hole begins where they end: zeros at their end belong to it. */
  readonly precedesHole: boolean;
}

/** Pieces lie end to end, from the first byte of their window. */
export interface CutPiece {
  readonly start: number;
  readonly lengthBytes: number;
  readonly isHole: boolean;
}

/**
 * Unless the window is an end, what follows its last sure cut is left out: the next window begins
 * there. A window longer than {@link leastWindowBytes} always holds one.
 */
export function cutWindow(window: Window, chunking: ChunkParams): CutPiece[] {
  const { bytes, isEnd } = window;
  const pieces: CutPiece[] = [];
  let start = 0;
  const cutData = (end: number, sureUntil: number): void => {
    while (start < end && start <= sureUntil) {
      const cut = nextCut(bytes, start, end, chunking);
      pieces.push({ start, lengthBytes: cut - start, isHole: false });
      start = cut;
    }
  };
  for (const [holeStart, holeEnd] of findHoles(window)) {
    cutData(holeStart, holeStart);
    pieces.push({ start: holeStart, lengthBytes: holeEnd - holeStart, isHole: true });
    start = holeEnd;
  }
  const unsureBytes = leastWindowBytes(chunking);
  cutData(bytes.length, isEnd ? bytes.length : bytes.length - unsureBytes);
  return pieces;
}

/** What a cut may depend on: the longest chunk, and the shortest hole behind it. */
export function leastWindowBytes({ max }: ChunkParams): number {
  return max + MIN_HOLE_BYTES + 2 * HOLE_UNIT_BYTES;
}

type HoleRange = readonly [start: number, end: number];

function findHoles({ bytes, offset, isEnd, followsHole, precedesHole }: Window): HoleRange[] {
  const units = new Units(bytes, offset, isEnd);
  const holes: HoleRange[] = [];
  const least = MIN_HOLE_BYTES / HOLE_UNIT_BYTES;
  let unit = followsHole ? units.zerosFrom(0) : 0;
  if (unit > 0) holes.push(units.range(0, unit));
  // One of any `least` units in a row is looked at: dense data costs one look in 64 KiB.
  while (unit + least <= units.count) {
    const probe = unit + least - 1;
    const first = units.zerosBefore(probe + 1, unit);
    const end = first <= probe ? units.zerosFrom(probe) : probe + 1;
    if (end - first >= least) holes.push(units.range(first, end));
    unit = end;
  }
  const last = holes.at(-1)?.[1] ?? 0;
  const trailing = precedesHole ? units.zerosBefore(units.count, units.indexOf(last)) : units.count;
  if (trailing < units.count) holes.push(units.range(trailing, units.count));
  return holes;
}

const ZEROS = Buffer.alloc(HOLE_UNIT_BYTES);

/** The units of a window that lie in it as a whole; the last one of an end may be shorter. */
class Units {
  readonly count: number;
  private readonly bytes: Uint8Array;
  private readonly firstByte: number;
  private readonly endByte: number;

  constructor(bytes: Uint8Array, offset: number, isEnd: boolean) {
    this.bytes = bytes;
    this.firstByte = (HOLE_UNIT_BYTES - (offset % HOLE_UNIT_BYTES)) % HOLE_UNIT_BYTES;
    const length = Math.max(bytes.length - this.firstByte, 0);
    const whole = length - (length % HOLE_UNIT_BYTES);
    this.endByte = isEnd ? bytes.length : this.firstByte + whole;
    this.count = isEnd ? Math.ceil(length / HOLE_UNIT_BYTES) : whole / HOLE_UNIT_BYTES;
  }

  range(first: number, end: number): HoleRange {
    return [this.startOf(first), Math.min(this.startOf(end), this.endByte)];
  }

  /** The unit that begins at or behind a byte. */
  indexOf(byte: number): number {
    return Math.max(Math.ceil((byte - this.firstByte) / HOLE_UNIT_BYTES), 0);
  }

  /** The first unit from `unit` on that is not zeros. */
  zerosFrom(unit: number): number {
    while (unit < this.count && this.isZero(unit)) unit += 1;
    return unit;
  }

  /** The first of the units of zeros that end before `unit`, not before `least`. */
  zerosBefore(unit: number, least: number): number {
    while (unit > least && this.isZero(unit - 1)) unit -= 1;
    return unit;
  }

  private isZero(unit: number): boolean {
    const start = this.startOf(unit);
    if (this.bytes[start] !== 0) return false;
    const end = Math.min(start + HOLE_UNIT_BYTES, this.endByte);
    const zeros = end - start === HOLE_UNIT_BYTES ? ZEROS : ZEROS.subarray(0, end - start);
    return Buffer.compare(this.bytes.subarray(start, end), zeros) === 0;
  }

  private startOf(unit: number): number {
    return this.firstByte + unit * HOLE_UNIT_BYTES;
  }
}
