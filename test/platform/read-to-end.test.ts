import * as fs from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { readToEnd } from '../../src/platform/read-to-end.js';
import { scratchDirectory } from '../support/directory.js';
import { makeFifo } from '../support/special-files.js';

const { O_RDONLY, O_NONBLOCK, O_RDWR } = fs.constants;

function open(path: string, flags = O_RDONLY | O_NONBLOCK): number {
  const descriptor = fs.openSync(path, flags);
  onTestFinished(() => fs.closeSync(descriptor));
  return descriptor;
}

test.each(['/proc/version', '/proc/filesystems', '/proc/self/mountinfo', '/etc/passwd'])(
  'all of %s is read, whatever size it says it has',
  (path) => {
    expect(readToEnd(open(path))).toEqual(fs.readFileSync(path));
  },
);

test('what is longer than one read is read whole', () => {
  const path = join(scratchDirectory(), 'long');
  const bytes = Buffer.alloc(1_000_001, 'abcdefg');
  fs.writeFileSync(path, bytes);
  expect(readToEnd(open(path)).equals(bytes)).toBe(true);
});

test('a file that gives bytes for ever is given up at a number of bytes', () => {
  expect(() => readToEnd(open('/dev/zero'), { mostBytes: 1_000_000, mostMs: 5000 })).toThrow(
    expect.objectContaining({ code: 'EFBIG' }),
  );
});

test('a file that waits for more is given up after a time, and is read when it comes', () => {
  const path = join(scratchDirectory(), 'fifo');
  makeFifo(path);
  const writer = open(path, O_RDWR);
  const reader = open(path);
  const bounds = { mostBytes: 1000, mostMs: 100 };
  expect(() => readToEnd(reader, bounds)).toThrow(expect.objectContaining({ code: 'ETIMEDOUT' }));
  fs.writeSync(writer, 'early');
  expect(() => readToEnd(reader, bounds)).toThrow(expect.objectContaining({ code: 'ETIMEDOUT' }));
});

test('as many bytes as the bound are no end to it, and one more is', () => {
  const path = join(scratchDirectory(), 'file');
  fs.writeFileSync(path, Buffer.alloc(3 * 1024 * 1024, 1));
  const bounds = { mostBytes: 3 * 1024 * 1024, mostMs: 5000 };
  expect(readToEnd(open(path), bounds)).toHaveLength(bounds.mostBytes);
  fs.appendFileSync(path, 'x');
  expect(() => readToEnd(open(path), bounds)).toThrow(
    expect.objectContaining({
      code: 'EFBIG',
      message: 'no size is known of it, and it did not end within 3 MiB',
    }),
  );
});

test('a read that fails is no wait', () => {
  const directory = scratchDirectory();
  expect(() => readToEnd(open(directory))).toThrow(expect.objectContaining({ code: 'EISDIR' }));
});

test('bytes of one file do not show in those of the next', () => {
  const [one, other] = ['one', 'other'].map((name) => join(scratchDirectory(), name));
  fs.writeFileSync(one!, 'a'.repeat(1000));
  fs.writeFileSync(other!, 'b'.repeat(10));
  const first = readToEnd(open(one!));
  expect(readToEnd(open(other!)).toString()).toBe('b'.repeat(10));
  expect(first.toString()).toBe('a'.repeat(1000));
});

describe('a read that fails', () => {
  /** What is read of ten bytes, where the first calls fail so. */
  async function readAfter(...codes: string[]): Promise<string> {
    const failures = [...codes];
    vi.resetModules();
    vi.doMock('node:fs', () => ({
      ...fs,
      readSync: (...of: Parameters<typeof fs.readSync>) => {
        const code = failures.shift();
        if (code !== undefined) throw Object.assign(new Error(code), { code });
        return fs.readSync(...of);
      },
    }));
    onTestFinished(() => {
      vi.doUnmock('node:fs');
      vi.resetModules();
    });
    const path = join(scratchDirectory(), 'file');
    fs.writeFileSync(path, '0123456789');
    const { readToEnd: read } = await import('../../src/platform/read-to-end.js');
    return read(open(path)).toString();
  }

  test.each([['EINTR'], ['EAGAIN'], ['EAGAIN', 'EINTR']])(
    'since a signal came, or nothing has yet, is tried again: %s',
    async (...codes) => {
      expect(await readAfter(...codes)).toBe('0123456789');
    },
  );

  test.each(['EIO', 'EISDIR'])('by %s is a failure', async (code) => {
    await expect(readAfter(code)).rejects.toThrow(code);
  });
});
