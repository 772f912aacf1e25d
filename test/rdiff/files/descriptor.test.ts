/** Whole reads and writes over calls that move less than they are asked for, or fail. */
import * as fs from 'node:fs';
import { describe, expect, onTestFinished, test } from 'vitest';
import * as plain from '../../../src/platform/plain-files.js';
import { scratchDirectory } from '../../support/directory.js';
import { overCalls, type PlainCalls } from '../../support/plain-calls.js';

/** The functions over plain calls of which some are replaced. */
const over = (calls: PlainCalls) =>
  overCalls(calls, () => import('../../../src/rdiff/files/descriptor.js'));

/** Calls that move so many bytes at most. */
const short = (most: number): PlainCalls => ({
  readOnceAt: (descriptor, position, into) =>
    plain.readOnceAt(descriptor, position, into.subarray(0, most)),
  writeOn: (descriptor, bytes) => plain.writeOn(descriptor, bytes.subarray(0, most)),
  writeOnceAt: (descriptor, position, bytes) =>
    plain.writeOnceAt(descriptor, position, bytes.subarray(0, most)),
});

function openFile(content: string): { descriptor: number; text: () => string } {
  const path = `${scratchDirectory()}/file`;
  fs.writeFileSync(path, content);
  const descriptor = fs.openSync(path, 'r+');
  onTestFinished(() => fs.closeSync(descriptor));
  return { descriptor, text: () => fs.readFileSync(path, 'utf8') };
}

const systemFailure = (code: string, errno: number): Error =>
  Object.assign(new Error(`${code}: of the system`), { code, errno });

describe.each([1, 3, 100])('with calls of %i bytes', (most) => {
  test('a read fills all, from its place', async () => {
    const { readFully } = await over(short(most));
    const { descriptor } = openFile('0123456789');
    const into = Buffer.alloc(7, '-');
    readFully(descriptor, 2, into);
    expect(into.toString()).toBe('2345678');
  });

  test('a write at a place writes all there, and one without goes on from where the file stands', async () => {
    const { writeAll } = await over(short(most));
    const { descriptor, text } = openFile('0123456789');
    writeAll('file', descriptor, Buffer.from('abcdef'), 2);
    expect(text()).toBe('01abcdef89');
    writeAll('file', descriptor, Buffer.from('ABCDE'));
    writeAll('file', descriptor, Buffer.from('FGHIJKL'));
    expect(text()).toBe('ABCDEFGHIJKL');
  });
});

test('a file that ends before says where', async () => {
  const { readFully, readAt } = await over(short(4));
  const { descriptor } = openFile('0123456789');
  expect(() => readFully(descriptor, 5, Buffer.alloc(6))).toThrow(
    expect.objectContaining({ code: 'RDIFF_IO', message: 'The file ends at 10, before its size' }),
  );
  expect(readAt(descriptor, 10, Buffer.alloc(6))).toBe(0);
  expect(readAt(descriptor, 8, Buffer.alloc(6))).toBe(2);
});

test('a pipe that has no room just now is tried again, from where it stood', async () => {
  const { descriptor, text } = openFile('');
  let calls = 0;
  const { writeAll } = await over({
    writeOn(handle, bytes) {
      if ((calls += 1) % 2 === 1) throw systemFailure('EAGAIN', -11);
      return plain.writeOn(handle, bytes.subarray(0, 2));
    },
  });
  writeAll('pipe', descriptor, Buffer.from('01234'));
  expect([calls, text()]).toEqual([6, '01234']);
});

test("failures are said in librsync's words and the system's", async () => {
  const fail = (): never => {
    throw systemFailure('ENOSPC', -28);
  };
  const { readAt, writeAll } = await over({ readOnceAt: fail, writeOn: fail, writeOnceAt: fail });
  const saying = (message: string) =>
    expect.objectContaining({ code: 'RDIFF_IO', message }) as Error;
  expect(() => readAt(0, 0, Buffer.alloc(1))).toThrow(
    saying('error reading file: No space left on device'),
  );
  const failure = saying('error writing "the delta": No space left on device');
  expect(() => writeAll('the delta', 1, Buffer.from('x'))).toThrow(failure);
  expect(() => writeAll('the delta', 1, Buffer.from('x'), 5)).toThrow(failure);
});
