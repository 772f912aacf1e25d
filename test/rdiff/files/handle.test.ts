/** Handles are read and written from where they stand, without moving, or on, where they are no files. */
import * as fs from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { ByteSource } from '../../../src/rdiff/bytes-io.js';
import { descriptorOf, handleSink, handleSource } from '../../../src/rdiff/files/handle.js';
import { scratchDirectory } from '../../support/directory.js';
import { overCalls } from '../../support/plain-calls.js';
import { noise } from '../../support/seed.js';
import { makeFifo } from '../../support/special-files.js';

const CONTENT = noise(1000, 1);

async function opened(path: string, flags: string): Promise<FileHandle> {
  const handle = await open(path, flags);
  onTestFinished(() => handle.close());
  return handle;
}

/** A file of {@link CONTENT} that stands at `at`, which may be beyond its end. */
async function standingAt(at: number): Promise<FileHandle> {
  const path = join(scratchDirectory(), 'file');
  fs.writeFileSync(path, noise(2000, 2));
  const handle = await opened(path, 'r+');
  fs.readSync(handle.fd, Buffer.alloc(2000), 0, at, null);
  fs.truncateSync(path);
  fs.writeFileSync(path, CONTENT);
  return handle;
}

async function fifo(): Promise<FileHandle> {
  const path = join(scratchDirectory(), 'fifo');
  makeFifo(path);
  return opened(path, 'r+');
}

/** All that a source gives, in pieces of so many bytes. */
async function all(source: ByteSource, pieceBytes: number): Promise<Buffer> {
  const pieces: Buffer[] = [];
  const into = Buffer.alloc(pieceBytes);
  for (let n = await source.read(into); n > 0; n = await source.read(into)) {
    pieces.push(Buffer.from(into.subarray(0, n)));
  }
  return Buffer.concat(pieces);
}

describe('a handle that stands within its file', () => {
  test.each([0, 1, 500, 999, 1000, 1001, 2000])(
    'at %i has what is behind that, and the size of it',
    async (at) => {
      const handle = await standingAt(at);
      const rest = CONTENT.subarray(at);
      for (const pieceBytes of [7, 5000]) {
        const source = handleSource(handle);
        expect(source.size).toBe(rest.length);
        expect((await all(source, pieceBytes)).equals(rest)).toBe(true);
      }
    },
  );

  test.each([0, 1, 500, 1000])('at %i is for this thread alone', async (at) => {
    expect(handleSource(await standingAt(at)).descriptor).toBeUndefined();
  });

  test.each([0, 1, 500, 1000, 1500])('at %i is written from there, and stays', async (at) => {
    const handle = await standingAt(at);
    const [one, two, three] = [noise(3, 3), noise(300, 4), noise(1, 5)] as const;
    const sink = handleSink(handle);
    for (const piece of [one, Buffer.alloc(0), two, three]) await sink.write(piece);
    const written = Buffer.concat([one, two, three]);
    const expected = Buffer.alloc(Math.max(CONTENT.length, at + written.length));
    CONTENT.copy(expected);
    written.copy(expected, at);
    const bytes = Buffer.alloc(3000);
    expect(bytes.subarray(0, fs.readSync(handle.fd, bytes, 0, 3000, 0)).equals(expected)).toBe(
      true,
    );
    expect((await all(handleSource(handle), 5000)).equals(expected.subarray(at))).toBe(true);
  });
});

describe('a handle that only moves on', () => {
  test('has no size, and is read and written in order', async () => {
    const handle = await fifo();
    const sink = handleSink(handle);
    for (const piece of ['one', '', 'two']) await sink.write(Buffer.from(piece));
    const source = handleSource(handle);
    expect([source.size, source.descriptor]).toEqual([undefined, undefined]);
    const into = Buffer.alloc(4);
    expect(into.toString('utf8', 0, await source.read(into))).toBe('onet');
    expect(into.toString('utf8', 0, await source.read(into))).toBe('wo');
  });

  test('is also a file of which nobody says where it stands', async () => {
    const over = await overCalls(
      { standOf: () => undefined },
      () => import('../../../src/rdiff/files/handle.js'),
    );
    const handle = await standingAt(400);
    expect((await all(over.handleSource(handle), 7)).equals(CONTENT.subarray(400))).toBe(true);
    const other = await standingAt(400);
    await over.handleSink(other).write(Buffer.from('on'));
    const bytes = Buffer.alloc(2);
    fs.readSync(other.fd, bytes, 0, 2, 400);
    expect(bytes.toString()).toBe('on');
  });
});

test('a handle is named when it fails, and refused when it is closed', async () => {
  const handle = await open(join(scratchDirectory(), 'file'), 'w');
  expect(descriptorOf(handle)).toBe(handle.fd);
  const source = handleSource(handle);
  await expect((async () => source.read(Buffer.alloc(1)))()).rejects.toMatchObject({
    code: 'RDIFF_IO',
  });
  await handle.close();
  const closed = { code: 'RDIFF_PARAMETER', message: /must be open, not "closed"/ };
  for (const use of [descriptorOf, handleSource, handleSink]) {
    expect(() => use(handle)).toThrow(
      expect.objectContaining({
        code: closed.code,
        message: expect.stringMatching(closed.message) as string,
      }),
    );
  }
});
