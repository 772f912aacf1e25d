import * as fs from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openFileSystem, type FileSystem } from '../../../src/platform/files.js';
import { isSameMap, mapHoles, nextStep, stretchesOf } from '../../../src/repo/worker/hole-map.js';
import { scratchDirectory } from '../../support/directory.js';
import { systemError } from '../../support/faulty-files.js';

const MIB = 1024 * 1024;

interface Sides {
  /** Where data begins and ends; the rest is a hole. */
  readonly data: readonly [start: number, end: number][];
  readonly sizeBytes: number;
  readonly allocatedBytes?: number;
  /** What a seek says: as of `data`, unless it fails. */
  readonly code?: string;
}

/** A file whose holes are what we say; data is a hole until it was flushed, as on some file systems. */
function sparseFile({ data, sizeBytes, allocatedBytes = 4096, code }: Sides) {
  const path = join(scratchDirectory(), 'file');
  fs.writeFileSync(path, '');
  const real = openFileSystem();
  let isFlushed = false;
  const files: FileSystem = {
    ...real,
    sync: () => void (isFlushed = true),
    at: {
      ...real.at,
      seeksHoles: true,
      statOpen: (descriptor) => ({ ...real.at.statOpen(descriptor), sizeBytes, allocatedBytes }),
      seek(_, offset, next) {
        if (code !== undefined) throw systemError(code);
        const ranges = isFlushed ? data : [];
        if (next === 'data') {
          const found = ranges.find(([, end]) => end > offset);
          return found && Math.max(found[0], offset);
        }
        const inside = ranges.find(([start, end]) => start <= offset && offset < end);
        return inside ? inside[1] : offset;
      },
    },
  };
  const descriptor = files.open(path, 'read');
  const map = (): number[] => [...mapHoles(files, descriptor, files.at.statOpen(descriptor))];
  return { files, map, close: () => files.close(descriptor) };
}

describe('the holes of a file', () => {
  test('are asked for when its data was flushed', () => {
    const { map, close } = sparseFile({ data: [[4 * MIB, 5 * MIB]], sizeBytes: 8 * MIB });
    expect(map()).toEqual([0, 4 * MIB, 5 * MIB, 8 * MIB]);
    close();
  });

  test('are none where a file system takes more space than it says data has', () => {
    const more = { data: [[0, MIB]] as [number, number][], sizeBytes: 8 * MIB };
    const most = Math.floor(MIB * (1 + 1 / 64)) + 64 * 1024;
    for (const [allocatedBytes, isBelieved] of [
      [most, true],
      [most + 512, false],
    ] as const) {
      const { map, close } = sparseFile({ ...more, allocatedBytes });
      expect(map()).toEqual(isBelieved ? [MIB, 8 * MIB] : []);
      close();
    }
  });

  test.each(['EINVAL', 'EIO', 'ENXIO'])('are none where the file system answers %s', (code) => {
    const { map, close } = sparseFile({ data: [], sizeBytes: 8 * MIB, code });
    expect(map()).toEqual([]);
    close();
  });

  test('an error that is not of the system is not taken for an answer', () => {
    const { files, close } = sparseFile({ data: [], sizeBytes: 8 * MIB });
    const stat = { ...files.at.statOpen(files.open('/dev/null', 'read')), type: 'file' as const };
    const broken: FileSystem = {
      ...files,
      sync() {
        throw new TypeError('broken');
      },
    };
    expect(() => mapHoles(broken, 0, stat)).toThrow('broken');
    close();
  });

  test('are the same map when every edge is', () => {
    const map = Float64Array.of(0, 5, 9, 12);
    expect(isSameMap(map, Float64Array.of(0, 5, 9, 12))).toBe(true);
    expect(isSameMap(map, Float64Array.of(0, 5, 9, 13))).toBe(false);
    expect(isSameMap(map, Float64Array.of(0, 5))).toBe(false);
    expect(isSameMap(Float64Array.of(0, 5), map)).toBe(false);
  });
});

describe('the stretches of a file', () => {
  test('are segments, and as many of them at once as lie in one hole', () => {
    const holes = Float64Array.of(0, 20 * MIB, 30 * MIB, 40 * MIB);
    expect([...stretchesOf(holes, 40 * MIB, 8 * MIB)]).toEqual([
      { start: 0, end: 16 * MIB, isHole: true },
      { start: 16 * MIB, end: 24 * MIB, isHole: false },
      { start: 24 * MIB, end: 32 * MIB, isHole: false },
      { start: 32 * MIB, end: 40 * MIB, isHole: true },
    ]);
  });

  test('go on in a hole as far as it reaches, then by windows up to the next', () => {
    const holes = Float64Array.of(2 * MIB, 4 * MIB);
    const end = 8 * MIB;
    expect(nextStep(holes, 0, end, MIB)).toEqual({
      type: 'window',
      lengthBytes: MIB,
      isEnd: false,
      precedesHole: false,
    });
    expect(nextStep(holes, MIB, end, MIB)).toEqual({
      type: 'window',
      lengthBytes: MIB,
      isEnd: true,
      precedesHole: true,
    });
    expect(nextStep(holes, 2 * MIB, end, MIB)).toEqual({ type: 'hole', lengthBytes: 2 * MIB });
    expect(nextStep(holes, 7 * MIB, end, 2 * MIB)).toEqual({
      type: 'window',
      lengthBytes: MIB,
      isEnd: true,
      precedesHole: false,
    });
  });
});
