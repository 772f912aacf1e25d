/** What the walk saw of a file is told from any other state of it. */
import { expect, test } from 'vitest';
import type { FileStat } from '../../../src/platform/at-calls.js';
import { agreesWithStat, putStat, STAT_FIELDS } from '../../../src/repo/worker/jobs.js';

const SEEN: FileStat = {
  type: 'file',
  mode: 0o644,
  uid: 1,
  gid: 2,
  sizeBytes: 1000,
  allocatedBytes: 4096,
  linkCount: 1,
  rdev: 0,
  inode: 77,
  device: 5,
  mount: undefined,
  mtime: { seconds: 100, nanoseconds: 200 },
  ctime: { seconds: 300, nanoseconds: 400 },
  btime: undefined,
};

/** Everything that says that the bytes may be others. */
const OTHERS: Record<string, Partial<FileStat>> = {
  size: { sizeBytes: 1001 },
  inode: { inode: 78 },
  'seconds of the mtime': { mtime: { seconds: 101, nanoseconds: 200 } },
  'nanoseconds of the mtime': { mtime: { seconds: 100, nanoseconds: 201 } },
  'seconds of the ctime': { ctime: { seconds: 301, nanoseconds: 400 } },
  'nanoseconds of the ctime': { ctime: { seconds: 300, nanoseconds: 401 } },
};

test.each(Object.entries(OTHERS))('another %s is another state', (_, other) => {
  const stats = new Float64Array(3 * STAT_FIELDS);
  putStat(stats, 1, SEEN);
  expect(agreesWithStat(stats, 1, SEEN)).toBe(true);
  expect(agreesWithStat(stats, 1, { ...SEEN, ...other })).toBe(false);
  putStat(stats, 1, { ...SEEN, ...other });
  expect(agreesWithStat(stats, 1, SEEN)).toBe(false);
});

test('each file has its own numbers', () => {
  const stats = new Float64Array(3 * STAT_FIELDS).fill(-1);
  putStat(stats, 1, SEEN);
  expect([...stats.subarray(0, STAT_FIELDS), ...stats.subarray(2 * STAT_FIELDS)]).toEqual(
    Array.from({ length: 2 * STAT_FIELDS }, () => -1),
  );
  expect([0, 1, 2].map((index) => agreesWithStat(stats, index, SEEN))).toEqual([
    false,
    true,
    false,
  ]);
});
