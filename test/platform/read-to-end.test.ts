import * as fs from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
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
