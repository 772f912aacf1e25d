import * as fs from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { loadHashMethod } from '../../../../src/remote/copy/hashing/methods.js';
import { BlockReader, endsBefore } from '../../../../src/remote/copy/worker/block-reader.js';
import { openPlatform } from '../../../../src/store.js';
import { scratchDirectory } from '../../../support/directory.js';
import { noise } from '../../../support/seed.js';

const { files } = openPlatform();
const method = await loadHashMethod('sha1');
const KIB = 1024;
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** A reader of a file with these bytes, and where it was read and looked for holes. */
function reader(content: Buffer, { isSparse = false, sizeBytes = content.length } = {}) {
  const path = join(scratchDirectory(), 'file');
  fs.writeFileSync(path, content);
  const descriptor = fs.openSync(path, 'r');
  onTestFinished(() => fs.closeSync(descriptor));
  const reads: (readonly [number, number])[] = [];
  const watched = {
    ...files,
    at: files.at,
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
});
