/** The hash of a live file: that of its bytes, whatever its file system says of its size and its holes. */
import { describe, expect, test } from 'vitest';
import type { FileSystem } from '../../../../src/platform/files.js';
import { blake3 } from '../../../../src/platform/hash.js';
import type { ChunkingParameters } from '../../../../src/repo/model.js';
import {
  hashFile,
  hashToEnd,
  type FileHash,
} from '../../../../src/repo/operations/queries/hash-file.js';
import { holeHash } from '../../../../src/repo/packs/hole.js';
import { noise } from '../../../support/seed.js';

const KIB = 1024;
const CHUNKING: ChunkingParameters = {
  wholeFileBytes: 100 * KIB,
  segmentBytes: 512 * KIB,
  leastBytes: 16 * KIB,
  averageBytes: 32 * KIB,
  mostBytes: 64 * KIB,
};
const DESCRIPTOR = 7;
type Holes = readonly (readonly [start: number, end: number])[];

/** A file of these bytes, whose file system names `maps` in turn, the last again and again. */
function fileOf(bytes: Uint8Array, ...maps: readonly Holes[]): FileSystem {
  let asked = -1;
  const holes = (): Holes => maps[Math.min(asked, maps.length - 1)] ?? [];
  const isIn = (offset: number, [start, end]: readonly [number, number]): boolean =>
    start <= offset && offset < end;
  const files = {
    read(_: number, into: Uint8Array, position: number): number {
      const part = bytes.subarray(position, position + into.length);
      into.set(part);
      return part.length;
    },
    readToEnd: () => Buffer.from(bytes),
    // Each map is asked for after what was written is flushed.
    sync: () => void (asked += 1),
    at: {
      seeksHoles: true,
      statOpen: () => ({ sizeBytes: bytes.length, allocatedBytes: 0, type: 'file' }),
      seek(_: number, offset: number, kind: 'data' | 'hole'): number | undefined {
        const hole = holes().find((one) => isIn(offset, one));
        if (kind === 'hole') {
          if (hole) return offset;
          return holes().find(([start]) => start >= offset)?.[0] ?? bytes.length;
        }
        if (!hole) return offset;
        return hole[1] >= bytes.length ? undefined : hole[1];
      },
    },
  };
  return files as unknown as FileSystem;
}

const hashOf = (files: FileSystem, sizeBytes: number): FileHash =>
  hashFile(files, DESCRIPTOR, sizeBytes, CHUNKING);
/** As a file system without holes has it. */
const plain = (bytes: Uint8Array): FileHash => hashOf(fileOf(bytes), bytes.length);

/** Noise with zeros in these stretches. */
function sparse(lengthBytes: number, zeros: Holes): Buffer {
  const bytes = noise(lengthBytes, 3);
  for (const [start, end] of zeros) bytes.fill(0, start, end);
  return bytes;
}

describe('a small file', () => {
  test.each([1, 1000, CHUNKING.wholeFileBytes])('of %d bytes is one blob', (length) => {
    const bytes = noise(length, 1);
    expect(plain(bytes)).toEqual({ type: 'blob', hash: blake3(bytes) });
  });

  test('that has got shorter is hashed as far as it goes, one without bytes not at all', () => {
    const bytes = noise(1000, 1);
    expect(hashOf(fileOf(bytes), 1001)).toEqual({ type: 'blob', hash: blake3(bytes) });
    expect(hashOf(fileOf(bytes), 999)).toEqual({
      type: 'blob',
      hash: blake3(bytes.subarray(0, 999)),
    });
    expect(hashOf(fileOf(Buffer.alloc(0)), 1000)).toEqual({ type: 'none' });
    expect(plain(Buffer.alloc(0))).toEqual({ type: 'none' });
  });

  test('is read to its end where its size is not known', () => {
    const bytes = noise(1000, 1);
    expect(hashToEnd(fileOf(bytes), DESCRIPTOR)).toEqual({ type: 'blob', hash: blake3(bytes) });
    expect(hashToEnd(fileOf(Buffer.alloc(0)), DESCRIPTOR)).toEqual({ type: 'none' });
  });
});

describe('a large file', () => {
  const LENGTH = 1200 * KIB;

  test('is known by its pieces, one byte above what is stored whole', () => {
    const bytes = noise(CHUNKING.wholeFileBytes + 1, 1);
    expect(plain(bytes).type).toBe('content');
    expect(plain(bytes)).not.toEqual(plain(noise(CHUNKING.wholeFileBytes + 1, 2)));
  });

  test('that has got shorter is hashed as far as it goes', () => {
    const bytes = noise(LENGTH, 1);
    for (const length of [0, 1, 200 * KIB, 512 * KIB, LENGTH - 1]) {
      const part = bytes.subarray(0, length);
      // What is small by now is cut as well.
      const cut = hashFile(fileOf(part), DESCRIPTOR, length, { ...CHUNKING, wholeFileBytes: 0 });
      expect(hashOf(fileOf(part), LENGTH), `${length}`).toEqual(cut);
    }
  });

  test('that ends within the first of several windows of a segment is hashed as far as it goes', () => {
    const MIB = 1024 * KIB;
    const oneSegment = { ...CHUNKING, wholeFileBytes: 0, segmentBytes: 16 * MIB };
    const bytes = noise(300 * KIB, 1);
    const cut = hashFile(fileOf(bytes), DESCRIPTOR, bytes.length, oneSegment);
    expect(hashFile(fileOf(bytes), DESCRIPTOR, 12 * MIB, oneSegment)).toEqual(cut);
    expect(cut.type).toBe('content');
  });

  test('of one piece, or of zeros alone, is one blob', () => {
    const bytes = noise(1000, 1);
    const inPieces = { ...CHUNKING, wholeFileBytes: 10 };
    expect(hashFile(fileOf(bytes), DESCRIPTOR, 1000, inPieces)).toEqual({
      type: 'blob',
      hash: blake3(bytes),
    });
    const zeros = Buffer.alloc(LENGTH);
    const hole = { type: 'blob', hash: holeHash(LENGTH) };
    expect(plain(zeros)).toEqual(hole);
    expect(hashOf(fileOf(zeros, [[0, LENGTH]]), LENGTH)).toEqual(hole);
  });

  test.each<[string, Holes]>([
    ['at its start', [[0, 128 * KIB]]],
    ['at its end', [[1100 * KIB, LENGTH]]],
    ['within a segment', [[100 * KIB, 300 * KIB]]],
    ['across the end of one', [[400 * KIB, 700 * KIB]]],
    ['of whole segments', [[512 * KIB, 1024 * KIB]]],
    ['of a segment and more', [[400 * KIB, 1150 * KIB]]],
    [
      'several',
      [
        [0, 64 * KIB],
        [128 * KIB, 256 * KIB],
        [500 * KIB, 600 * KIB],
        [1100 * KIB, LENGTH],
      ],
    ],
  ])('has the hash of its bytes with holes %s', (_, zeros) => {
    const bytes = sparse(LENGTH, zeros);
    expect(hashOf(fileOf(bytes, zeros), LENGTH)).toEqual(plain(bytes));
    // The file system may know of a part of them only.
    expect(hashOf(fileOf(bytes, zeros.slice(0, 1)), LENGTH)).toEqual(plain(bytes));
  });

  test('has the hash of its bytes where the holes were others after the reading', () => {
    const bytes = noise(LENGTH, 1);
    for (const [before, after] of [
      [[[100 * KIB, 300 * KIB]], []],
      [[[100 * KIB, 300 * KIB]], [[100 * KIB, 304 * KIB]]],
    ] satisfies [Holes, Holes][]) {
      expect(hashOf(fileOf(bytes, before, after), LENGTH)).toEqual(plain(bytes));
    }
  });
});
