import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  cutWindow,
  HOLE_UNIT_BYTES,
  MIN_HOLE_BYTES,
  leastWindowBytes,
} from '../../../src/repo/worker/cut-window.js';
import { nextStep } from '../../../src/repo/worker/hole-map.js';
import { noise, runs } from '../../support/seed.js';

const CUTS = { min: 2048, average: 4096, max: 16_384 };
const UNIT = HOLE_UNIT_BYTES;
const LEAST_UNITS = MIN_HOLE_BYTES / UNIT;
const NOISE = noise(64 * UNIT, 1);

interface Part {
  readonly isHole: boolean;
  readonly lengthBytes: number;
}

/** The pieces of one segment that is there as a whole. */
function cutWhole(bytes: Uint8Array): Part[] {
  const whole = { offset: 0, isEnd: true, followsHole: false, precedesHole: false };
  return cutWindow({ bytes, ...whole }, CUTS).map(({ isHole, lengthBytes }) => ({
    isHole,
    lengthBytes,
  }));
}

/** The same, read window after window, with what a file system says of holes. */
function cutInWindows(bytes: Uint8Array, windowBytes: number, holes: readonly number[]): Part[] {
  const parts: Part[] = [];
  for (let offset = 0; offset < bytes.length;) {
    const step = nextStep(Float64Array.from(holes), offset, bytes.length, windowBytes);
    const followsHole = parts.at(-1)?.isHole ?? false;
    if (step.type === 'hole') {
      parts.push({ isHole: true, lengthBytes: step.lengthBytes });
      offset += step.lengthBytes;
      continue;
    }
    const { lengthBytes, isEnd, precedesHole } = step;
    const window = bytes.subarray(offset, offset + lengthBytes);
    const pieces = cutWindow({ bytes: window, offset, isEnd, followsHole, precedesHole }, CUTS);
    expect(pieces.length).toBeGreaterThan(0);
    for (const { isHole, lengthBytes: length } of pieces) {
      parts.push({ isHole, lengthBytes: length });
      offset += length;
    }
  }
  return joinHoles(parts);
}

function joinHoles(parts: readonly Part[]): Part[] {
  const joined: Part[] = [];
  for (const part of parts) {
    const before = joined.at(-1);
    if (part.isHole && before?.isHole) {
      joined[joined.length - 1] = {
        isHole: true,
        lengthBytes: before.lengthBytes + part.lengthBytes,
      };
    } else joined.push(part);
  }
  return joined;
}

const zeros = (units: number): Buffer => Buffer.alloc(units * UNIT);
const data = (units: number): Buffer => Buffer.from(NOISE.subarray(0, units * UNIT));
const holesOf = (parts: readonly Part[]): number[] =>
  parts.filter(({ isHole }) => isHole).map(({ lengthBytes }) => lengthBytes);

describe('runs of zeros', () => {
  test.each([
    ['at the start', [zeros(20), data(3)], [20]],
    ['in the middle', [data(3), zeros(16), data(3)], [16]],
    ['at the end', [data(3), zeros(17)], [17]],
    ['at the end, just long enough', [data(3), zeros(16)], [16]],
    ['alone, just long enough', [zeros(16)], [16]],
    ['alone, too short', [zeros(15)], []],
    ['everywhere', [zeros(40)], [40]],
    ['twice', [data(1), zeros(16), data(1), zeros(30), data(1)], [16, 30]],
    ['too short', [data(3), zeros(15), data(3)], []],
  ])('%s', (_, parts, holes) => {
    expect(holesOf(cutWhole(Buffer.concat(parts)))).toEqual(holes.map((units) => units * UNIT));
  });

  test('are holes from the first whole page to the last', () => {
    const bytes = Buffer.concat([data(1), Buffer.alloc(18 * UNIT + 500), data(1)]);
    bytes[UNIT] = 1;
    expect(cutWhole(bytes).map(({ lengthBytes }) => lengthBytes)).toContain(17 * UNIT);
  });

  test('reach to the end of a segment, be it within a page', () => {
    const bytes = Buffer.concat([data(2), Buffer.alloc(16 * UNIT + 123)]);
    expect(holesOf(cutWhole(bytes))).toEqual([16 * UNIT + 123]);
  });

  test('do not move the cuts of dense data', () => {
    const dense = data(60);
    const other = Buffer.concat([dense, zeros(20), dense]);
    const cuts = cutWhole(dense);
    expect(cutWhole(other)).toEqual([...cuts, { isHole: true, lengthBytes: 20 * UNIT }, ...cuts]);
  });
});

/** Data and zeros in turn, in quarters of a page, some far longer than a window. */
const stretches = fc.array(
  fc.record({
    isZero: fc.boolean(),
    quarters: fc.oneof(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 40, max: 250 })),
    /** Whether the file system knows that these zeros are a hole. */
    isKnown: fc.boolean(),
  }),
  { minLength: 1, maxLength: 12 },
);

test('the pieces depend neither on the windows nor on what is known of holes', () => {
  fc.assert(
    fc.property(stretches, fc.nat(40_000), fc.nat(UNIT - 1), (plan, extra, tail) => {
      const parts = plan.map(({ isZero, quarters }) =>
        isZero ? Buffer.alloc(quarters * 1024) : NOISE.subarray(0, quarters * 1024),
      );
      const bytes = Buffer.concat([...parts, Buffer.alloc(tail)]);
      const holes: number[] = [];
      let offset = 0;
      for (const { isZero, isKnown, quarters } of plan) {
        const start = Math.ceil(offset / UNIT) * UNIT;
        offset += quarters * 1024;
        const end = offset - (offset % UNIT);
        if (isZero && isKnown && end - start >= MIN_HOLE_BYTES) holes.push(start, end);
      }
      const expected = cutWhole(bytes);
      const least = leastWindowBytes(CUTS) + 1;
      expect(cutInWindows(bytes, least + extra, [])).toEqual(expected);
      expect(cutInWindows(bytes, least + extra, holes)).toEqual(expected);
      expect(holesOf(expected).every((length) => length > (LEAST_UNITS - 1) * UNIT)).toBe(true);
    }),
    runs(300),
  );
});

test('the zeros of a segment are a hole wherever they lie', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 200 }), fc.nat(100_000), (units, before) => {
      const bytes = Buffer.concat([NOISE.subarray(0, before), zeros(units), NOISE]);
      const first = Math.ceil(before / UNIT);
      const whole = Math.floor((before + units * UNIT) / UNIT) - first;
      // The noise has no zero byte at its start, so that it ends the run.
      expect(NOISE[0]).not.toBe(0);
      expect(holesOf(cutWhole(bytes))).toEqual(whole >= LEAST_UNITS ? [whole * UNIT] : []);
    }),
    runs(100),
  );
});
