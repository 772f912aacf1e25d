/** Jobs on files that are shorter than who gave the job knew: what is not there is no result. */
import * as fs from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  clearRanges,
  copyRanges,
  digestRanges,
  readRanges,
  writeRanges,
} from '../../../../src/remote/copy/worker/bytes-jobs.js';
import { loadHashMethod } from '../../../../src/remote/copy/hashing/methods.js';
import { openPlatform } from '../../../../src/store.js';
import { scratchDirectory } from '../../../support/directory.js';
import { noise } from '../../../support/seed.js';

const { files } = openPlatform();
const method = await loadHashMethod('sha1');
const content = noise(10_000, 1);

function open(bytes: Uint8Array): number {
  const path = join(scratchDirectory(), 'file');
  fs.writeFileSync(path, bytes);
  const descriptor = fs.openSync(path, 'r+');
  onTestFinished(() => fs.closeSync(descriptor));
  return descriptor;
}

const digestsOf = (...parts: readonly Uint8Array[]): Buffer =>
  Buffer.concat(parts.map((part) => method.digest(part)));

describe('a file that ends before', () => {
  test.each([9999, 5000, 4999, 0])('is no old file to copy from: %i bytes', (sizeBytes) => {
    const [from, to] = [open(content.subarray(0, sizeBytes)), open(new Uint8Array(0))];
    const moves = [{ from: 5000, offset: 0, length: 5000 }];
    const copy = () =>
      copyRanges(
        files,
        { type: 'copy', from, to, moves, blockBytes: 1000, method: 'sha1' },
        method,
      );
    expect(copy).toThrow(expect.objectContaining({ code: 'COPY_TARGET_CHANGED' }));
  });

  test.each([9999, 5000, 4999, 0])('is no source to read: %i bytes', (sizeBytes) => {
    const descriptor = open(content.subarray(0, sizeBytes));
    const into = new SharedArrayBuffer(5000);
    const ranges = [{ offset: 5000, length: 5000, at: 0 }];
    const read = () =>
      readRanges(files, { type: 'read', descriptor, ranges, into, method: undefined }, undefined);
    expect(read).toThrow(expect.objectContaining({ code: 'COPY_SOURCE_CHANGED' }));
  });

  test('is no source to hash', () => {
    const descriptor = open(content.subarray(0, 9999));
    const file = { descriptor, sizeBytes: content.length, isSparse: false };
    const ranges = [{ offset: 5000, length: 5000 }];
    const job = { type: 'digest', file, ranges, partBytes: 1000, method: 'sha1' } as const;
    expect(() => digestRanges(files, job, method)).toThrow(
      expect.objectContaining({ code: 'COPY_SOURCE_CHANGED' }),
    );
  });
});

test('ranges are moved whole, however long, and each block is hashed from its start', () => {
  const large = noise(1_300_000, 2);
  const [from, to] = [open(large), open(new Uint8Array(0))];
  const moves = [
    { from: 7, offset: 100, length: 1_250_001 },
    { from: 0, offset: 0, length: 99 },
  ];
  const blockBytes = 500_000;
  const job = { type: 'copy', from, to, moves, blockBytes, method: 'sha1' } as const;
  const digests = copyRanges(files, job, method);
  const moved = large.subarray(7, 1_250_008);
  const parts = [0, 1, 2].map((block) =>
    moved.subarray(block * blockBytes, (block + 1) * blockBytes),
  );
  expect(Buffer.from(digests).equals(digestsOf(...parts, large.subarray(0, 99)))).toBe(true);
  const made = Buffer.alloc(1_250_101);
  expect(files.read(to, made, 0)).toBe(made.length);
  expect(made.subarray(100).equals(moved)).toBe(true);
  expect(made.subarray(0, 99).equals(large.subarray(0, 99))).toBe(true);
});

test('what is written and read lies where each range says, in memory and in the file', () => {
  const descriptor = open(new Uint8Array(300));
  const memory = new SharedArrayBuffer(200);
  Buffer.from(memory).set(content.subarray(0, 200));
  const ranges = [
    { offset: 200, length: 50, at: 100 },
    { offset: 10, length: 100, at: 0 },
  ];
  const job = { type: 'write', descriptor, ranges, bytes: memory, method: 'sha1' } as const;
  const written = writeRanges(files, job, method);
  const parts = [content.subarray(100, 150), content.subarray(0, 100)];
  expect(Buffer.from(written).equals(digestsOf(...parts))).toBe(true);
  const into = new SharedArrayBuffer(200);
  const reading = { type: 'read', descriptor, ranges, into, method: 'sha1' } as const;
  const read = readRanges(files, reading, method);
  expect(Buffer.from(read).equals(digestsOf(...parts))).toBe(true);
  expect(Buffer.from(into, 100, 50).equals(content.subarray(100, 150))).toBe(true);
  expect(Buffer.from(into, 0, 100).equals(content.subarray(0, 100))).toBe(true);
});

describe('ranges are made zero', () => {
  const MIB = 1024 * 1024;
  const before = noise(3 * MIB, 5);

  test.each([
    ['by holes', true, false],
    ['by writing, where there are no holes', false, false],
    ['by nothing, where all is a hole', false, true],
  ])('to the byte: %s', (_, punches, isBlank) => {
    for (const length of [1, 100, MIB - 1, MIB, MIB + 5, 2 * MIB]) {
      const descriptor = open(before);
      const punchHole = (of: number, offset: number, bytes: number): boolean =>
        punches && files.at.punchHole(of, offset, bytes);
      const over = { ...files, write: files.write.bind(files), at: { ...files.at, punchHole } };
      const ranges = [
        { offset: 77, length },
        { offset: before.length - 5, length: 5 },
      ];
      const job = { type: 'zeros', descriptor, ranges, blockBytes: 1000, isBlank } as const;
      const digests = clearRanges(over, { ...job, method: 'sha1' }, method);
      const zeros = (bytes: number): Buffer => Buffer.alloc(bytes);
      const expected = digestsOf(
        zeros(Math.min(length, 1000)),
        zeros(length % 1000 || Math.min(length, 1000)),
        zeros(5),
        zeros(5),
      );
      expect(Buffer.from(digests).equals(expected)).toBe(true);
      const now = Buffer.from(before);
      if (!isBlank) now.fill(0, 77, 77 + length).fill(0, before.length - 5);
      const there = Buffer.alloc(before.length + 10);
      const bytes = fs.readSync(descriptor, there, 0, there.length, 0);
      expect(there.subarray(0, bytes).equals(now)).toBe(true);
    }
  });
});
