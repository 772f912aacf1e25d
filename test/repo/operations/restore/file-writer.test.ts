import * as fs from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { BlobKind } from '../../../../src/repo/index/blobs.js';
import { VersionFlag, type BlobRecipe, type Version } from '../../../../src/repo/model.js';
import type { OverwriteRule } from '../../../../src/repo/operations/restore/decide.js';
import { FileWriter } from '../../../../src/repo/operations/restore/file-writer.js';
import type { HeldRepository } from '../../../../src/repo/repository/held.js';
import type { RestoreJob, RestoreResult } from '../../../../src/repo/worker/jobs.js';
import type { WorkerPool } from '../../../../src/repo/worker/pool.js';
import type { FileStat } from '../../../../src/platform/at-calls.js';
import type { ByteString } from '../../../../src/platform/bytes.js';
import { openFileSystem } from '../../../../src/platform/files.js';
import { splitPath } from '../../../../src/repo/tree/relative-path.js';
import { scratchDirectory } from '../../../support/directory.js';
import { filesWithAt, systemError } from '../../../support/faulty-files.js';
import { liveFile, savedFile } from '../../../support/nodes.js';
import { openFilesBelow } from '../../../support/open-files.js';

const WHOLE_BYTES = 100;
const SNAPSHOT = 3;
const me = { uid: process.getuid!(), gid: process.getgid!() };

interface Case {
  readonly rule?: OverwriteRule;
  readonly isDryRun?: boolean;
  /** What a job answers; else that all bytes of each file were written. */
  readonly answer?: (job: RestoreJob) => Partial<RestoreResult>;
  /** The frame of each blob; of those that have none all are lost. */
  readonly frames?: Record<number, number>;
  readonly lost?: readonly number[];
  readonly holes?: Record<number, number>;
  readonly files?: ReturnType<typeof openFileSystem>;
  readonly lock?: string;
  /** Jobs never end. */
  readonly isHeld?: boolean;
}

/** A writer into a scratch directory whose jobs are answered here. */
function prepare(options: Case = {}) {
  const { rule, isDryRun = false, answer, frames = {}, lost = [], holes = {} } = options;
  const directory = scratchDirectory();
  const files = options.files ?? openFileSystem();
  const target = files.at.open(undefined, directory as ByteString, 'read-directory');
  const jobs: RestoreJob[] = [];
  const told: string[] = [];
  const versions = new Map<number, Version>();
  const sizeOf = (blob: number): number => WHOLE_BYTES / 10 + blob;
  const repository = {
    platform: { files },
    config: { chunking: { wholeFileBytes: WHOLE_BYTES } },
    index: {
      blobs: {
        get: (id: number) => ({ kind: BlobKind.full, frame: frames[id] ?? 1, member: id }),
        holeBytes: (id: number) => holes[id],
        recipe: (id: number) =>
          lost.includes(id) ? undefined : ({ lengthBytes: sizeOf(id) } as BlobRecipe),
        listOf: (content: Version['content']) =>
          content.type === 'none' ? [] : content.type === 'blob' ? [content.blob] : [1, 2],
      },
      versions: { atPath: (path: number) => versions.get(path) },
    },
  } as unknown as HeldRepository;
  const pool = {
    laneCount: 1,
    run(job: RestoreJob) {
      jobs.push(job);
      if (options.isHeld) return new Promise(() => undefined);
      const written = Float64Array.from(job.files, (_, at) =>
        job.pieces
          .filter(({ places }) => places.some(({ file }) => file === at))
          .reduce(
            (sum, piece) =>
              sum + (piece.type === 'zeros' ? piece.lengthBytes : piece.recipe.lengthBytes),
            0,
          ),
      );
      return Promise.resolve({ written, failures: [], shortfalls: [], ...answer?.(job) });
    },
  } as unknown as WorkerPool;
  const writer = new FileWriter({
    repository,
    snapshot: SNAPSHOT,
    pool,
    target,
    nameOf: (path) => `/t/${path}` as ByteString,
    rule,
    wanted: ({ type, mode, mtime }) => ({ type, mode, mtime, ...me, known: undefined }),
    isDryRun,
    explainLock: () => options.lock,
    onFile: (path, sizeBytes, { bytes, isUnchanged }) =>
      void told.push(`${path}: ${bytes} of ${sizeBytes}${isUnchanged ? ', unchanged' : ''}`),
    onPart: (path, bytes) => void told.push(`${path} part ${bytes}`),
    onIssue: (path, code, message) => void told.push(`${path} ${code} ${message}`),
    onShortfalls: (path, missing) => {
      if (missing.length > 0) told.push(`${path} lacks ${missing.length}`);
    },
  });
  let next = 1;
  const add = async (name: string, more: Partial<Version> = {}, there?: FileStat) => {
    const version = savedFile({ path: next++, ...more });
    versions.set(version.path, version);
    await writer.add({ ...splitPath(name as ByteString), version }, there);
  };
  const finish = async () => {
    await writer.finish();
    files.close(target);
    expect(openFilesBelow(directory)).toEqual([]);
  };
  return { directory, add, finish, jobs, told };
}

const blob = (id: number) => ({
  content: { type: 'blob', blob: id } as const,
  sizeBytes: WHOLE_BYTES / 10 + id,
});
const pieces = { content: { type: 'content', content: 1 } as const, sizeBytes: 23 };
const none = { content: { type: 'none' } as const, sizeBytes: 0 };

describe('small files', () => {
  test('go to the workers in the order of the packs, and a blob that several share once', async () => {
    const { add, finish, jobs, told } = prepare({ frames: { 1: 9, 2: 4, 3: 9 } });
    await add('c', blob(3));
    await add('a', blob(1));
    await add('b', blob(2));
    await add('d', blob(1));
    expect(jobs).toEqual([]);
    await finish();
    expect(jobs.map(({ files }) => files.map(({ name }) => name))).toEqual([['b', 'a', 'd', 'c']]);
    const places = jobs[0]!.pieces.map((piece) => piece.places);
    expect(places).toEqual([
      [{ file: 0, position: 0 }],
      [
        { file: 1, position: 0 },
        { file: 2, position: 0 },
      ],
      [{ file: 3, position: 0 }],
    ]);
    expect(told).toEqual(['b: 12 of 12', 'a: 11 of 11', 'd: 11 of 11', 'c: 13 of 13']);
  });

  test('whose bytes were there are unchanged', async () => {
    const { add, finish, told } = prepare({
      rule: 'always',
      answer: () => ({ written: Float64Array.of(0, 5) }),
    });
    await add('a', blob(1), liveFile({ sizeBytes: 11 }));
    await add('b', blob(2), liveFile({ sizeBytes: 12 }));
    await finish();
    expect(told).toEqual(['a: 0 of 11, unchanged', 'b: 5 of 12']);
  });

  test.each<[OverwriteRule | undefined, number | undefined, string]>([
    [undefined, undefined, 'create'],
    ['if-changed', undefined, 'replace'],
    ['if-changed', 12, 'replace'],
    ['if-changed', 11, 'compare'],
    ['always', 11, 'compare'],
    ['if-newer', 11, 'compare'],
  ])('by the rule %s over one of %s bytes are made by: %s', async (rule, sizeBytes, way) => {
    const { add, finish, jobs } = prepare(rule === undefined ? {} : { rule });
    await add('a', blob(1), sizeBytes === undefined ? undefined : liveFile({ sizeBytes }));
    await finish();
    expect(jobs.map(({ files, isDryRun }) => [files[0]!.way, isDryRun])).toEqual([[way, false]]);
  });

  test('say whether holes are left in them, and what metadata they get', async () => {
    const { add, finish, jobs } = prepare();
    await add('a', { ...blob(1), flags: VersionFlag.sparse | VersionFlag.racy });
    await add('b', { ...blob(2), flags: VersionFlag.racy, mode: 0o600 });
    await finish();
    expect(jobs[0]!.files).toMatchObject([
      { name: 'a', leavesHoles: true, mode: 0o644, ...me },
      { name: 'b', leavesHoles: false, mode: 0o600, ...me },
    ]);
  });
});

describe('a dry run', () => {
  test('compares what may be as it should be, and counts the rest', async () => {
    const { directory, add, finish, jobs, told } = prepare({ rule: 'if-changed', isDryRun: true });
    await add('new', blob(1));
    await add('same-size', blob(2), liveFile({ sizeBytes: 12 }));
    await add('empty', none);
    await add('pieces', pieces);
    expect(told).toEqual(['new: 11 of 11', 'empty: 0 of 0', 'pieces: 23 of 23']);
    await finish();
    expect(jobs.map(({ files, isDryRun }) => [files[0]!.name, isDryRun])).toEqual([
      ['same-size', true],
    ]);
    expect(fs.readdirSync(directory)).toEqual([]);
  });

  test('counts what of a large file differs, and writes nothing', async () => {
    const { directory, add, finish, jobs, told } = prepare({
      rule: 'always',
      isDryRun: true,
      answer: () => ({ written: Float64Array.of(4) }),
    });
    fs.writeFileSync(join(directory, 'file'), Buffer.alloc(23));
    await add('file', pieces, liveFile({ sizeBytes: 23 }));
    await finish();
    expect(jobs.map(({ isDryRun }) => isDryRun)).toEqual([true]);
    expect(told).toEqual(['file part 23', 'file: 4 of 23']);
  });
});

describe('a file of several blobs', () => {
  test('is made and finished here, and filled by workers', async () => {
    const { directory, add, finish, jobs, told } = prepare();
    await add('file', { ...pieces, mode: 0o640 });
    expect(jobs).toMatchObject([{ files: [{ name: 'file', way: 'fill' }], isDryRun: false }]);
    expect(told).toEqual(['file part 23', 'file: 23 of 23']);
    const { size, mode } = fs.statSync(join(directory, 'file'));
    expect([size, mode & 0o777]).toEqual([23, 0o640]);
    await finish();
  });

  test('in a directory leaves that closed', async () => {
    const { directory, add, finish, told } = prepare();
    fs.mkdirSync(join(directory, 'dir/deep'), { recursive: true });
    await add('dir/deep/file', pieces);
    expect(told.at(-1)).toBe('dir/deep/file: 23 of 23');
    await finish();
  });

  test('that is new counts as written, holes and all', async () => {
    const { add, finish, told } = prepare({ answer: () => ({ written: Float64Array.of(1) }) });
    await add('file', pieces);
    expect(told).toEqual(['file part 23', 'file: 23 of 23']);
    await finish();
  });

  test.each([
    [0, 'file: 0 of 23, unchanged'],
    [4, 'file: 4 of 23'],
  ])('that is changed where it stands, by %i bytes', async (bytes, expected) => {
    const { directory, add, finish, told } = prepare({
      rule: 'if-changed',
      answer: () => ({ written: Float64Array.of(bytes) }),
    });
    fs.writeFileSync(join(directory, 'file'), Buffer.alloc(23));
    const { ino } = fs.statSync(join(directory, 'file'));
    await add('file', pieces, liveFile({ sizeBytes: 23 }));
    expect(told).toEqual(['file part 23', expected]);
    expect(fs.statSync(join(directory, 'file')).ino).toBe(ino);
    await finish();
  });

  test.each<[OverwriteRule, boolean]>([
    ['always', true],
    ['if-changed', true],
    ['if-newer', false],
  ])('by the rule %s keeps its inode: %s', async (rule, isKept) => {
    const { directory, add, finish } = prepare({ rule });
    fs.writeFileSync(join(directory, 'file'), Buffer.alloc(23));
    const { ino } = fs.statSync(join(directory, 'file'));
    await add('file', pieces, liveFile({ sizeBytes: 23 }));
    expect(fs.statSync(join(directory, 'file')).ino === ino).toBe(isKept);
    await finish();
  });

  test('is a hole, where its only blob is one and it is longer than a whole file', async () => {
    const { directory, add, finish, jobs } = prepare({ holes: { 1: 101 } });
    await add('hole', { content: { type: 'blob', blob: 1 }, sizeBytes: 101, flags: 4 });
    expect(jobs).toMatchObject([{ pieces: [{ type: 'zeros', lengthBytes: 101 }] }]);
    await add('whole', { content: { type: 'blob', blob: 1 }, sizeBytes: 100 });
    expect(jobs.length).toBe(1);
    await finish();
    expect(jobs.length).toBe(2);
    expect(fs.statSync(join(directory, 'hole')).size).toBe(101);
  });
});

test('a file without bytes is made without workers, and is not called unchanged', async () => {
  const { directory, add, finish, jobs, told } = prepare({ rule: 'always' });
  fs.writeFileSync(join(directory, 'empty'), 'full');
  await add('empty', none, liveFile({ sizeBytes: 4 }));
  await finish();
  expect(jobs).toEqual([]);
  expect(told).toEqual(['empty: 0 of 0']);
  expect(fs.statSync(join(directory, 'empty')).size).toBe(0);
});

describe('what cannot be restored', () => {
  const failing = (code: string) => (job: RestoreJob) => ({
    failures: job.files.map((_, file) => ({ file, code, message: `because of ${code}` })),
  });

  test.each([
    ['BLOB_DAMAGED', 'DAMAGED'],
    ['PACK_CORRUPT', 'DAMAGED'],
    ['PACK_MISSING', 'DAMAGED'],
    ['EACCES', 'NOT_RESTORED'],
    ['ENOSPC', 'NOT_RESTORED'],
  ])('(%s) is told as %s, and is no file that is there', async (code, expected) => {
    const { add, finish, told } = prepare({ answer: failing(code) });
    await add('a', blob(1));
    await finish();
    expect(told).toEqual([`a ${expected} /t/a: because of ${code}`]);
  });

  test('is told of the file that it is, and the others are there', async () => {
    const { add, finish, told } = prepare({
      answer: () => ({ failures: [{ file: 1, code: 'EIO', message: 'why' }] }),
    });
    for (const [name, id] of [['a', 1] as const, ['b', 2] as const, ['c', 3] as const]) {
      await add(name, blob(id));
    }
    await finish();
    expect(told).toEqual(['b NOT_RESTORED /t/b: why', 'a: 11 of 11', 'c: 13 of 13']);
  });

  test('is told with the lock that is the reason', async () => {
    const { add, finish, told } = prepare({ answer: failing('EPERM'), lock: 'it is immutable' });
    await add('a', blob(1));
    await finish();
    expect(told).toEqual(['a NOT_RESTORED /t/a: it is immutable.']);
  });

  test('since its blob is lost is told, and the rest of the job is done', async () => {
    const { add, finish, told, jobs } = prepare({ lost: [2] });
    for (const [name, id] of [['a', 1] as const, ['b', 2] as const, ['c', 3] as const]) {
      await add(name, blob(id));
    }
    await finish();
    expect(jobs[0]!.files.map(({ name }) => name)).toEqual(['a', 'c']);
    expect(told).toEqual([
      'b DAMAGED /t/b was not restored: its content is lost or damaged.',
      'a: 11 of 11',
      'c: 13 of 13',
    ]);
  });

  test.each<[string, Case, string]>([
    ['a part fails', { answer: failing('EIO') }, 'file NOT_RESTORED /t/file: because of EIO'],
    [
      'a piece is lost',
      { lost: [2] },
      'file DAMAGED /t/file was not restored: its content is lost or damaged.',
    ],
  ])('of several blobs, as %s, is told once and does not stay', async (_, how, expected) => {
    const { directory, add, finish, told } = prepare(how);
    await add('file', pieces);
    expect(told).toEqual([expected]);
    expect(fs.readdirSync(directory)).toEqual([]);
    await finish();
  });

  test('what another failure of the same file adds is not told again', async () => {
    const twice = [1, 2].map((at) => ({ file: 0, code: 'EIO', message: `${at}` }));
    const { add, finish, told } = prepare({ answer: () => ({ failures: twice }) });
    await add('a', blob(1));
    await finish();
    expect(told).toEqual(['a NOT_RESTORED /t/a: 1']);
  });

  test('a file that could not get its name does not stay under another', async () => {
    const files = filesWithAt(() => ({
      rename() {
        throw systemError('EACCES');
      },
    }));
    const { directory, add, finish, told } = prepare({ rule: 'if-newer', files });
    fs.writeFileSync(join(directory, 'file'), 'old');
    await add('file', pieces, liveFile({ sizeBytes: 3 }));
    expect(told).toEqual(['file part 23', 'file NOT_RESTORED /t/file: permission denied.']);
    expect(fs.readdirSync(directory)).toEqual(['file']);
    expect(fs.readFileSync(join(directory, 'file'), 'utf8')).toBe('old');
    await finish();
  });

  test('for any other reason ends the restore', async () => {
    const mistake = new TypeError('a mistake');
    const files = filesWithAt(() => ({
      statOpen() {
        throw mistake;
      },
    }));
    const { add } = prepare({ files });
    await expect(add('file', pieces)).rejects.toBe(mistake);
  });
});

test('what of its metadata a file lacks is told, whoever made it', async () => {
  const { add, finish, told } = prepare({
    answer: () => ({ shortfalls: [{ file: 0, missing: ['a', 'b'] as never }] }),
  });
  await add('a', blob(1));
  await finish();
  expect(told).toEqual(['a lacks 2', 'a: 11 of 11']);
});

test('at most two jobs for each thread are under way', async () => {
  const frames = { 1: 1, 2: 2, 3: 3, 4: 4, 5: 5 };
  const { add, finish, jobs } = prepare({ frames, isHeld: true });
  for (const id of [1, 2, 3, 4, 5]) await add(`${id}`, { ...blob(id), sizeBytes: 5 * 1024 * 1024 });
  void finish();
  for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate);
  expect(jobs.map(({ files }) => files.map(({ name }) => name))).toEqual([['1'], ['2']]);
});

test('at most 32 768 files wait', async () => {
  const { add, jobs } = prepare();
  for (let count = 0; count < 32_767; count++) await add('a', blob(1));
  expect(jobs).toEqual([]);
  await add('a', blob(1));
  expect(jobs.length).toBeGreaterThan(0);
});
