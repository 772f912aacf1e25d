import { describe, expect, test } from 'vitest';
import { BlobKind, type BlobRow } from '../../../../src/repo/index/blobs.js';
import type { Index } from '../../../../src/repo/index/index.js';
import type { Version } from '../../../../src/repo/model.js';
import { ContentReader } from '../../../../src/repo/operations/backup/contents.js';
import type {
  FileOutcome,
  FileToRead,
} from '../../../../src/repo/operations/backup/file-outcome.js';
import type {
  RetirementAhead,
  Succession,
} from '../../../../src/repo/operations/backup/retirement-ahead.js';
import type { WritingRun } from '../../../../src/repo/repository/writing-run.js';
import { NO_ATTRIBUTES } from '../../../../src/platform/attribute-calls.js';
import type { FileStat } from '../../../../src/platform/at-calls.js';
import type { ByteString } from '../../../../src/platform/bytes.js';
import { blake3 } from '../../../../src/platform/hash.js';
import {
  ReadStatus,
  type Job,
  type ReadFilesJob,
  type ReadFilesResult,
  type StoreJob,
} from '../../../../src/repo/worker/jobs.js';
import { liveFile, savedFile } from '../../../support/nodes.js';

const MIB = 1024 * 1024;
const CHUNKING = {
  wholeFileBytes: 8 * MIB,
  segmentBytes: 16 * MIB,
  leastBytes: 512,
  averageBytes: 1024,
  mostBytes: 4096,
};

type Context = { readonly known: Version | undefined };
type File = FileToRead<Context>;

/** How a worker reads a small file, unless it is read as the walk saw it. */
interface SmallRead {
  readonly status?: ReadStatus;
  readonly lengthBytes?: number;
  readonly stat?: Partial<FileStat>;
  readonly failure?: string;
  readonly flags?: number;
}

interface Machine {
  /** By path. */
  readonly small?: Record<string, SmallRead>;
  readonly startsEarly?: boolean;
  readonly lanes?: number;
  readonly started?: number;
  /** What a window or survey fails with. */
  readonly fail?: (job: Job) => object | undefined;
  /** The pieces of the content 7. */
  readonly oldPieces?: readonly number[];
  /** Jobs answer when a test says so. */
  readonly isHeld?: boolean;
}

const hashOf = (path: string): Uint8Array => blake3(Buffer.from(path));

/** A reader whose jobs are answered here: what it asks, what it tells of each file, and how far it is. */
function prepare(machine: Machine = {}) {
  const { small = {}, startsEarly = false, lanes = 2, started = 1, fail, oldPieces = [] } = machine;
  const jobs: Job[] = [];
  const told: { path: string; outcome: FileOutcome; file: File }[] = [];
  const progress: [string, number][] = [];
  const planned: Succession[] = [];
  const held: (() => void)[] = [];
  const blobs = new Map<string, number>();
  let next = 100;
  const index = {
    blobs: {
      isEmpty: () => false,
      find: (hash: Uint8Array): Partial<BlobRow> | undefined => {
        const id = blobs.get(Buffer.from(hash).toString('hex'));
        return id === undefined ? undefined : { id, kind: BlobKind.full };
      },
      insert: (id: number, hash: Uint8Array) =>
        void blobs.set(Buffer.from(hash).toString('hex'), id),
      get: () => undefined,
      findContent: () => undefined,
      insertContent: () => undefined,
      sizedOfContent: () =>
        oldPieces.map((lengthBytes, at) => ({ id: 60 + at, lengthBytes, kind: BlobKind.full })),
    },
    counters: { next: () => next++ },
    frames: {},
  };
  const readFiles = ({ paths, stats }: ReadFilesJob): ReadFilesResult => {
    const reads = paths.map((path) => small[path] ?? {});
    const entries = <T>(of: (read: SmallRead) => T | undefined): Map<number, T> =>
      new Map(
        reads.flatMap((read, at) => {
          const value = of(read);
          return value === undefined ? [] : [[at, value] as const];
        }),
      );
    return {
      statuses: Uint8Array.from(reads, ({ status = ReadStatus.read }) => status),
      lengths: Float64Array.from(
        reads,
        ({ lengthBytes }, at) => lengthBytes ?? stats[(at * stats.length) / paths.length]!,
      ),
      hashes: Buffer.concat(paths.map(hashOf)),
      stats: entries(({ stat }) => stat && liveFile(stat)),
      attributes: entries(({ flags }) => (flags === undefined ? undefined : { flags, xattrs: [] })),
      failures: entries(({ failure }) => failure),
    };
  };
  const answer = (job: Job): unknown => {
    const failure = fail?.(job);
    if (failure) return failure;
    if (job.type === 'read-files') return readFiles(job);
    if (job.type === 'survey') {
      return { holes: new Float64Array(0), attributes: NO_ATTRIBUTES, stat: largeStat };
    }
    if (job.type === 'read-window') {
      const { lengthBytes, offset } = job;
      const half = lengthBytes / 2;
      const hashes = [hashOf(`${offset}`), hashOf(`${offset + half}`)];
      return { lengths: [half, half], hashes: Buffer.concat(hashes), stat: largeStat };
    }
    const { wanted } = job as StoreJob;
    const members = [...wanted.keys()].filter((at) => wanted[at] === 1);
    return { frames: [{ members }], deltaFrames: [] };
  };
  let largeStat = liveFile();
  const run = {
    pool: {
      laneCount: lanes,
      startedLanes: () => Array.from({ length: started }, (_, lane) => lane),
      idlestLane: () => 0,
      async run(job: Job) {
        jobs.push(job);
        if (machine.isHeld) await new Promise<void>((resolve) => void held.push(resolve));
        return answer(job);
      },
    },
    register: ({ members }: { members: number[] }, place: (at: number, where: object) => boolean) =>
      members.forEach((at) => place(at, {})),
  };
  const ahead = {
    plan: (successions: Succession[]) => (planned.push(...successions), []),
    keep: () => undefined,
  };
  const reader = new ContentReader<Context>(
    {
      run: run as unknown as WritingRun,
      index: index as unknown as Index,
      chunking: CHUNKING,
      ahead: ahead as unknown as RetirementAhead,
      startsEarly,
      onRead: (path, partBytes) => void progress.push([path, partBytes]),
    },
    (file, outcome) => void told.push({ path: file.path, outcome, file }),
  );
  const add = async (path: string, sizeBytes: number, more: Partial<File> = {}) => {
    if (sizeBytes > CHUNKING.wholeFileBytes) largeStat = liveFile({ sizeBytes });
    const stat = liveFile({ sizeBytes });
    const context = { known: undefined };
    await reader.add({ path: path as ByteString, stat, tellsSize: true, context, ...more });
  };
  const read = () => jobs.filter(({ type }) => type === 'read-files') as ReadFilesJob[];
  return { reader, add, jobs, read, told, progress, planned, held, setLarge };
  function setLarge(stat: Partial<FileStat>): void {
    largeStat = liveFile(stat);
  }
}

describe('a file is read', () => {
  test('whole, up to the largest that is one blob', async () => {
    const { add, jobs, reader } = prepare();
    await add('/whole', 8 * MIB);
    await add('/cut', 8 * MIB + 1);
    await reader.finish();
    expect(jobs.filter(({ type }) => type === 'survey')).toMatchObject([{ path: '/cut' }]);
    expect(jobs.filter(({ type }) => type === 'read-files')).toMatchObject([
      { paths: ['/whole'], mostBytes: 8 * MIB, tellSizes: Uint8Array.of(1) },
    ]);
  });

  test('in a job of its own from 2 MiB on, at once', async () => {
    const { add, read } = prepare();
    await add('/small', 2 * MIB - 1);
    expect(read()).toEqual([]);
    await add('/job', 2 * MIB);
    expect(read().map(({ paths }) => paths)).toEqual([['/job']]);
  });

  test('to its end, with the small ones, where its size says nothing', async () => {
    const { add, read, reader } = prepare();
    await add('/proc', 9 * MIB, { tellsSize: false });
    expect(read()).toEqual([]);
    await reader.finish();
    expect(read()).toMatchObject([{ paths: ['/proc'], tellSizes: Uint8Array.of(0) }]);
  });
});

describe('small files wait', () => {
  const addAll = async (add: (path: string, size: number) => Promise<void>, count: number) => {
    for (let at = 0; at < count; at++) await add(`/${at}`, 1);
  };

  test('for the end of the walk, in a source without a history', async () => {
    const { add, read, reader } = prepare();
    await addAll(add, 64);
    await reader.finish();
    expect(read().length).toBe(1);
  });

  test('for a job that is worth it, in one with a history', async () => {
    const { add, read } = prepare({ startsEarly: true });
    await addAll(add, 63);
    expect(read().length).toBe(0);
    await addAll(add, 1);
    expect(read().map(({ paths }) => paths.length)).toEqual([64]);
  });

  test('while two jobs are under way already', async () => {
    const { add, read, held } = prepare({ startsEarly: true, isHeld: true, lanes: 3 });
    await addAll(add, 192);
    expect(read().length).toBe(2);
    expect(held.length).toBe(2);
  });

  test('until 4096 do', async () => {
    const { add, read } = prepare({ lanes: 20 });
    await addAll(add, 4095);
    expect(read().length).toBe(0);
    await addAll(add, 1);
    await Promise.resolve();
    expect(read().length).toBeGreaterThan(0);
  });

  test('while the walk goes on, be all places taken', async () => {
    const { add, read, held } = prepare({ lanes: 1, isHeld: true });
    let added = 0;
    const all = addAll(async (...file) => {
      await add(...file);
      added += 1;
    }, 4096 + 10);
    await new Promise(setImmediate);
    expect(added).toBe(4096 + 10);
    expect(read().length).toBe(2);
    expect(held.length).toBe(2);
    await all;
  });

  test('and are shared out to the threads that run, at the end', async () => {
    const { add, read, reader } = prepare({ started: 3, lanes: 3 });
    await addAll(add, 9);
    await reader.finish();
    expect(read().map(({ paths }) => paths.length)).toEqual([3, 3, 3]);
  });
});

test('the end waits for what began before', async () => {
  const { add, reader, told, held } = prepare({ startsEarly: true, isHeld: true });
  for (let at = 0; at < 64; at++) await add(`/${at}`, 1);
  let hasEnded = false;
  const ended = reader.finish().then(() => (hasEnded = true));
  for (let left = 2; left > 0; left--) {
    await new Promise(setImmediate);
    expect(hasEnded).toBe(false);
    held.splice(0).forEach((release) => release());
  }
  await ended;
  expect(told.length).toBe(64);
});

test('what fails in a job that began before is thrown where it is waited for', async () => {
  const failure = new Error('no space');
  const { add, reader } = prepare({
    startsEarly: true,
    fail() {
      throw failure;
    },
  });
  for (let at = 0; at < 64; at++) await add(`/${at}`, 1);
  await expect(reader.finish()).rejects.toBe(failure);
});

describe('of a small file is told', () => {
  const seen = liveFile({ sizeBytes: 10 });
  const content = { type: 'blob', blob: 100 };
  const read = { type: 'read', stat: seen, attributes: NO_ATTRIBUTES, isUnstable: false };
  const blobs = [Buffer.from(hashOf('/f'))];
  const unknown = 'unknown error';

  test.each<[string, SmallRead, object]>([
    ['that it was read', {}, { ...read, content, blobs }],
    [
      'that it changed meanwhile, and how it was then',
      { status: ReadStatus.changed, stat: { sizeBytes: 12, mode: 0o600 }, lengthBytes: 12 },
      { ...read, stat: liveFile({ sizeBytes: 12, mode: 0o600 }), content, blobs },
    ],
    [
      'that it never held still, with the size that was read',
      { status: ReadStatus.unstable, stat: { sizeBytes: 15 }, lengthBytes: 12 },
      { ...read, stat: liveFile({ sizeBytes: 12 }), content, blobs, isUnstable: true },
    ],
    [
      'that it has no bytes',
      { lengthBytes: 0 },
      { ...read, stat: liveFile({ sizeBytes: 0 }), content: { type: 'none' }, blobs: [] },
    ],
    ['what it has beside', { flags: 64 }, { attributes: { flags: 64, xattrs: [] } }],
    ['that it vanished', { status: ReadStatus.vanished }, { type: 'vanished' }],
    [
      'that it cannot be read, and why',
      { status: ReadStatus.failed, failure: 'why' },
      { type: 'failed', message: 'why' },
    ],
    ['that nobody knows why', { status: ReadStatus.failed }, { type: 'failed', message: unknown }],
  ])('%s', async (_, how, expected) => {
    const { add, reader, told } = prepare({ small: { '/f': { lengthBytes: 10, ...how } } });
    await add('/f', 10);
    await reader.finish();
    expect(told.map(({ path }) => path)).toEqual(['/f']);
    expect(told[0]!.outcome).toMatchObject(expected);
  });

  test('each by itself', async () => {
    const small = {
      '/a': { status: ReadStatus.vanished, lengthBytes: 0 },
      '/b': { status: ReadStatus.failed, failure: 'why b', lengthBytes: 0 },
      '/c': { lengthBytes: 3, flags: 64 },
    };
    const { add, reader, told } = prepare({ small });
    for (const path of ['/a', '/b', '/c']) await add(path, 3);
    await reader.finish();
    expect(told.map(({ path, outcome }) => [path, outcome])).toMatchObject([
      ['/a', { type: 'vanished' }],
      ['/b', { type: 'failed', message: 'why b' }],
      ['/c', { type: 'read', attributes: { flags: 64 }, blobs: [Buffer.from(hashOf('/c'))] }],
    ]);
  });
});

test('a file that has become large is read last, as it is by then', async () => {
  const small = {
    '/grown': { status: ReadStatus.outgrown, stat: { sizeBytes: 9 * MIB }, lengthBytes: 0 },
  };
  const { add, reader, jobs, told, setLarge } = prepare({ small, lanes: 1 });
  setLarge({ sizeBytes: 9 * MIB });
  await add('/grown', 10);
  await add('/other', 10);
  await reader.finish();
  expect(told.map(({ path }) => path)).toEqual(['/other', '/grown']);
  expect(told[1]!.file.stat.sizeBytes).toBe(9 * MIB);
  expect(told[1]!.outcome).toMatchObject({ type: 'read', stat: { sizeBytes: 9 * MIB } });
  expect(jobs.filter(({ type }) => type === 'survey').length).toBe(1);
  await reader.finish();
  expect(told.length).toBe(2);
});

describe('what was read', () => {
  test('is counted, and told with the last file of each job', async () => {
    const { add, reader, progress } = prepare({
      small: { '/a': { lengthBytes: 10 }, '/b': { lengthBytes: 5 } },
    });
    for (const path of ['/a', '/b']) await add(path, 10);
    await reader.finish();
    expect(reader.bytesRead).toBe(15);
    expect(progress).toEqual([['/b', 0]]);
  });

  test('of a large file is told window by window, and forgotten when it is handed back', async () => {
    const { add, reader, progress } = prepare({ lanes: 1, small: { '/s': { lengthBytes: 1 } } });
    await add('/large', 12 * MIB);
    await add('/s', 1);
    await reader.finish();
    expect(progress).toEqual([
      ['/large', 4 * MIB],
      ['/large', 8 * MIB],
      ['/large', 12 * MIB],
      ['/s', 0],
    ]);
    expect(reader.bytesRead).toBe(12 * MIB + 1);
  });

  test('stays told while small files are read beside a large one', async () => {
    const { reader, held, progress, ...lab } = prepare({ isHeld: true, lanes: 1 });
    const large = lab.add('/large', 12 * MIB);
    const release = async (): Promise<void> => {
      await new Promise(setImmediate);
      held.splice(0).forEach((go) => go());
    };
    await release();
    await new Promise(setImmediate);
    const small = lab.add('/job', 2 * MIB);
    for (let left = 12; left > 0; left--) await release();
    await Promise.all([large, small]);
    expect(progress.map(([path]) => path)).toContain('/job');
    expect(progress.find(([path]) => path === '/job')![1]).toBeGreaterThan(0);
    await reader.finish();
  });

  test('of a file that is read again counts as its size at most', async () => {
    const { add, progress, reader, setLarge } = prepare({ lanes: 1 });
    const file = add('/large', 12 * MIB);
    setLarge({ sizeBytes: 12 * MIB, inode: 99 });
    await file;
    expect(progress.length).toBe(6);
    expect(progress.slice(2).map(([, bytes]) => bytes)).toEqual(Array(4).fill(12 * MIB));
    expect(reader.bytesRead).toBe(24 * MIB);
  });
});

describe('what a file held before', () => {
  test('may become a delta of what it holds now', async () => {
    const { add, reader, planned } = prepare({ small: { '/f': { lengthBytes: 10 } } });
    const known = savedFile({ path: 5, content: { type: 'blob', blob: 21 } });
    await add('/f', 10, { context: { known } });
    await reader.finish();
    expect(planned).toEqual([{ path: 5, old: 21, newer: 100, position: 0 }]);
  });

  test.each<Version['content']>([{ type: 'content', content: 7 }, { type: 'none' }])(
    'is no delta of one blob where it was $type',
    async (content) => {
      const { add, reader, planned } = prepare({ oldPieces: [10] });
      await add('/f', 10, { context: { known: savedFile({ path: 5, content }) } });
      await reader.finish();
      expect(planned).toEqual([]);
    },
  );

  test('is looked for piece by piece at the places of a large one', async () => {
    const { add, planned } = prepare({ lanes: 1, oldPieces: Array(6).fill(2 * MIB) as number[] });
    const known = savedFile({ path: 5, content: { type: 'content', content: 7 } });
    await add('/large', 12 * MIB, { context: { known } });
    expect(planned.map(({ path, old }) => [path, old])).toEqual(
      [60, 61, 62, 63, 64, 65].map((old) => [5, old]),
    );
  });
});

describe('a large file that cannot be', () => {
  const failure = { code: 'EIO', message: 'why' };

  test.each(['survey', 'read-window'])('read (%s) is told so', async (type) => {
    const { add, told } = prepare({ fail: (job) => (job.type === type ? failure : undefined) });
    await add('/large', 12 * MIB);
    expect(told.map(({ outcome }) => outcome)).toEqual([{ type: 'failed', message: 'why' }]);
  });
});
