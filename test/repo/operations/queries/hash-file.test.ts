import * as fs from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { hashFile, hashToEnd } from '../../../../src/repo/operations/queries/hash-file.js';
import { holeHash } from '../../../../src/repo/packs/hole.js';
import { blake3 } from '../../../../src/platform/hash.js';
import { openFileSystem, type FileSystem } from '../../../../src/platform/files.js';
import { scratchDirectory } from '../../../support/directory.js';
import { queryIndex } from '../../../support/index-facts.js';
import { createLab } from '../../../support/lab.js';
import { noise } from '../../../support/seed.js';

const real = openFileSystem();
const KIB = 1024;
const CHUNKING = {
  wholeFileBytes: 6000,
  segmentBytes: 512 * KIB,
  leastBytes: 512,
  averageBytes: KIB,
  mostBytes: 4 * KIB,
};

/** Hashes a file of these bytes, seen through `files`. */
function hashOf(bytes: Uint8Array, sizeBytes = bytes.length, files: FileSystem = real) {
  const path = join(scratchDirectory(), 'file');
  fs.writeFileSync(path, bytes);
  const descriptor = fs.openSync(path, 'r');
  try {
    return hashFile(files, descriptor, sizeBytes, CHUNKING);
  } finally {
    fs.closeSync(descriptor);
  }
}

/** Whose maps tell these holes, one after the other, the last one for ever. */
function withHoles(...maps: (readonly [start: number, end: number])[][]): FileSystem {
  let asked = 0;
  let holes = maps[0]!;
  return {
    ...real,
    sync: () => undefined,
    at: {
      ...real.at,
      seeksHoles: true,
      statOpen: (descriptor) => ({ ...real.at.statOpen(descriptor), allocatedBytes: 0 }),
      seek(descriptor, offset, wanted) {
        if (offset === 0 && wanted === 'data') holes = maps[Math.min(asked++, maps.length - 1)]!;
        const { sizeBytes } = real.at.statOpen(descriptor);
        const hole = holes.find(([start, end]) => offset >= start && offset < end);
        if (wanted === 'data') {
          if (!hole) return offset;
          return hole[1] < sizeBytes ? hole[1] : undefined;
        }
        if (hole) return offset;
        return holes.find(([start]) => start > offset)?.[0] ?? sizeBytes;
      },
    },
  };
}

describe('a file of at most as many bytes as one blob', () => {
  test.each([1, 6000])('is known by the hash of its %i bytes', (length) => {
    const bytes = noise(length, length);
    expect(hashOf(bytes)).toEqual({ type: 'blob', hash: blake3(bytes) });
  });

  test('is known by its first bytes, where it has grown', () => {
    const bytes = noise(100, 2);
    expect(hashOf(bytes, 60)).toEqual({ type: 'blob', hash: blake3(bytes.subarray(0, 60)) });
  });

  test('is known by those that there are, where it has shrunk', () => {
    const bytes = noise(100, 3);
    expect(hashOf(bytes, 160)).toEqual({ type: 'blob', hash: blake3(bytes) });
    expect(hashOf(Buffer.alloc(0), 160)).toEqual({ type: 'none' });
  });

  test('has no hash without bytes', () => {
    expect(hashOf(Buffer.alloc(0))).toEqual({ type: 'none' });
  });
});

test('to its end, a file is known by all that it has', () => {
  const path = join(scratchDirectory(), 'file');
  for (const bytes of [noise(100, 1), noise(200_000, 2), Buffer.alloc(0)]) {
    fs.writeFileSync(path, bytes);
    const descriptor = fs.openSync(path, 'r');
    const expected = bytes.length === 0 ? { type: 'none' } : { type: 'blob', hash: blake3(bytes) };
    expect(hashToEnd(real, descriptor)).toEqual(expected);
    fs.closeSync(descriptor);
  }
});

describe('a longer one is known as a backup knows it', () => {
  const chunking = {
    whole_file_bytes: CHUNKING.wholeFileBytes,
    segment_bytes: CHUNKING.segmentBytes,
    least_bytes: CHUNKING.leastBytes,
    average_bytes: CHUNKING.averageBytes,
    most_bytes: CHUNKING.mostBytes,
  };
  const zeros = (kib: number): Buffer => Buffer.alloc(kib * KIB);

  test.each<[string, Buffer]>([
    ['with bytes only', noise(100 * KIB, 1)],
    ['just longer than a whole file', noise(6001, 2)],
    ['of several segments', noise(1300 * KIB, 3)],
    ['of just two segments', noise(1024 * KIB, 4)],
    ['that begins with zeros', Buffer.concat([zeros(200), noise(9000, 5)])],
    ['that ends in zeros', Buffer.concat([noise(9000, 6), zeros(200)])],
    [
      'with zeros across segments',
      Buffer.concat([noise(300 * KIB, 7), zeros(700), noise(9000, 8)]),
    ],
    [
      'with two runs of zeros',
      Buffer.concat([zeros(100), noise(9000, 9), zeros(100), noise(9, 1)]),
    ],
    ['of zeros', zeros(1300)],
    ['with too few zeros', Buffer.concat([noise(9000, 2), zeros(30), noise(9000, 3)])],
  ])('%s', async (_, bytes) => {
    const lab = createLab({ chunking, lanes: 1 });
    lab.write('file', bytes);
    await lab.backup();
    const [content] = queryIndex<{ hash: Buffer }>(lab.repository, 'SELECT hash FROM content');
    const [blob] = queryIndex<{ hash: Buffer }>(lab.repository, 'SELECT hash FROM blob');
    const { type, ...found } = hashOf(bytes) as { type: string; hash: Buffer };
    expect(type).toBe(content ? 'content' : 'blob');
    expect(Buffer.from(found.hash).equals((content ?? blob)!.hash)).toBe(true);
  });
});

describe('a longer one that has shrunk', () => {
  test.each([300 * KIB, 512 * KIB, 600 * KIB])('to %i bytes is known by those', (length) => {
    const bytes = noise(length, length);
    expect(hashOf(bytes, 1300 * KIB)).toEqual(hashOf(bytes));
  });

  test('to nothing has no hash', () => {
    expect(hashOf(Buffer.alloc(0), 1300 * KIB)).toEqual({ type: 'none' });
  });
});

describe('the holes of a file', () => {
  const bytes = Buffer.concat([noise(64 * KIB, 1), Buffer.alloc(900 * KIB), noise(64 * KIB, 2)]);
  const hole = [64 * KIB, 964 * KIB] as const;

  test('are known as zeros are, and are not read', () => {
    const read: number[] = [];
    const holed = withHoles([hole]);
    const files: FileSystem = {
      ...holed,
      read(descriptor, into, position) {
        read.push(position);
        return real.read(descriptor, into, position);
      },
    };
    expect(hashOf(bytes, bytes.length, files)).toEqual(hashOf(bytes));
    expect(read.every((at) => at < hole[0] || at >= hole[1])).toBe(true);
    expect(read.length).toBeGreaterThan(1);
  });

  test('that are all of it are one', () => {
    const all = Buffer.alloc(1300 * KIB);
    const files = withHoles([[0, all.length]]);
    const expected = { type: 'blob', hash: holeHash(all.length) };
    expect(hashOf(all, all.length, files)).toEqual(expected);
  });

  test('do not count where they are others after the reading', () => {
    // What the first map calls a hole has bytes by now.
    const filled = noise(bytes.length, 5);
    const files = withHoles([hole], []);
    expect(hashOf(filled, filled.length, files)).toEqual(hashOf(filled));
  });
});
