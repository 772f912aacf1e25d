import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { FileStat } from '../../../src/platform/at-calls.js';
import type { FileSystem } from '../../../src/platform/files.js';
import {
  isSameMap,
  mapHoles,
  nextStep,
  NO_HOLES,
  stretchesOf,
  type HoleMap,
} from '../../../src/repo/worker/hole-map.js';
import { systemError } from '../../support/faulty-files.js';
import { runs } from '../../support/seed.js';

const PAGE = 4096;
const LEAST = 64 * 1024;
const KIB = 1024;
const MIB = 1024 * KIB;

interface SparseFile {
  readonly sizeBytes: number;
  /** Where each extent of data begins and ends, in order. */
  readonly data: readonly (readonly [start: number, end: number])[];
  /** Default: what the data takes. */
  readonly allocatedBytes?: number;
}

/** A file system that has one sparse file, and says in which order it was asked. */
function holding({ sizeBytes, data, allocatedBytes }: SparseFile) {
  const calls: string[] = [];
  const taken = allocatedBytes ?? data.reduce((sum, [start, end]) => sum + end - start, 0);
  const stat = { sizeBytes, allocatedBytes: taken } as FileStat;
  const files = {
    sync: () => void calls.push('sync'),
    at: {
      seeksHoles: true,
      statOpen: () => stat,
      seek(_: number, offset: number, next: 'data' | 'hole'): number | undefined {
        calls.push('seek');
        const within = data.find(([start, end]) => start <= offset && offset < end);
        if (next === 'data') {
          return within ? offset : data.find(([start]) => start > offset)?.[0];
        }
        return within ? within[1] : offset;
      },
    },
  } as unknown as FileSystem;
  return { files, stat, calls };
}

const holesOf = (file: SparseFile): number[] => {
  const { files, stat } = holding(file);
  return [...mapHoles(files, 3, stat)];
};

describe('a hole is', () => {
  test.each<[string, SparseFile, number[]]>([
    ['the whole file', { sizeBytes: MIB, data: [] }, [0, MIB]],
    ['its beginning', { sizeBytes: MIB, data: [[LEAST, MIB]] }, [0, LEAST]],
    ['its end, even within a page', { sizeBytes: MIB + 5, data: [[0, PAGE]] }, [PAGE, MIB + 5]],
    [
      'between two extents',
      {
        sizeBytes: MIB,
        data: [
          [0, PAGE],
          [MIB - PAGE, MIB],
        ],
      },
      [PAGE, MIB - PAGE],
    ],
    ['no shorter run', { sizeBytes: MIB, data: [[LEAST - PAGE, MIB]] }, []],
    ['from the next page on', { sizeBytes: MIB, data: [[0, 100]] }, [PAGE, MIB]],
    ['to the last whole page', { sizeBytes: MIB, data: [[LEAST + 100, MIB]] }, [0, LEAST]],
    ['nothing that is too short in whole pages', { sizeBytes: LEAST + 100, data: [[0, 101]] }, []],
  ])('%s', (_, file, expected) => {
    expect(holesOf(file)).toEqual(expected);
  });

  test('asked for after what is in memory was written', () => {
    const { files, stat, calls } = holding({ sizeBytes: MIB, data: [[0, PAGE]] });
    mapHoles(files, 3, stat);
    expect(calls[0]).toBe('sync');
    expect(calls.slice(1)).not.toContain('sync');
    expect(calls.length).toBeGreaterThan(2);
  });
});

describe('there are none', () => {
  test('where the file takes more space than such holes would leave', () => {
    const data = [[0, 64 * LEAST]] as const;
    const sizeBytes = 128 * LEAST;
    const most = 64 * LEAST * (1 + 1 / 64) + LEAST;
    expect(holesOf({ sizeBytes, data, allocatedBytes: most })).toEqual([64 * LEAST, sizeBytes]);
    expect(holesOf({ sizeBytes, data, allocatedBytes: most + 1 })).toEqual([]);
  });

  test('where the file takes all its space, and nobody is asked', () => {
    const { files, stat, calls } = holding({ sizeBytes: MIB, data: [], allocatedBytes: MIB });
    expect(mapHoles(files, 3, stat)).toBe(NO_HOLES);
    expect(calls).toEqual([]);
  });

  test('where the system cannot say, or refuses to', () => {
    const { files, stat } = holding({ sizeBytes: MIB, data: [] });
    const silent = { ...files, at: { ...files.at, seeksHoles: false } };
    expect(mapHoles(silent, 3, stat)).toBe(NO_HOLES);
    const refusing = {
      ...files,
      sync: () => {
        throw systemError('EINVAL');
      },
    };
    expect(mapHoles(refusing, 3, stat)).toBe(NO_HOLES);
  });

  test.each(['EINVAL', 'EIO', 'ENXIO'])('where it answers %s', (code) => {
    const { files, stat } = holding({ sizeBytes: MIB, data: [] });
    const seek = (): never => {
      throw systemError(code);
    };
    expect(mapHoles({ ...files, at: { ...files.at, seek } }, 3, stat)).toBe(NO_HOLES);
  });

  test('but a bug is told', () => {
    const { files, stat } = holding({ sizeBytes: MIB, data: [] });
    const broken = {
      ...files,
      sync: () => {
        throw new TypeError('a bug');
      },
    };
    expect(() => mapHoles(broken, 3, stat)).toThrow('a bug');
  });
});

test('maps are the same when every edge is', () => {
  const map = (...edges: number[]): HoleMap => Float64Array.from(edges);
  expect(isSameMap(map(0, 5), map(0, 5))).toBe(true);
  expect(isSameMap(map(0, 5), map(0, 6))).toBe(false);
  expect(isSameMap(map(0, 5), map(0, 5, 7, 8))).toBe(false);
  expect(isSameMap(map(0, 5, 7, 8), map(0, 5))).toBe(false);
  expect(isSameMap(NO_HOLES, map())).toBe(true);
});

describe('the segments of a file', () => {
  test('that lie in one hole are one stretch, and the rest of the hole is in the next segment', () => {
    const holes = Float64Array.from([MIB, 3 * MIB + 512 * KIB]);
    expect([...stretchesOf(holes, 5 * MIB, MIB)]).toEqual([
      { start: 0, end: MIB, isHole: false },
      { start: MIB, end: 3 * MIB, isHole: true },
      { start: 3 * MIB, end: 4 * MIB, isHole: false },
      { start: 4 * MIB, end: 5 * MIB, isHole: false },
    ]);
  });

  test('that are shorter than a hole are no stretch of it; one to the end of the file is', () => {
    const holes = Float64Array.from([0, 512 * KIB, 2 * MIB, 2 * MIB + 512 * KIB]);
    expect([...stretchesOf(holes, 2 * MIB + 512 * KIB, MIB)]).toEqual([
      { start: 0, end: MIB, isHole: false },
      { start: MIB, end: 2 * MIB, isHole: false },
      { start: 2 * MIB, end: 2 * MIB + 512 * KIB, isHole: true },
    ]);
  });
});

describe('a step', () => {
  const holes = Float64Array.from([LEAST, 3 * LEAST, 4 * LEAST, 6 * LEAST]);
  test.each<[number, number, number, ReturnType<typeof nextStep>]>([
    [0, MIB, MIB, { type: 'window', lengthBytes: LEAST, isEnd: true, precedesHole: true }],
    [0, MIB, 100, { type: 'window', lengthBytes: 100, isEnd: false, precedesHole: false }],
    [LEAST, MIB, MIB, { type: 'hole', lengthBytes: 2 * LEAST }],
    [2 * LEAST, MIB, 9, { type: 'hole', lengthBytes: LEAST }],
    // What is left of a hole is too short to be one; so it is read up to the next.
    [
      2 * LEAST + 1,
      MIB,
      MIB,
      { type: 'window', lengthBytes: 2 * LEAST - 1, isEnd: true, precedesHole: true },
    ],
    [4 * LEAST, 5 * LEAST, MIB, { type: 'hole', lengthBytes: LEAST }],
    [
      6 * LEAST,
      7 * LEAST,
      MIB,
      { type: 'window', lengthBytes: LEAST, isEnd: true, precedesHole: false },
    ],
    [
      3 * LEAST,
      4 * LEAST,
      MIB,
      { type: 'window', lengthBytes: LEAST, isEnd: true, precedesHole: false },
    ],
  ])('at %i of a segment to %i, of at most %i', (offset, end, most, expected) => {
    expect(nextStep(holes, offset, end, most)).toEqual(expected);
  });
});

test('steps cover a segment once, and a hole of one is a hole of the file', () => {
  const edges = fc.uniqueArray(fc.integer({ min: 0, max: 200 }), { minLength: 2, maxLength: 12 });
  fc.assert(
    fc.property(edges, fc.integer({ min: 1, max: 40 }), (drawn, window) => {
      const even = drawn.sort((a, b) => a - b).slice(0, drawn.length - (drawn.length % 2));
      const holes = Float64Array.from(even, (edge) => edge * PAGE * 4);
      const end = 210 * PAGE * 4;
      let offset = 0;
      while (offset < end) {
        const step = nextStep(holes, offset, end, window * PAGE);
        expect(step.lengthBytes).toBeGreaterThan(0);
        const to = offset + step.lengthBytes;
        const isWithin = Array.from({ length: holes.length / 2 }, (_, i) => i).some(
          (i) => holes[2 * i]! <= offset && to <= holes[2 * i + 1]!,
        );
        if (step.type === 'hole') {
          expect(isWithin).toBe(true);
          expect(step.lengthBytes).toBeGreaterThanOrEqual(LEAST);
        } else expect(step.lengthBytes).toBeLessThanOrEqual(window * PAGE);
        offset = to;
      }
      expect(offset).toBe(end);
    }),
    runs(200),
  );
});
