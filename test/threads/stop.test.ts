import { dirname } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { bytesFromText } from '../../src/platform/bytes.js';
import { openFileSystem, type FileSystem } from '../../src/platform/files.js';
import {
  checkStop,
  createStopWord,
  isStopped,
  stop,
  Stopped,
  stoppableFiles,
} from '../../src/threads/stop.js';

test('a word says nothing until it is told to stop', () => {
  const word = createStopWord();
  expect(isStopped(word)).toBe(false);
  expect(() => checkStop(word)).not.toThrow();
  stop(word);
  expect(isStopped(word)).toBe(true);
  expect(() => checkStop(word)).toThrow(Stopped);
});

test('both sides of a thread see it: the memory is shared, not copied', () => {
  expect(createStopWord().buffer).toBeInstanceOf(SharedArrayBuffer);
});

function list(files: FileSystem, directory: string): readonly string[] {
  const opened = openFileSystem().at.open(undefined, bytesFromText(directory), 'read-directory');
  try {
    return files.at.list(opened);
  } finally {
    files.close(opened);
  }
}

describe('the files of a thread that is to end', () => {
  const own = import.meta.filename;
  const path = bytesFromText(own);
  const calls: [string, (files: FileSystem, descriptor: number) => unknown][] = [
    ['open', (files) => files.close(files.open(own, 'read'))],
    ['read', (files, descriptor) => files.read(descriptor, Buffer.alloc(8), 0)],
    ['write', (files, descriptor) => files.write(descriptor, Buffer.alloc(0), 0)],
    ['open a name', (files) => files.close(files.at.open(undefined, path, 'read-file'))],
    ['list a directory', (files) => list(files, '/')],
  ];

  test.each(calls)('do not %s', (_, call) => {
    const word = createStopWord();
    const files = stoppableFiles(openFileSystem(), word);
    const descriptor = files.open(own, 'read');
    expect(() => call(files, descriptor)).not.toThrow();
    stop(word);
    expect(() => call(files, descriptor)).toThrow(Stopped);
    // What is open can still be looked at and closed.
    expect(files.at.statOpen(descriptor).type).toBe('file');
    files.close(descriptor);
    expect(files.exists(path)).toBe(true);
  });

  test('are those of the machine otherwise, and libc is loaded only when it is asked for', () => {
    const real = openFileSystem();
    const at = vi.fn(() => real.at);
    const files = stoppableFiles(
      Object.defineProperty({ ...real }, 'at', { get: at }),
      createStopWord(),
    );
    expect(files.stat(own)?.type).toBe('file');
    expect(at).not.toHaveBeenCalled();
    expect(list(files, dirname(own)).toSorted()).toEqual(list(real, dirname(own)).toSorted());
    expect(at).toHaveBeenCalledOnce();
  });
});
