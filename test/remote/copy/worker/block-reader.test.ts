import * as fs from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import { loadHashMethod } from '../../../../src/remote/copy/hashing/methods.js';
import { BlockReader, endsBefore } from '../../../../src/remote/copy/worker/block-reader.js';
import { openPlatform } from '../../../../src/store.js';
import { scratchDirectory } from '../../../support/directory.js';
import { noise, runs } from '../../../support/seed.js';

const { files } = openPlatform();
const method = await loadHashMethod('sha1');
const KIB = 1024;
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

interface Reading {
  readonly isSparse?: boolean;
  readonly sizeBytes?: number;
  /** Beginnings and ends of what is no hole. */
  readonly data?: readonly (readonly [number, number])[];
}

/** A reader of a file with these bytes, and where it was read. */
function reader(
  content: Buffer,
  { isSparse = false, sizeBytes = content.length, data = [] }: Reading = {},
) {
  const path = join(scratchDirectory(), 'file');
  fs.writeFileSync(path, content);
  const descriptor = fs.openSync(path, 'r');
  onTestFinished(() => fs.closeSync(descriptor));
  const reads: (readonly [number, number])[] = [];
  const seek = (_: number, offset: number, what: 'hole' | 'data'): number | undefined => {
    const [start, end] = data.find(([, end]) => end > offset) ?? [undefined, undefined];
    if (what === 'data') return start === undefined ? undefined : Math.max(start, offset);
    return start === undefined || offset < start ? offset : end;
  };
  const watched = {
    ...files,
    at: { ...files.at, seek },
    read: (of: number, into: Uint8Array, position: number) => {
      reads.push([position, into.length]);
      return files.read(of, into, position);
    },
  };
  return { reads, blocks: new BlockReader(watched, { descriptor, sizeBytes, isSparse }, method) };
}

test('blocks of any place and length have their bytes and their hash, read in large pieces', () => {
  const content = noise(1300 * KIB, 1);
  const { reads, blocks } = reader(content);
  for (const [offset, length] of [
    [0, 1],
    [0, 64 * KIB],
    [511 * KIB, KIB],
    [511 * KIB + 1, KIB],
    [5000, 10],
    [4095, 2],
    [content.length - 1, 1],
    [0, 600 * KIB],
    [1, content.length - 1],
  ] as const) {
    const expected = content.subarray(offset, offset + length);
    expect(Buffer.from(blocks.bytes(offset, length)).equals(expected)).toBe(true);
    const { bytes, digest } = blocks.read(offset, length);
    expect(Buffer.from(bytes).equals(expected)).toBe(true);
    expect(hex(digest)).toBe(hex(method.digest(expected)));
    expect(hex(blocks.digest(offset, length))).toBe(hex(method.digest(expected)));
  }
  for (const [position] of reads) expect(position % 4096).toBe(0);
});

test('what was read is not read again', () => {
  const { reads, blocks } = reader(noise(1100 * KIB, 2));
  for (let at = 0; at < 1024 * KIB; at += 64 * KIB) blocks.read(at, 64 * KIB);
  expect(reads).toEqual([
    [0, 512 * KIB],
    [512 * KIB, 512 * KIB],
  ]);
  blocks.read(1024 * KIB, 76 * KIB);
  expect(reads.at(-1)).toEqual([1024 * KIB, 76 * KIB]);
});

describe('a file that ends earlier than it was said to', () => {
  test.each([
    [0, 100, 'is read as far as it goes', true],
    [0, 101, 'misses the last byte', false],
    [99, 1, 'has its last byte', true],
    [100, 1, 'has none behind it', false],
  ])('from %i, %i bytes: %s', (offset, length, _, isThere) => {
    const { blocks } = reader(noise(100, 3), { sizeBytes: 1000 });
    if (isThere) expect(blocks.read(offset, length).bytes).toHaveLength(length);
    else {
      expect(() => blocks.read(offset, length)).toThrow(endsBefore(offset + length));
      expect(() => blocks.digest(offset, length)).toThrow(
        expect.objectContaining({ code: 'COPY_SOURCE_CHANGED' }),
      );
    }
  });
});

describe('a file with holes', () => {
  const content = Buffer.alloc(2048 * KIB);
  noise(64 * KIB, 4).copy(content, 1024 * KIB);

  test('is not read where they are, whatever is asked for', () => {
    const path = join(scratchDirectory(), 'sparse');
    const writer = fs.openSync(path, 'w+');
    onTestFinished(() => fs.closeSync(writer));
    fs.writeSync(writer, content, 1024 * KIB, 64 * KIB, 1024 * KIB);
    fs.ftruncateSync(writer, content.length);
    const reads: number[] = [];
    const watched = {
      ...files,
      at: files.at,
      read: (of: number, into: Uint8Array, position: number) => {
        reads.push(position);
        return files.read(of, into, position);
      },
    };
    const ask = (isSparse: boolean): number[] => {
      reads.length = 0;
      const file = { descriptor: writer, sizeBytes: content.length, isSparse };
      const blocks = new BlockReader(watched, file, method);
      for (const length of [128 * KIB, 1024 * KIB]) {
        for (let at = 0; at < content.length; at += length) {
          const expected = hex(method.digest(content.subarray(at, at + length)));
          expect(hex(blocks.read(at, length).digest), `${at}`).toBe(expected);
          expect(hex(blocks.digest(at, length)), `${at}`).toBe(expected);
        }
      }
      return reads.map((position) => Math.floor(position / KIB));
    };
    const all = ask(false).length;
    const some = ask(true);
    expect(some.length).toBeLessThan(all);
    // No piece that lies in the hole before the data is read for itself.
    if (files.at.seeksHoles) expect(some.filter((position) => position < 1024)).toEqual([]);
  });

  /** A reader of a file with data at these places and holes elsewhere, to the byte on any file system. */
  function sparse(lengthBytes: number, data: readonly (readonly [number, number])[]) {
    const content = Buffer.alloc(lengthBytes);
    for (const [start, end] of data) noise(end - start, start + 1).copy(content, start);
    const { reads, blocks } = reader(content, { isSparse: true, data });
    return { content, reads, blocks };
  }
  const DATA = [
    [1000, 1010],
    [4096, 8192],
    [600 * KIB, 1200 * KIB],
    [1300 * KIB - 1, 1300 * KIB],
  ] as const;
  const SIZE = 1300 * KIB;

  test.each([
    ['begins in a hole and ends in data', 500, 600],
    ['begins in a hole and ends with the first byte of data', 0, 1001],
    ['begins in a hole and ends behind the data', 999, 12],
    ['begins in data and ends in a hole', 1005, 100],
    ['begins with the last byte of data', 8191, 2],
    ['spans holes and data', 0, 700 * KIB],
    ['spans the last hole and the last byte', 1250 * KIB, 50 * KIB],
    ['is longer than a read, from a hole into data', 20 * KIB, 1280 * KIB],
  ])('gives the bytes of a block that %s', (_, offset, length) => {
    for (const before of [undefined, 0, 900, 5000, 10_000, 1250 * KIB]) {
      const { content, blocks } = sparse(SIZE, DATA);
      // What was seen last may be the hole in which the block begins, or another.
      if (before !== undefined) blocks.read(before, 10);
      const expected = content.subarray(offset, offset + length);
      expect(Buffer.from(blocks.read(offset, length).bytes).equals(expected)).toBe(true);
      expect(hex(blocks.read(offset, length).digest)).toBe(hex(method.digest(expected)));
      expect(hex(blocks.digest(offset, length))).toBe(hex(method.digest(expected)));
    }
  });

  test.each([
    ['up to the first byte of data', 0, 1000],
    ['from behind the last byte of data', 8192, 4096],
    ['that is longer than a read', 8192, 590 * KIB],
    ['at the end of the file', 1200 * KIB, 100 * KIB - 1],
  ])('reads nothing of a block within a hole %s', (_, offset, length) => {
    const { reads, blocks } = sparse(SIZE, DATA);
    const zeros = Buffer.alloc(length);
    expect(Buffer.from(blocks.read(offset, length).bytes).equals(zeros)).toBe(true);
    expect(hex(blocks.digest(offset, length))).toBe(hex(method.digest(zeros)));
    expect(reads).toEqual([]);
  });

  test('reads nothing of the hole that it ends with, and of one that is all of it', () => {
    const { reads, blocks } = sparse(100 * KIB, [[0, 10]]);
    blocks.read(4096, 96 * KIB);
    blocks.digest(10, 100 * KIB - 10);
    const { reads: none, blocks: hole } = sparse(100 * KIB, []);
    hole.read(0, 100 * KIB);
    hole.read(5, 7);
    expect([reads, none]).toEqual([[], []]);
  });

  test('gives the bytes of blocks of any length, in any order', () => {
    const range = fc.tuple(fc.nat(SIZE - 1), fc.integer({ min: 1, max: 30 * KIB }));
    fc.assert(
      fc.property(fc.array(range, { minLength: 1, maxLength: 20 }), (ranges) => {
        const { content, blocks } = sparse(SIZE, DATA);
        for (const [offset, most] of ranges) {
          const length = Math.min(most, SIZE - offset);
          const expected = content.subarray(offset, offset + length);
          expect(Buffer.from(blocks.read(offset, length).bytes).equals(expected)).toBe(true);
        }
      }),
      runs(30),
    );
  });
});
