/** How bytes come into files: which are written, where, what is counted, and what is given back. */
import * as fs from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { NodeAttributes } from '../../../src/platform/attribute-calls.js';
import type { ByteString } from '../../../src/platform/bytes.js';
import { openFileSystem, type FileSystem } from '../../../src/platform/files.js';
import { blake3 } from '../../../src/platform/hash.js';
import { VersionType, type BlobRecipe } from '../../../src/repo/model.js';
import type {
  RestoreFile,
  RestorePiece,
  RestoreResult,
  RestoreWay,
} from '../../../src/repo/worker/jobs.js';
import { restore } from '../../../src/repo/worker/restore.js';
import { scratchDirectory } from '../../support/directory.js';
import { watchedFiles, type Call } from '../../support/disk/watched-files.js';
import { systemError } from '../../support/faulty-files.js';
import { openFilesBelow } from '../../support/open-files.js';
import { noise } from '../../support/seed.js';
import { makeFifo } from '../../support/special-files.js';
import { watchedWorker, type WatchedWorker } from '../../support/watched-worker.js';

const PAGE = 4096;
const MIB = 1024 * 1024;
const OWNER = { uid: process.getuid!(), gid: process.getgid!() };

/** A file of the target, without attributes, of 1970. */
const file = (name: string, way: RestoreWay, more: Partial<RestoreFile> = {}): RestoreFile => ({
  type: VersionType.file,
  mode: 0o640,
  ...OWNER,
  mtime: { seconds: 5000, nanoseconds: 0 },
  known: undefined,
  directory: '' as ByteString,
  name: name as ByteString,
  way,
  leavesHoles: false,
  ...more,
});

interface Job {
  readonly files: readonly RestoreFile[];
  readonly pieces: readonly RestorePiece[];
  readonly isDryRun?: boolean;
}

/** A directory that is restored into, and a worker who does it. */
function target(system: FileSystem = openFileSystem()) {
  const directory = scratchDirectory();
  const worker = watchedWorker({ files: system });
  const descriptor = fs.openSync(directory, fs.constants.O_RDONLY | fs.constants.O_DIRECTORY);
  onTestFinished(() => fs.closeSync(descriptor));
  const path = (name: string): string => join(directory, name);
  return {
    directory,
    worker,
    path,
    read: (name: string) => fs.readFileSync(path(name)),
    /** Whatever becomes of it, nothing stays open but the target. */
    run: ({ files, pieces, isDryRun = false }: Job): RestoreResult => {
      try {
        const job = { type: 'restore', target: descriptor, files, pieces, isDryRun } as const;
        return restore(worker.context, job);
      } finally {
        expect(openFilesBelow(directory)).toEqual([directory]);
      }
    },
  };
}

const whole = ({ putFulls }: WatchedWorker, bytes: Uint8Array): BlobRecipe => {
  const [full] = putFulls(bytes);
  return { hash: blake3(bytes), lengthBytes: bytes.length, full: full!, deltas: [] };
};

/** The second text, stored as a delta against the first. */
const delta = (worker: WatchedWorker, basis: Uint8Array, bytes: Uint8Array): BlobRecipe => ({
  hash: blake3(bytes),
  lengthBytes: bytes.length,
  full: worker.putFulls(basis)[0]!,
  deltas: [worker.putDelta(basis, bytes)],
});

/** A blob, or as many zeros, that go to places `[file, position]`. */
const piece = (
  what: BlobRecipe | number,
  ...places: readonly (readonly [file: number, position: number])[]
): RestorePiece => {
  const at = { places: places.map(([file, position]) => ({ file, position })) };
  return typeof what === 'number'
    ? { type: 'zeros', lengthBytes: what, ...at }
    : { type: 'blob', recipe: what, ...at };
};

/** Pages of data where a word has an `x`, of zeros elsewhere. */
const pages = (word: string, seed = 1): Buffer =>
  Buffer.concat(
    Array.from(word, (letter, page) =>
      letter === 'x' ? noise(PAGE, 100 * seed + page) : Buffer.alloc(PAGE),
    ),
  );

/** The system's files, and what was done to them. */
function recorded(real: FileSystem = openFileSystem()) {
  const calls: Call[] = [];
  const files = watchedFiles((call, act) => {
    calls.push(call);
    return act();
  }, real);
  /** Offsets and lengths of writes or holes, in pages. */
  const rangesOf = (name: 'write' | 'punch') =>
    calls
      .filter((call) => call.name === name)
      .map(({ offset = 0, bytes, lengthBytes = bytes?.length ?? 0 }) => [
        offset / PAGE,
        lengthBytes / PAGE,
      ]);
  return { files, calls, rangesOf };
}

/** Everything is known of holes, as on the usual disks. */
const withHoles = (files: FileSystem = openFileSystem()): FileSystem => ({
  ...files,
  at: { ...files.at, punchHole: () => true },
});

describe('a file of one blob', () => {
  test.each<[RestoreWay, boolean]>([
    ['create', false],
    ['create', true],
    ['replace', false],
    ['replace', true],
    ['compare', false],
    ['compare', true],
  ])('gets its bytes, its metadata and its name: %s, holes: %s', (way, leavesHoles) => {
    const { run, worker, read, path, directory } = target();
    const contents = [pages('x..x.'), noise(10, 2), pages('.....'), pages('..x')];
    if (way !== 'create') fs.writeFileSync(path('0'), noise(7 * PAGE, 9));
    const files = contents.map((_, index) => file(String(index), way, { leavesHoles }));
    const pieces = contents.map((bytes, index) => piece(whole(worker, bytes), [index, 0]));
    const result = run({ files, pieces });
    expect(result).toEqual({
      written: Float64Array.from(contents, ({ length }) => length),
      failures: [],
      shortfalls: [],
    });
    contents.forEach((bytes, index) => {
      expect(read(String(index)).equals(bytes), `file ${index}`).toBe(true);
      const stat = fs.statSync(path(String(index)));
      expect([stat.mode & 0o7777, stat.mtimeMs]).toEqual([0o640, 5_000_000]);
    });
    expect(fs.readdirSync(directory).sort()).toEqual(['0', '1', '2', '3']);
  });

  test('has its data written where it belongs, and not its zeros, if it leaves holes', () => {
    const { files, rangesOf, calls } = recorded();
    const { run, worker } = target(files);
    const recipe = whole(worker, pages('.xx..x..'));
    run({ files: [file('a', 'create', { leavesHoles: true })], pieces: [piece(recipe, [0, 0])] });
    expect(rangesOf('write')).toEqual([
      [1, 2],
      [5, 1],
    ]);
    expect(calls.find(({ name }) => name === 'truncate')?.lengthBytes).toBe(8 * PAGE);
  });

  test('is left alone where it has the bytes and the metadata, and is counted nowhere', () => {
    const { files, calls } = recorded();
    const { run, worker, path } = target(files);
    const bytes = noise(9000, 1);
    const made = { mode: 0o640, mtime: { seconds: 5000, nanoseconds: 0 } };
    for (const name of ['a', 'b']) {
      fs.writeFileSync(path(name), bytes, { mode: 0o640 });
      fs.chmodSync(path(name), 0o640);
      fs.utimesSync(path(name), 5000, name === 'a' ? 5000 : 7000);
    }
    const recipe = whole(worker, bytes);
    const { ino } = fs.statSync(path('b'));
    const result = run({
      files: [file('a', 'compare', made), file('b', 'compare', made)],
      pieces: [piece(recipe, [0, 0], [1, 0])],
    });
    expect(result).toEqual({ written: Float64Array.of(0, 0), failures: [], shortfalls: [] });
    expect(calls.filter(({ name }) => name === 'write' || name === 'create')).toEqual([]);
    expect(
      calls.filter(({ name }) => name === 'set-metadata').map(({ path }) => path),
    ).not.toContain(path('a'));
    expect(fs.statSync(path('b'))).toMatchObject({ ino, mtimeMs: 5_000_000 });
  });

  test('is made though what has its name cannot be compared', () => {
    const real = openFileSystem();
    let isBroken = true;
    const { run, worker, read, path } = target({
      ...real,
      read(...of) {
        if (isBroken) throw systemError('EIO');
        return real.read(...of);
      },
    });
    const bytes = noise(500, 1);
    fs.writeFileSync(path('same'), bytes);
    makeFifo(path('fifo'));
    const recipe = whole(worker, bytes);
    const names = ['same', 'fifo', 'missing'];
    const files = names.map((name) => file(name, 'compare'));
    const result = run({ files, pieces: [piece(recipe, [0, 0], [1, 0], [2, 0])] });
    isBroken = false;
    expect(result).toMatchObject({ written: Float64Array.of(500, 500, 500), failures: [] });
    for (const name of names) expect(read(name).equals(bytes)).toBe(true);
  });

  test('a bug while it is compared is told', () => {
    const real = openFileSystem();
    const { run, worker, path } = target({
      ...real,
      read: () => {
        throw new TypeError('x is not a function');
      },
    });
    fs.writeFileSync(path('a'), 'xyz');
    const pieces = [piece(whole(worker, Buffer.from('xyz')), [0, 0])];
    expect(() => run({ files: [file('a', 'compare')], pieces })).toThrow(TypeError);
  });
});

describe('a file that is filled piece by piece', () => {
  test.each([false, true])('has each piece at its place; holes: %s', (leavesHoles) => {
    const { files, rangesOf } = recorded();
    const { run, worker, read, path } = target(files);
    fs.writeFileSync(path('a'), '');
    fs.truncateSync(path('a'), 9 * PAGE);
    const [first, second] = [pages('x.x'), pages('.x', 2)];
    const result = run({
      files: [file('a', 'fill', { leavesHoles })],
      pieces: [
        piece(whole(worker, first), [0, PAGE]),
        piece(2 * PAGE, [0, 4 * PAGE]),
        piece(whole(worker, second), [0, 6 * PAGE], [0, 7 * PAGE]),
      ],
    });
    expect(result.failures).toEqual([]);
    const expected = Buffer.alloc(9 * PAGE);
    first.copy(expected, PAGE);
    second.copy(expected, 6 * PAGE);
    second.copy(expected, 7 * PAGE);
    expect(rangesOf('write')).toEqual(
      leavesHoles
        ? [
            [1, 1],
            [3, 1],
            [7, 1],
            [8, 1],
          ]
        : [
            [1, 3],
            [4, 2],
            [6, 2],
            [7, 2],
          ],
    );
    expect(result.written).toEqual(Float64Array.of((leavesHoles ? 4 : 9) * PAGE));
    if (leavesHoles) return;
    expect(read('a').equals(expected)).toBe(true);
  });

  test('gets zeros of more than a megabyte to their end, and none beyond', () => {
    const { run, read, path } = target();
    const before = noise(4 * MIB, 1);
    fs.writeFileSync(path('a'), before);
    const lengthBytes = 2 * MIB + 100;
    const result = run({ files: [file('a', 'fill')], pieces: [piece(lengthBytes, [0, 500])] });
    expect(result.written).toEqual(Float64Array.of(lengthBytes));
    before.fill(0, 500, 500 + lengthBytes);
    expect(read('a').equals(before)).toBe(true);
  });
});

describe('a file that is patched', () => {
  test('has the pages written that differ, and counts those; a dry run counts as many', () => {
    const { files, rangesOf } = recorded();
    const { run, worker, read, path } = target(files);
    const wanted = noise(6 * PAGE, 1);
    const there = Buffer.concat([noise(2 * PAGE, 8), wanted]);
    for (const page of [3, 4, 6]) there[page * PAGE + 7]! ^= 1;
    fs.writeFileSync(path('a'), there);
    const job = {
      files: [file('a', 'patch')],
      pieces: [piece(whole(worker, wanted), [0, 2 * PAGE])],
    };
    const counted = { written: Float64Array.of(3 * PAGE), failures: [], shortfalls: [] };
    expect(run({ ...job, isDryRun: true })).toEqual(counted);
    expect(rangesOf('write')).toEqual([]);
    expect(read('a').equals(there)).toBe(true);
    expect(run(job)).toEqual(counted);
    expect(rangesOf('write')).toEqual([
      [3, 2],
      [6, 1],
    ]);
    wanted.copy(there, 2 * PAGE);
    expect(read('a').equals(there)).toBe(true);
    // Now all of it is there, and not even rebuilt.
    worker.packs.packs.clear();
    expect(run(job)).toEqual({ ...counted, written: Float64Array.of(0) });
  });

  test('has holes made of the zeros among them, which count as written', () => {
    const { files, rangesOf } = recorded(withHoles());
    const { run, worker, path } = target(files);
    fs.writeFileSync(path('a'), noise(10 * PAGE, 9));
    const wanted = pages('.x..x.');
    const result = run({
      files: [file('a', 'patch', { leavesHoles: true })],
      pieces: [piece(whole(worker, wanted), [0, 3 * PAGE])],
    });
    expect(rangesOf('punch')).toEqual([
      [3, 1],
      [5, 2],
      [8, 1],
    ]);
    expect(rangesOf('write')).toEqual([
      [4, 1],
      [7, 1],
    ]);
    expect(result).toEqual({ written: Float64Array.of(6 * PAGE), failures: [], shortfalls: [] });
  });

  test('keeps what it has where that is right, holes or not', () => {
    const { files, rangesOf } = recorded(withHoles());
    const { run, worker, read, path } = target(files);
    const wanted = pages('x..x..');
    const there = Buffer.from(wanted);
    for (const page of [0, 3, 5]) there[page * PAGE] = 77;
    fs.writeFileSync(path('a'), there);
    run({
      files: [file('a', 'patch', { leavesHoles: true })],
      pieces: [piece(whole(worker, wanted), [0, 0])],
    });
    expect(rangesOf('punch')).toEqual([[5, 1]]);
    expect(rangesOf('write')).toEqual([
      [0, 1],
      [3, 1],
    ]);
    expect(
      read('a')
        .subarray(0, 5 * PAGE)
        .equals(wanted.subarray(0, 5 * PAGE)),
    ).toBe(true);
  });

  test('that is too short has all of the rest written, whatever that is', () => {
    const { run, worker, read, path } = target();
    // What a buffer may happen to hold that nothing was read into.
    const wanted = Buffer.alloc(3 * PAGE, 0xdb);
    fs.writeFileSync(path('a'), wanted.subarray(0, PAGE));
    const result = run({
      files: [file('a', 'patch')],
      pieces: [piece(whole(worker, wanted), [0, 0])],
    });
    expect(result.written).toEqual(Float64Array.of(2 * PAGE));
    expect(read('a').equals(wanted)).toBe(true);
  });

  test('has its zeros written where no holes can be made', () => {
    const real = openFileSystem();
    const at = { ...real.at, punchHole: () => false };
    const { run, worker, read, path } = target({ ...real, at });
    fs.writeFileSync(path('a'), noise(6 * PAGE, 9));
    const wanted = pages('.x..x.');
    const result = run({
      files: [file('a', 'patch', { leavesHoles: true })],
      pieces: [piece(whole(worker, wanted), [0, 0])],
    });
    expect(result.written).toEqual(Float64Array.of(6 * PAGE));
    expect(read('a').equals(wanted)).toBe(true);
  });

  test.each([true, false])(
    'gets zeros where it has data, to their end and not beyond; holes are known: %s',
    (seeksHoles) => {
      const real = openFileSystem();
      const { files, rangesOf } = recorded({ ...real, at: { ...real.at, seeksHoles } });
      const { run, read, path } = target(files);
      const there = noise(3 * MIB, 1);
      there.fill(0, MIB, 2 * MIB);
      fs.writeFileSync(path('a'), there);
      const result = run({
        files: [file('a', 'patch'), file('a', 'patch')],
        pieces: [piece(2 * MIB, [0, PAGE]), piece(100, [1, 2 * MIB + 10 * PAGE])],
      });
      expect(result.written).toEqual(Float64Array.of(MIB, 100));
      there.fill(0, PAGE, 2 * MIB + PAGE);
      there.fill(0, 2 * MIB + 10 * PAGE, 2 * MIB + 10 * PAGE + 100);
      expect(read('a').equals(there)).toBe(true);
      expect(rangesOf('write').reduce((sum, [, length]) => sum + length!, 0)).toBe(
        256 + 100 / PAGE,
      );
    },
  );

  test.each([0, 64])('gets none where it has a hole: data behind it stays (%i pages)', (data) => {
    const real = openFileSystem();
    // A hole up to the 128th page, or to the end.
    const seek = (): number | undefined => (data === 0 ? undefined : 128 * PAGE);
    const at = { ...real.at, seeksHoles: true, seek };
    const { files, rangesOf } = recorded({ ...real, at });
    const { run, read, path } = target(files);
    const there = Buffer.concat([Buffer.alloc(128 * PAGE), noise(data * PAGE, 1)]);
    fs.writeFileSync(path('a'), there);
    const result = run({ files: [file('a', 'patch')], pieces: [piece(60 * PAGE, [0, PAGE])] });
    expect(result).toEqual({ written: Float64Array.of(0), failures: [], shortfalls: [] });
    expect(rangesOf('write')).toEqual([]);
    expect(read('a').equals(there)).toBe(true);
  });
});

describe('what cannot be restored', () => {
  /** Writes into files of this descriptor's kind fail once `isBroken` says so. */
  function failing(code: string) {
    const real = openFileSystem();
    let writes = 0;
    return {
      ...real,
      write(...of: Parameters<FileSystem['write']>) {
        if ((writes += 1) === 2) throw systemError(code);
        real.write(...of);
      },
    };
  }

  test.each(['create', 'replace', 'compare', 'fill', 'patch'] as const)(
    'is told of its file, and the others are: %s',
    (way) => {
      const { run, worker, read, path, directory } = target(failing('EIO'));
      const names = ['a', 'b', 'c'];
      const isThere = way === 'fill' || way === 'patch';
      const isReplaced = way === 'replace' || way === 'compare';
      if (isThere || isReplaced) {
        for (const name of names) fs.writeFileSync(path(name), Buffer.alloc(500));
      }
      const bytes = noise(500, 1);
      const result = run({
        files: names.map((name) => file(name, way)),
        pieces: [piece(whole(worker, bytes), [0, 0], [1, 0], [2, 0])],
      });
      expect(result.failures).toEqual([{ file: 1, code: 'EIO', message: 'injected (EIO)' }]);
      expect([...result.written]).toEqual([500, 0, 500]);
      for (const name of ['a', 'c']) expect(read(name).equals(bytes)).toBe(true);
      if (!isReplaced) return;
      // What stood there stays.
      expect(read('b').equals(Buffer.alloc(500))).toBe(true);
      expect(fs.readdirSync(directory).sort()).toEqual(names);
    },
  );

  test('is told of zeros as well, each by itself', () => {
    const { run, path } = target();
    fs.writeFileSync(path('a'), noise(PAGE, 1));
    const files = [file('none', 'fill'), file('none', 'patch'), file('a', 'patch')];
    const { failures, written } = run({ files, pieces: [piece(PAGE, [0, 0], [1, 0], [2, 0])] });
    const missing = { code: 'ENOENT', message: 'it does not exist' };
    expect(failures).toEqual([
      { file: 0, ...missing },
      { file: 1, ...missing },
    ]);
    expect([...written]).toEqual([0, 0, PAGE]);
  });

  test.each(['ENOSPC', 'EMFILE'])('by %s is no fault of one file: it ends the job', (code) => {
    const { run, worker } = target(failing(code));
    const pieces = [piece(whole(worker, noise(10, 1)), [0, 0], [1, 0])];
    const files = [file('a', 'create'), file('b', 'create')];
    expect(() => run({ files, pieces })).toThrow(`${code}: injected`);
  });

  test('since it is damaged is told once of each file that lacks it', () => {
    const { run, worker, path } = target();
    const bytes = noise(500, 1);
    const [sound, damaged] = [whole(worker, noise(20, 2)), whole(worker, bytes)];
    fs.writeFileSync(path('a'), Buffer.concat([Buffer.alloc(500), bytes]));
    fs.writeFileSync(path('has'), bytes);
    worker.packs.packs.get(1)![damaged.full.frame.offset + damaged.full.frame.lengthBytes - 1]! ^=
      1;
    const files = [file('a', 'patch'), file('has', 'patch'), file('b', 'create')];
    const result = run({
      files,
      pieces: [piece(damaged, [0, 0], [0, 500], [0, 200], [1, 0]), piece(sound, [2, 0])],
    });
    const hash = Buffer.from(damaged.hash).toString('hex');
    const why = 'The stored bytes do not match the hash of their blob.';
    expect(result.failures).toEqual([
      { file: 0, code: 'BLOB_DAMAGED', message: `Blob ${hash} cannot be rebuilt: ${why}` },
    ]);
    expect([...result.written]).toEqual([0, 0, 20]);
  });
});

describe('a dry run', () => {
  test('writes nothing, reads no blob, and counts what is not there', () => {
    const { files, calls } = recorded();
    const { run, worker, path, directory } = target(files);
    const bytes = noise(5000, 1);
    fs.writeFileSync(path('has'), bytes);
    fs.writeFileSync(path('other'), noise(5000, 2));
    const before = fs.statSync(path('has'));
    const recipe = whole(worker, bytes);
    worker.packs.packs.clear();
    const ways = ['create', 'replace', 'compare', 'compare', 'fill'] as const;
    const names = ['new', 'other', 'has', 'other', 'large'];
    const result = run({
      files: ways.map((way, index) => file(names[index]!, way)),
      pieces: [piece(recipe, [0, 0], [1, 0], [2, 0], [3, 0], [4, 0])],
      isDryRun: true,
    });
    expect(result).toEqual({
      written: Float64Array.of(5000, 5000, 0, 5000, 5000),
      failures: [],
      shortfalls: [],
    });
    expect(calls.every(({ name }) => name === 'open' || name === 'close')).toBe(true);
    expect(fs.readdirSync(directory).sort()).toEqual(['has', 'other']);
    expect(fs.statSync(path('has')).mtimeMs).toBe(before.mtimeMs);
  });
});

describe('of one directory is asked once', () => {
  const NOTHING: NodeAttributes = { flags: 0, xattrs: [] };
  const label = { name: 'user.label' as ByteString, value: 'x' as ByteString };

  /** Files in two directories, three and one, made where new files begin with `there`. */
  function make(there: NodeAttributes, way: RestoreWay = 'create') {
    const real = openFileSystem();
    const asked = { read: 0, locked: [] as number[], removed: 0 };
    const attributes = {
      ...real.at.attributes!,
      read: () => {
        asked.read += 1;
        return there;
      },
      flags: (descriptor: number) => {
        asked.locked.push(descriptor);
        return 0;
      },
      remove: () => void (asked.removed += 1),
      set: () => undefined,
      setFlags: () => undefined,
    };
    const { run, worker, path } = target({ ...real, at: { ...real.at, attributes } });
    for (const name of ['one', 'two']) fs.mkdirSync(path(name));
    const places = ['one', 'one', 'two', 'one'] as ByteString[];
    const files = places.map((directory, index) =>
      file(`file${index}`, way, { directory, known: NOTHING }),
    );
    const recipe = whole(worker, noise(10, 1));
    const result = run({
      files,
      pieces: [piece(recipe, ...files.map((_, at) => [at, 0] as const))],
    });
    expect(result.failures).toEqual([]);
    return asked;
  }

  test('what its new files begin with, if that is nothing', () => {
    expect(make(NOTHING)).toMatchObject({ read: 2, removed: 0 });
  });

  test.each<[string, NodeAttributes, number]>([
    ['labels', { flags: 0, xattrs: [label] }, 4],
    ['flags', { flags: 0x80, xattrs: [] }, 0],
  ])('or else of each file anew: %s', (_, there, removed) => {
    expect(make(there)).toMatchObject({ read: 2 + 4, removed });
  });

  test('whether names in it may be replaced', () => {
    const ofFiles = make(NOTHING, 'create').locked.length;
    expect(make(NOTHING, 'replace').locked.length - ofFiles).toBe(2);
  });
});

test('what of its metadata a file lacks is told of that file', () => {
  const real = openFileSystem();
  let turn = 0;
  const at = {
    ...real.at,
    setMtimeOpen(...of: Parameters<typeof real.at.setMtimeOpen>) {
      if ((turn += 1) === 2) throw systemError('EPERM');
      real.at.setMtimeOpen(...of);
    },
  };
  const { run, worker } = target({ ...real, at });
  const recipe = whole(worker, noise(10, 1));
  const result = run({
    files: ['a', 'b', 'c'].map((name) => file(name, 'create')),
    pieces: [piece(recipe, [0, 0], [1, 0], [2, 0])],
  });
  expect(result.shortfalls).toEqual([{ file: 1, missing: [{ kind: 'time', code: 'EPERM' }] }]);
  expect(result.failures).toEqual([]);
});

test.each([true, false])(
  'no buffer is kept, however many pieces there are (dry run: %s)',
  (isDryRun) => {
    const mostOf = (count: number): { most: number; taken: number } => {
      const { run, worker, path, read } = target();
      const bases = Array.from({ length: count }, (_, seed) => noise(3 * PAGE, 10 + seed));
      const texts = bases.map((basis) => Buffer.concat([Buffer.from('new'), basis.subarray(50)]));
      const ways = ['create', 'compare', 'patch'] as const;
      const files = texts.flatMap((text, index) =>
        ways.map((way) => {
          const there = Buffer.from(text);
          there[2 * PAGE]! ^= 1;
          if (way !== 'create') fs.writeFileSync(path(`${way}${index}`), there);
          return file(`${way}${index}`, way);
        }),
      );
      const pieces = texts.map((text, index) =>
        piece(
          delta(worker, bases[index]!, text),
          [3 * index, 0],
          [3 * index + 1, 0],
          [3 * index + 2, 0],
        ),
      );
      expect(run({ files, pieces, isDryRun }).failures).toEqual([]);
      texts.forEach((text, index) => {
        if (!isDryRun)
          for (const way of ways) expect(read(`${way}${index}`).equals(text)).toBe(true);
      });
      return { most: worker.pool.most, taken: worker.pool.taken };
    };
    expect(mostOf(9)).toEqual(mostOf(3));
  },
);
