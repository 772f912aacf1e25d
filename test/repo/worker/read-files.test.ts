/** What is said of files that are not what the walk saw, and that each file's bytes are its own. */
import * as fs from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { FileStat } from '../../../src/platform/at-calls.js';
import type { NodeAttributes } from '../../../src/platform/attribute-calls.js';
import { bytesFromText, type ByteString } from '../../../src/platform/bytes.js';
import { openFileSystem, type FileSystem } from '../../../src/platform/files.js';
import { blake3 } from '../../../src/platform/hash.js';
import { createWorkerContext } from '../../../src/repo/worker/context.js';
import { putStat, ReadStatus, STAT_FIELDS } from '../../../src/repo/worker/jobs.js';
import { readFiles } from '../../../src/repo/worker/read-files.js';
import { scratchDirectory } from '../../support/directory.js';
import { systemError } from '../../support/faulty-files.js';
import { memoryPacks } from '../../support/memory-packs.js';
import { openFilesBelow } from '../../support/open-files.js';
import { makeFifo, makeSocket } from '../../support/special-files.js';
import { noise } from '../../support/seed.js';
import { watchedWorker } from '../../support/watched-worker.js';

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

test('nor is it where the name is no file any longer', () => {
  const { path, read } = seen({ a: 'first' });
  fs.rmSync(path('a'));
  fs.mkdirSync(path('a'));
  const broken = (): never => {
    throw new TypeError('x is not a function');
  };
  expect(() => read({ ...openFileSystem(), read: broken })).toThrow(TypeError);
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

describe('a file whose size tells nothing', () => {
  /** Reading a file to its end changes it. */
  const whileReadingToEnd = (change: () => void): FileSystem => {
    const real = openFileSystem();
    return {
      ...real,
      readToEnd(descriptor) {
        const bytes = real.readToEnd(descriptor);
        change();
        return bytes;
      },
    };
  };

  test('has changed where its state is another than the walk saw', () => {
    const { path, read } = seen(THREE);
    fs.writeFileSync(path('a'), 'second');
    const result = read(openFileSystem(), false);
    expect(result.map(({ status }) => status)).toEqual(['changed', 'read', 'read']);
    expect(result[0]).toMatchObject({ bytes: 'second', stat: { sizeBytes: 6 } });
  });

  test('is read as it is though it grows meanwhile; an empty one is read again', () => {
    const { path, read } = seen({ a: '' });
    const grow = (): void => fs.writeFileSync(path('a'), 'grown');
    expect(read(whileReadingToEnd(grow), false)).toMatchObject([{ status: 'changed', bytes: '' }]);
    fs.writeFileSync(path('a'), '');
    fs.utimesSync(path('a'), 1000, 1000);
    expect(read(whileReadingToEnd(grow), true)).toMatchObject([
      { status: 'changed', bytes: 'grown', stat: { sizeBytes: 5 } },
    ]);
  });

  test('has its bytes read by what reads to the end, and no other has', () => {
    const read = (tellsSize: boolean): number => {
      let calls = 0;
      seen(THREE).read(
        whileReadingToEnd(() => (calls += 1)),
        tellsSize,
      );
      return calls;
    };
    expect([read(false), read(true)]).toEqual([3, 1]);
  });
});

test('the state of an unstable file is that after it was read for the last time', () => {
  const { path, read } = seen({ a: 'first' });
  const files = whileReading((turn) => fs.writeFileSync(path('a'), 'x'.repeat(10 * turn)));
  const [a] = read(files);
  expect(a).toMatchObject({ status: 'unstable', stat: { sizeBytes: 30 } });
});

test('a file that is read again takes no more room for that', () => {
  const { path, read } = seen({ a: noise(5000, 1), b: 'still' });
  const worker = watchedWorker({
    files: whileReading((turn) => turn <= 3 && fs.writeFileSync(path('a'), noise(5000, turn))),
  });
  expect(read(worker.context.files)[1]).toMatchObject({ status: 'read', bytes: 'still' });
  const paths = ['a', 'b'].map((name) => bytesFromText(path(name)));
  const stats = new Float64Array(2 * STAT_FIELDS);
  stats.set([5000], 0);
  stats.set([5], STAT_FIELDS);
  const job = { ticket: 1, paths, stats, tellSizes: Uint8Array.of(1, 1), mostBytes: MOST_BYTES };
  readFiles(worker.context, { type: 'read-files', ...job });
  expect(worker.context.tickets.get(1)!.bytes).toHaveLength(5005);
});

test('files that have grown are put into a larger buffer, and the smaller one is given back', () => {
  const names = ['a', 'b', 'c', 'd'];
  const { path, directory } = seen(Object.fromEntries(names.map((name) => [name, name])));
  const worker = watchedWorker();
  const paths = names.map((name) => bytesFromText(path(name)));
  const stats = new Float64Array(names.length * STAT_FIELDS).fill(1);
  const grown = names.map((name, position) => {
    const bytes = noise(100 + 1000 * position, position);
    fs.writeFileSync(path(name), bytes);
    return bytes;
  });
  const tellSizes = new Uint8Array(names.length).fill(1);
  const job = { ticket: 1, paths, stats, tellSizes, mostBytes: MOST_BYTES };
  const { statuses } = readFiles(worker.context, { type: 'read-files', ...job });
  expect([...statuses]).toEqual(names.map(() => ReadStatus.changed));
  const { bytes, starts, lengths } = worker.context.tickets.get(1)!;
  grown.forEach((content, position) => {
    const start = starts[position]!;
    expect(bytes.subarray(start, start + lengths[position]!).equals(content)).toBe(true);
  });
  expect(worker.pool.taken).toBe(1);
  expect(bytes.length).toBeLessThan(2 * grown.reduce((sum, { length }) => sum + length, 0));
  expect(openFilesBelow(directory)).toEqual([]);
});

describe('attributes are told', () => {
  const label = { name: 'user.label' as ByteString, value: 'x' as ByteString };
  const NOTHING = { flags: 0, xattrs: [] };

  /** Files whose attributes are these, in turn. */
  function attributesOf(turns: readonly NodeAttributes[], change?: (path: string) => void) {
    const real = openFileSystem();
    const { path } = seen({ a: 'first' });
    let turn = 0;
    const attributes = {
      ...real.at.attributes!,
      read() {
        const found = turns[turn++]!;
        if (turn === 1) change?.(path('a'));
        return found;
      },
    };
    const { context } = watchedWorker({ files: { ...real, at: { ...real.at, attributes } } });
    const named = bytesFromText(path('a'));
    const stats = new Float64Array(STAT_FIELDS);
    const descriptor = real.at.open(undefined, named, 'read-file');
    putStat(stats, 0, real.at.statOpen(descriptor));
    real.close(descriptor);
    const job = { ticket: 1, paths: [named], stats, mostBytes: MOST_BYTES };
    return readFiles(context, { type: 'read-files', ...job, tellSizes: Uint8Array.of(1) });
  }

  test.each<[string, NodeAttributes, boolean]>([
    ['labels', { flags: 0, xattrs: [label] }, true],
    ['flags', { flags: 0x80, xattrs: [] }, true],
    ['neither', NOTHING, false],
  ])('of a file that has %s', (_, found, isTold) => {
    const { attributes } = attributesOf([found]);
    expect(attributes).toEqual(new Map(isTold ? [[0, found]] : []));
  });

  test('of a file that changes as they are when it is read for the last time', () => {
    const last = { flags: 0, xattrs: [label] };
    const result = attributesOf([NOTHING, last], (path) => fs.writeFileSync(path, 'second'));
    expect([...result.statuses]).toEqual([ReadStatus.changed]);
    expect(result.attributes).toEqual(new Map([[0, last]]));
  });
});
