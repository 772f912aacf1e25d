import { expect, test } from 'vitest';
import type { FileStat } from '../../../../src/platform/at-calls.js';
import type { ByteString } from '../../../../src/platform/bytes.js';
import { SmallFiles } from '../../../../src/repo/operations/backup/small-files.js';

function gather(files: readonly (readonly [path: string, sizeBytes: number])[]): SmallFiles<null> {
  const small = new SmallFiles<null>();
  for (const [path, sizeBytes] of files) {
    small.add({
      path: path as ByteString,
      stat: { sizeBytes } as FileStat,
      tellsSize: true,
      context: null,
    });
  }
  return small;
}

function pathsOf(small: SmallFiles<null>, shares: number): string[][] {
  return small.takeJobs(shares).map((job) => job.map(({ path }) => path));
}

test('files of one extension and of one name stand side by side', () => {
  const files = ['/b/x.ts', '/a/y.js', '/a/x.ts', '/c/.profile', '/b/y.js'];
  const small = gather(files.map((path) => [path, 1]));
  expect(pathsOf(small, 1)).toEqual([['/a/y.js', '/b/y.js', '/b/x.ts', '/a/x.ts', '/c/.profile']]);
  expect(pathsOf(small, 1)).toEqual([]);
});

test('extensions are told apart whatever their case', () => {
  const small = gather(['/b.TXT', '/c.zip', '/a.txt', '/d.Zip'].map((path) => [path, 1]));
  expect(pathsOf(small, 1)).toEqual([['/a.txt', '/b.TXT', '/c.zip', '/d.Zip']]);
});

test('a job is shared by bytes, too, and what was taken counts no longer', () => {
  const small = gather([
    ['/a', 500],
    ['/b', 500],
    ['/c', 900],
    ['/d', 100],
  ]);
  expect(pathsOf(small, 2)).toEqual([
    ['/a', '/b'],
    ['/c', '/d'],
  ]);
  for (const [path, sizeBytes] of [
    ['/a', 10],
    ['/b', 10],
  ] as const) {
    small.add({
      path: path as ByteString,
      stat: { sizeBytes } as FileStat,
      tellsSize: true,
      context: null,
    });
  }
  expect(pathsOf(small, 2)).toEqual([['/a'], ['/b']]);
  expect(
    pathsOf(
      gather([
        ['/a', 990],
        ['/b', 5],
        ['/c', 5],
      ]),
      2,
    ),
  ).toEqual([['/a'], ['/b', '/c']]);
});

test('512 KiB are worth a job', () => {
  const half = 256 * 1024;
  expect(
    gather([
      ['/a', half],
      ['/b', half - 1],
    ]).isWorthAJob,
  ).toBe(false);
  const small = gather([
    ['/a', half],
    ['/b', half],
  ]);
  expect(small.isWorthAJob).toBe(true);
  small.takeJobs(1);
  expect(small.isWorthAJob).toBe(false);
});

test('a job ends when it has its share of the bytes or of the files', () => {
  const mebibytes = gather(['a', 'b', 'c'].map((name) => [`/${name}`, 1024 * 1024]));
  expect(pathsOf(mebibytes, 1)).toEqual([['/a', '/b'], ['/c']]);
  const few = gather(['a', 'b', 'c', 'd'].map((name) => [`/${name}`, 1]));
  expect(pathsOf(few, 2)).toEqual([
    ['/a', '/b'],
    ['/c', '/d'],
  ]);
  const many = gather(Array.from({ length: 300 }, (_, number) => [`/${1000 + number}`, 1]));
  expect(pathsOf(many, 1).map((job) => job.length)).toEqual([256, 44]);
});

test('4096 files are as many as may wait; 64 are worth a job', () => {
  const small = gather(Array.from({ length: 63 }, (_, number) => [`/${number}`, 1]));
  expect(small.isWorthAJob).toBe(false);
  small.add({
    path: '/x' as ByteString,
    stat: { sizeBytes: 1 } as FileStat,
    tellsSize: true,
    context: null,
  });
  expect([small.isWorthAJob, small.isFull]).toEqual([true, false]);
  expect(gather(Array.from({ length: 4096 }, (_, number) => [`/${number}`, 1])).isFull).toBe(true);
});
