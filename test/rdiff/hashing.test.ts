/** Bytes are hashed on their way, and pass unchanged. */
import { describe, expect, test } from 'vitest';
import { blake3 } from '../../src/platform/hash.js';
import { HashingSink, HashingSource } from '../../src/rdiff/hashing.js';
import { collector, pipeOf, sourceOf } from '../support/byte-source.js';
import { noise } from '../support/seed.js';

const sumOf = (bytes: Buffer) => ({ size: bytes.length, blake3: blake3(bytes).toString('hex') });

describe.each([0, 1, 999, 1000, 1001, 100_000])('of %i bytes', (length) => {
  const bytes = noise(length, 1);

  test('size and hash of what was read are those of the file', async () => {
    const source = new HashingSource(sourceOf(bytes));
    const pieces: Buffer[] = [];
    // What lies behind the bytes that were read is not part of them.
    const into = Buffer.alloc(3000, 'x');
    for (let n = await source.read(into); n > 0; n = await source.read(into)) {
      pieces.push(Buffer.from(into.subarray(0, n)));
    }
    expect(Buffer.concat(pieces).equals(bytes)).toBe(true);
    expect(source.result()).toEqual(sumOf(bytes));
  });

  test('size and hash of what was written are those of the file', async () => {
    const sink = collector();
    const hashing = new HashingSink(sink);
    for (let at = 0; at < length; at += 700) await hashing.write(bytes.subarray(at, at + 700));
    expect(sink.bytes().equals(bytes)).toBe(true);
    expect(hashing.result()).toEqual(sumOf(bytes));
  });
});

test('a source keeps name and size, and is for one thread, which reads all of it in order', () => {
  const file = { ...sourceOf(noise(10)), descriptor: 7 };
  const source = new HashingSource(file);
  expect(source).toMatchObject({ name: file.name, size: 10 });
  expect('descriptor' in source).toBe(false);
  expect(new HashingSource(pipeOf(noise(10))).size).toBeUndefined();
});

test('a sink waits as long as the one behind it', async () => {
  let isDone = false;
  const slow = new HashingSink({
    write: async () => {
      await new Promise((resolve) => setImmediate(resolve));
      isDone = true;
    },
  });
  await slow.write(noise(3));
  expect(isDone).toBe(true);
});

test('a source that is hashed has the name and the size of the one that is read', () => {
  for (const size of [5, undefined]) {
    const source = { name: 'some file', size, read: () => Promise.resolve(0) };
    expect(new HashingSource(source)).toMatchObject({ name: 'some file', size });
  }
});
