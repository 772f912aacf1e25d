/** What is said of files that are not what the walk saw, and that each file's bytes are its own. */
import * as fs from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { FileStat } from '../../../src/platform/at-calls.js';
import { bytesFromText } from '../../../src/platform/bytes.js';
import { openFileSystem, type FileSystem } from '../../../src/platform/files.js';
import { blake3 } from '../../../src/platform/hash.js';
import { createWorkerContext } from '../../../src/repo/worker/context.js';
import { putStat, ReadStatus, STAT_FIELDS } from '../../../src/repo/worker/jobs.js';
import { readFiles } from '../../../src/repo/worker/read-files.js';
import { scratchDirectory } from '../../support/directory.js';
import { systemError } from '../../support/faulty-files.js';
import { memoryPacks } from '../../support/memory-packs.js';
import { makeFifo, makeSocket } from '../../support/special-files.js';
import { noise } from '../../support/seed.js';

const MOST_BYTES = 10_000;

interface Read {
  readonly status: string;
  readonly bytes: string;
  readonly stat: FileStat | undefined;
  readonly failure: string | undefined;
}

/** A directory with these files, which the walk sees now; `read` is what a worker makes of them then. */
function seen(contents: Readonly<Record<string, string | Uint8Array>>) {
  const directory = scratchDirectory();
  const paths = Object.keys(contents).map((name) => join(directory, name));
  for (const [name, content] of Object.entries(contents)) {
    fs.writeFileSync(join(directory, name), content);
    // Long ago: what is written from now on has other times.
    fs.utimesSync(join(directory, name), 1000, 1000);
  }
  const real = openFileSystem();
  const stats = new Float64Array(paths.length * STAT_FIELDS);
  const names = paths.map(bytesFromText);
  names.forEach((name, position) => {
    const descriptor = real.at.open(undefined, name, 'read-file');
    putStat(stats, position, real.at.statOpen(descriptor));
    real.close(descriptor);
  });
  const read = (files: FileSystem = real, tellsSize = true): Read[] => {
    const context = createWorkerContext(files, memoryPacks());
    const tellSizes = new Uint8Array(paths.length).fill(Number(tellsSize));
    const job = { ticket: 1, paths: names, stats, tellSizes, mostBytes: MOST_BYTES };
    const result = readFiles(context, { type: 'read-files', ...job });
    const { bytes, starts, lengths, hashes } = context.tickets.get(1)!;
    return names.map((_, position) => {
      const [start, length] = [starts[position]!, lengths[position]!];
      const part = bytes.subarray(start, start + length);
      expect(result.lengths[position]).toBe(length);
      const hash = result.hashes.subarray(position * 32, position * 32 + 32);
      expect(hash).toEqual(Uint8Array.from(blake3(part)));
      expect(hashes.subarray(position * 32, position * 32 + 32)).toEqual(hash);
      const [status = ''] =
        Object.entries(ReadStatus).find(([, value]) => value === result.statuses[position]) ?? [];
      return {
        status,
        bytes: part.toString('latin1'),
        stat: result.stats.get(position),
        failure: result.failures.get(position),
      };
    });
  };
  return { directory, read, path: (name: string) => join(directory, name) };
}

/** Does something to a file whenever its bytes are read. */
function whileReading(change: (turn: number) => void): FileSystem {
  const real = openFileSystem();
  let turn = 0;
  return {
    ...real,
    read(descriptor, into, position) {
      const count = real.read(descriptor, into, position);
      change((turn += 1));
      return count;
    },
  };
}

const THREE = { a: 'first', empty: '', b: noise(5000, 3) };

test('files that are as they were are read, each for itself', () => {
  const read = seen(THREE).read();
  expect(read.map(({ status }) => status)).toEqual(['read', 'read', 'read']);
  expect(read.map(({ bytes }) => bytes)).toEqual(['first', '', THREE.b.toString('latin1')]);
  expect(read.every(({ stat, failure }) => stat === undefined && failure === undefined)).toBe(true);
});

describe('a file that is no file any longer has vanished', () => {
  test.each<[string, (path: string) => unknown]>([
    ['removed', () => undefined],
    ['a directory', (path) => fs.mkdirSync(path)],
    ['a fifo', (path) => makeFifo(path)],
    ['a symbolic link', (path) => fs.symlinkSync('b', path)],
    ['a socket', makeSocket],
  ])('%s', async (_, make) => {
    const { path, read } = seen(THREE);
    for (const name of ['a', 'empty']) {
      fs.rmSync(path(name));
      await make(path(name));
    }
    const result = read();
    expect(result.map(({ status }) => status)).toEqual(['vanished', 'vanished', 'read']);
    expect(result.map(({ bytes }) => bytes)).toEqual(['', '', THREE.b.toString('latin1')]);
  });
});

describe('a file that changed since it was looked at', () => {
  test.each<[string, string, string]>([
    ['of the same length', 'a', 'FIRST'],
    ['shorter', 'a', 'f'],
    ['longer', 'a', 'first and more'],
    ['emptied', 'b', ''],
    ['that was empty', 'empty', 'no longer'],
  ])('%s is read as it is now', (_, name, content) => {
    const { path, read } = seen(THREE);
    fs.writeFileSync(path(name), content);
    const result = read();
    const changed = result[Object.keys(THREE).indexOf(name)]!;
    expect(changed).toMatchObject({ status: 'changed', bytes: content });
    expect(changed.stat?.sizeBytes).toBe(content.length);
    expect(result.filter(({ status }) => status === 'read')).toHaveLength(2);
  });

  test('is not read where it has become too large for that', () => {
    const { path, read } = seen(THREE);
    fs.writeFileSync(path('a'), Buffer.alloc(MOST_BYTES, 'x'));
    expect(read()[0]).toMatchObject({ status: 'changed', stat: { sizeBytes: MOST_BYTES } });
    fs.writeFileSync(path('a'), Buffer.alloc(MOST_BYTES + 1, 'x'));
    const [grown, ...others] = read();
    expect(grown).toMatchObject({
      status: 'outgrown',
      bytes: '',
      stat: { sizeBytes: MOST_BYTES + 1 },
    });
    expect(others.map(({ status }) => status)).toEqual(['read', 'read']);
  });
});

describe('a file that changes while it is read', () => {
  test('once is read again', () => {
    const { path, read } = seen({ a: 'first' });
    const files = whileReading((turn) => {
      if (turn === 1) fs.writeFileSync(path('a'), 'second');
    });
    expect(read(files)).toMatchObject([{ status: 'changed', bytes: 'second' }]);
  });

  test('every time is unstable after three, and has the bytes of the last', () => {
    const { path, read } = seen({ a: 'first', b: 'still' });
    let reads = 0;
    const files = whileReading(() => {
      if (fs.existsSync(path('b.gone'))) return;
      reads += 1;
      if (reads <= 3) fs.writeFileSync(path('a'), `turn ${reads}`);
    });
    const [a, b] = read(files);
    expect(a).toMatchObject({ status: 'unstable', bytes: 'turn 2' });
    expect(b).toMatchObject({ status: 'read', bytes: 'still' });
  });
});

test('a file that cannot be read says why, and the others are read', () => {
  const { read } = seen(THREE);
  const real = openFileSystem();
  let calls = 0;
  const files: FileSystem = {
    ...real,
    read(descriptor, into, position) {
      if ((calls += 1) === 1) throw systemError('EIO');
      return real.read(descriptor, into, position);
    },
  };
  const [failed, ...others] = read(files);
  expect(failed).toMatchObject({ status: 'failed', bytes: '' });
  expect(failed?.failure).toMatch(/\S/);
  expect(others.map(({ status }) => status)).toEqual(['read', 'read']);
});

test('a failure that is no system error is not one of the file', () => {
  const { read } = seen(THREE);
  const files = whileReading(() => {
    throw new TypeError('x is not a function');
  });
  expect(() => read(files)).toThrow(TypeError);
});

test('a file whose size tells nothing is read to its end', () => {
  const read = seen(THREE).read(openFileSystem(), false);
  expect(read.map(({ status }) => status)).toEqual(['read', 'read', 'read']);
  expect(read.map(({ bytes }) => bytes)).toEqual(['first', '', THREE.b.toString('latin1')]);
});

test('no descriptor stays open, whatever became of a file', () => {
  const { path, directory, read } = seen(THREE);
  fs.rmSync(path('a'));
  makeFifo(path('a'));
  fs.writeFileSync(path('b'), Buffer.alloc(MOST_BYTES + 1));
  read();
  const open = fs.readdirSync('/proc/self/fd').flatMap((descriptor) => {
    try {
      return [fs.readlinkSync(`/proc/self/fd/${descriptor}`)];
    } catch {
      return [];
    }
  });
  expect(open.filter((target) => target.startsWith(directory))).toEqual([]);
});
