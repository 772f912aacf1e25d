/** Small files that are read as a whole, and what other threads may read on their own. */
import * as fs from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { openInput, readSmallFile } from '../../../src/rdiff/files/input.js';
import { scratchDirectory, testDirectory } from '../../support/directory.js';
import { openFilesBelow } from '../../support/open-files.js';
import { overCalls } from '../../support/plain-calls.js';
import { makeFifo } from '../../support/special-files.js';

const directory = testDirectory();
const fileOf = (text: string): string => {
  const path = join(directory, 'file');
  fs.writeFileSync(path, text);
  return path;
};

test.each([
  ['', 5, ''],
  ['four', 5, 'four'],
  ['fives', 5, 'fives'],
  ['sixsix', 5, undefined],
  ['', 0, ''],
  ['x', 0, undefined],
  ['é', 2, 'é'],
  ['é', 1, undefined],
])('%j within %i bytes is %j', async (text, most, expected) => {
  expect(await readSmallFile(fileOf(text), most, undefined)).toBe(expected);
});

test('a file that is not there names itself, and a wait that is stopped does not', async () => {
  const missing = join(directory, 'missing');
  await expect(readSmallFile(missing, 5, undefined)).rejects.toMatchObject({ code: 'RDIFF_IO' });
  const stopped = AbortSignal.abort(new Error('stopped'));
  await expect(openInput(missing, stopped)).rejects.not.toMatchObject({ code: 'RDIFF_IO' });
});

test('an input is read in order, and anywhere', async () => {
  const input = await openInput(fileOf('0123456789'), undefined);
  try {
    expect(input.size).toBe(10);
    const into = Buffer.alloc(4);
    const read: string[] = [];
    for (let n = await input.read(into); n > 0; n = await input.read(into)) {
      read.push(into.toString('utf8', 0, n));
    }
    expect(read).toEqual(['0123', '4567', '89']);
    expect(input.readAt(7, into)).toBe(3);
    expect(into.toString('utf8', 0, 3)).toBe('789');
  } finally {
    input.close();
  }
});

describe('standard input', () => {
  /** The input that is read where the descriptor is that of standard input. */
  async function standardInput(descriptor: number) {
    const { openInput: open } = await overCalls(
      { STANDARD_INPUT: descriptor },
      () => import('../../../src/rdiff/files/input.js'),
    );
    return open(undefined, undefined);
  }

  /** A file that was read up to `at`. */
  function standingAt(at: number): number {
    const descriptor = fs.openSync(fileOf('0123456789'), 'r');
    onTestFinished(() => fs.closeSync(descriptor));
    fs.readSync(descriptor, Buffer.alloc(10), 0, at, null);
    return descriptor;
  }

  test.each([0, 1, 9, 10])('that is a file goes on from where it stands: %i', async (at) => {
    const input = await standardInput(standingAt(at));
    expect(input).toMatchObject({ name: 'standard input', size: 10, isSeekable: true });
    const into = Buffer.alloc(20);
    expect(into.toString('utf8', 0, await input.read(into))).toBe('0123456789'.slice(at));
    expect(await input.read(into)).toBe(0);
  });

  test.each([0, 1, 9, 10])('is for no other thread, which reads from the start: %i', async (at) => {
    expect((await standardInput(standingAt(at))).descriptor).toBeUndefined();
  });

  test('stays open when it is done with', async () => {
    const descriptor = standingAt(3);
    (await standardInput(descriptor)).close();
    expect(fs.fstatSync(descriptor).size).toBe(10);
  });
});

describe('an input that is opened by its path', () => {
  test('is for other threads, too, if it is a file, and closed when it is done with', async () => {
    const input = await openInput(fileOf('0123456789'), undefined);
    expect(input.descriptor).toBeGreaterThan(2);
    input.close();
    expect(() => fs.fstatSync(input.descriptor!)).toThrow('EBADF');
  });

  test('has a size and a place for every byte only if it is a file', async () => {
    const fifo = join(scratchDirectory(), 'fifo');
    makeFifo(fifo);
    const writer = fs.openSync(fifo, 'r+');
    onTestFinished(() => fs.closeSync(writer));
    const kinds = [
      [fileOf('0123456789'), 10, true],
      [fifo, undefined, false],
      ['/dev/zero', undefined, true],
    ] as const;
    for (const [path, size, isSeekable] of kinds) {
      const input = await openInput(path, undefined);
      expect([path, input.size, input.isSeekable]).toEqual([path, size, isSeekable]);
      expect(input.descriptor === undefined, path).toBe(size === undefined);
      input.close();
    }
  });

  test('is closed, once it is open, by who does not wait for it any longer', async () => {
    const directory = scratchDirectory();
    const [file, fifo] = [join(directory, 'file'), join(directory, 'fifo')];
    fs.writeFileSync(file, 'text');
    makeFifo(fifo);
    for (const path of [file, fifo]) {
      const controller = new AbortController();
      const opening = openInput(path, controller.signal);
      controller.abort(new Error('enough'));
      await expect(opening).rejects.toThrow('enough');
    }
    // Somebody comes to write, and finds that nobody reads any more.
    const writer = fs.openSync(fifo, 'r+');
    await vi.waitFor(() => expect(openFilesBelow(directory)).toEqual([fifo]));
    fs.closeSync(writer);
  });

  test('fails as the system says, and with its path', async () => {
    const missing = join(scratchDirectory(), 'missing');
    await expect(openInput(missing, undefined)).rejects.toMatchObject({
      code: 'RDIFF_IO',
      message: `Error opening "${missing}" for read: No such file or directory`,
    });
  });
});
