import * as fs from 'node:fs';
import { describe, expect, test } from 'vitest';
import { bytesFromText } from '../../../src/platform/bytes.js';
import { openFileSystem, type FileSystem } from '../../../src/platform/files.js';
import { blake3 } from '../../../src/platform/hash.js';
import { createWorkerContext } from '../../../src/repo/worker/context.js';
import { NO_HOLES } from '../../../src/repo/worker/hole-map.js';
import type { ReadWindowJob, SourceFailure } from '../../../src/repo/worker/jobs.js';
import { leastWindowBytes } from '../../../src/repo/worker/cut-window.js';
import { readWindow, survey } from '../../../src/repo/worker/read-window.js';
import { scratchDirectory } from '../../support/directory.js';
import { systemError } from '../../support/faulty-files.js';
import { memoryPacks } from '../../support/memory-packs.js';
import { openFilesBelow } from '../../support/open-files.js';
import { noise } from '../../support/seed.js';
import { makeFifo } from '../../support/special-files.js';
import { watchedWorker } from '../../support/watched-worker.js';

const WINDOW_BYTES = 200_000;
const CHUNKING = { min: 1024, average: 4096, max: 16_384 };

/** What a window of a file of `sizeBytes` is cut into. */
function lengthsOf(sizeBytes: number, window: Partial<ReadWindowJob>): readonly number[] {
  const path = `${scratchDirectory()}/file`;
  fs.writeFileSync(path, noise(sizeBytes, 7));
  const context = createWorkerContext(openFileSystem(), memoryPacks());
  const result = readWindow(context, {
    type: 'read-window',
    ticket: 1,
    path: bytesFromText(path),
    offset: 0,
    lengthBytes: WINDOW_BYTES,
    isEnd: false,
    followsHole: false,
    precedesHole: false,
    chunking: CHUNKING,
    ...window,
  });
  context.close();
  if ('code' in result) throw new Error(result.code);
  return result.lengths;
}

const sum = (lengths: readonly number[]): number => lengths.reduce((all, one) => all + one, 0);

test('a window in the midst of a file leaves its rest, whose cut is not sure, to the next one', () => {
  const cut = sum(lengthsOf(500_000, {}));
  expect(cut).toBeLessThan(WINDOW_BYTES);
  expect(cut).toBeGreaterThan(WINDOW_BYTES - leastWindowBytes(CHUNKING));
});

test('one at the end is cut to its last byte', () => {
  expect(sum(lengthsOf(WINDOW_BYTES, { isEnd: true }))).toBe(WINDOW_BYTES);
});

test('so is one of a file that ends early, since no other follows', () => {
  expect(sum(lengthsOf(150_000, {}))).toBe(150_000);
  expect(sum(lengthsOf(250_000, { offset: 130_000 }))).toBe(120_000);
});

/** A file of 200 kB, and jobs on it over files that a test changes. */
function prepare(change: (real: FileSystem) => Partial<FileSystem> = () => ({})) {
  const directory = scratchDirectory();
  const path = `${directory}/file`;
  fs.writeFileSync(path, noise(WINDOW_BYTES, 7));
  const real = openFileSystem();
  const worker = watchedWorker({ files: { ...real, ...change(real) } });
  const named = bytesFromText(path);
  return {
    ...worker,
    path,
    directory,
    survey: (mapsHoles = false) =>
      survey(worker.context, { type: 'survey', path: named, mapsHoles }),
    read: (more: Partial<ReadWindowJob> = {}) =>
      readWindow(worker.context, {
        type: 'read-window',
        ticket: 1,
        path: named,
        offset: 0,
        lengthBytes: WINDOW_BYTES,
        isEnd: true,
        followsHole: false,
        precedesHole: false,
        chunking: CHUNKING,
        ...more,
      }),
  };
}

type Prepared = ReturnType<typeof prepare>;
const WAYS: Record<string, (prepared: Prepared) => unknown> = {
  survey: (prepared) => prepared.survey(),
  'read-window': (prepared) => prepared.read(),
};

describe.each(Object.entries(WAYS))('%s', (_, run) => {
  test('leaves neither a descriptor nor, of what cannot be read, a buffer', () => {
    const prepared = prepare();
    run(prepared);
    fs.rmSync(prepared.path);
    const before = prepared.pool.taken;
    run(prepared);
    expect(prepared.pool.taken).toBe(before);
    expect(openFilesBelow(prepared.directory)).toEqual([]);
  });

  test.each<[string, (path: string) => unknown, string, string]>([
    ['gone', () => undefined, 'ENOENT', 'it does not exist'],
    ['a link', (path) => fs.symlinkSync('x', path), 'ELOOP', 'it is a symbolic link'],
    ['a fifo', (path) => makeFifo(path), 'ENOENT', 'it does not exist'],
    ['a directory', (path) => fs.mkdirSync(path), 'ENOENT', 'it does not exist'],
  ])('of what is %s says why it failed', async (_, make, code, message) => {
    const prepared = prepare();
    fs.rmSync(prepared.path);
    await make(prepared.path);
    const failure = run(prepared) as SourceFailure;
    expect(Object.keys(failure).sort()).toEqual(['code', 'message']);
    expect(failure.code).toBe(code);
    expect(failure.message).toContain(message);
  });

  test.each(['EMFILE', 'ENOMEM'])(
    'fails as a whole by %s, which says nothing of one file',
    (code) => {
      const at = (real: FileSystem): FileSystem['at'] => ({
        ...real.at,
        open: () => {
          throw systemError(code);
        },
      });
      expect(() => run(prepare((real) => ({ at: at(real) })))).toThrow(`${code}: injected`);
    },
  );

  test('fails as a whole by a bug', () => {
    const at = (real: FileSystem): FileSystem['at'] => ({
      ...real.at,
      statOpen: () => {
        throw new TypeError('x is not a function');
      },
    });
    expect(() => run(prepare((real) => ({ at: at(real) })))).toThrow(TypeError);
  });
});

test('the state of a window is that after its bytes were read', () => {
  const path: { now: string } = { now: '' };
  const prepared = prepare((real) => ({
    read(...of) {
      const count = real.read(...of);
      fs.appendFileSync(path.now, 'more');
      return count;
    },
  }));
  path.now = prepared.path;
  expect(prepared.read()).toMatchObject({ stat: { sizeBytes: WINDOW_BYTES + 4 } });
});

test('the state of a survey is that after its attributes were read', () => {
  const path: { now: string } = { now: '' };
  const prepared = prepare((real) => {
    const attributes = {
      ...real.at.attributes!,
      read(...of: Parameters<NonNullable<typeof real.at.attributes>['read']>) {
        fs.appendFileSync(path.now, 'more');
        return real.at.attributes!.read(...of);
      },
    };
    return { at: { ...real.at, attributes } };
  });
  path.now = prepared.path;
  expect(prepared.survey()).toMatchObject({ stat: { sizeBytes: WINDOW_BYTES + 4 } });
});

test('holes are asked for only where they are wanted', () => {
  const asked: string[] = [];
  const prepared = prepare((real) => ({
    sync: () => void asked.push('sync'),
    at: {
      ...real.at,
      seeksHoles: true,
      statOpen: (descriptor) => ({ ...real.at.statOpen(descriptor), allocatedBytes: 0 }),
      seek(_, offset, next) {
        asked.push('seek');
        return next === 'data' ? (offset === 0 ? 102_400 : undefined) : WINDOW_BYTES;
      },
    },
  }));
  expect(prepared.survey(false)).toMatchObject({ holes: NO_HOLES });
  expect(asked).toEqual([]);
  expect(prepared.survey(true)).toMatchObject({ holes: Float64Array.of(0, 102_400) });
  expect(asked).toContain('sync');
});

test('pieces are those of the bytes at the offset of the window', () => {
  const { read, context } = prepare();
  const bytes = noise(WINDOW_BYTES, 7);
  const result = read({ offset: 50_000, lengthBytes: 30_000 });
  if ('code' in result) throw new Error(result.message);
  let start = 50_000;
  result.lengths.forEach((length, position) => {
    const hash = result.hashes.subarray(position * 32, position * 32 + 32);
    expect(Buffer.from(hash).equals(blake3(bytes.subarray(start, start + length)))).toBe(true);
    start += length;
  });
  expect(start).toBe(80_000);
  expect(context.tickets.get(1)?.lengths).toEqual(result.lengths);
});
