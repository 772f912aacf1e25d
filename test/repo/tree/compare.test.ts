import { describe, expect, test } from 'vitest';
import type { FileStat } from '../../../src/platform/at-calls.js';
import {
  isSameState,
  isUnchanged,
  mergeByName,
  racyFlag,
  hasSameMetadata,
} from '../../../src/repo/tree/compare.js';

const stat: FileStat = {
  type: 'file',
  mode: 0o644,
  uid: 1,
  gid: 2,
  sizeBytes: 3,
  allocatedBytes: 4096,
  linkCount: 1,
  rdev: 0,
  inode: 4,
  device: 5,
  mount: undefined,
  mtime: { seconds: 100, nanoseconds: 6 },
  ctime: { seconds: 200, nanoseconds: 7 },
  btime: undefined,
};
const known = { ...stat, type: 1, flags: 0 } as const;

describe('a directory and its entries in the index', () => {
  const merge = (names: string[], entries: string[]) =>
    [
      ...mergeByName(
        names,
        entries.map((name) => ({ name })),
      ),
    ].map((pair) =>
      pair.type === 'gone' ? `-${pair.known.name}` : `${pair.known ? '=' : '+'}${pair.name}`,
    );

  test.each([
    [['a', 'b', 'd'], ['b', 'c', 'd'], '+a =b -c =d'],
    [[], ['a', 'b'], '-a -b'],
    [['a'], [], '+a'],
    [['b'], ['a', 'c'], '-a +b -c'],
    [['B', 'a'], ['B', 'b'], '=B +a -b'],
    [[], [], ''],
  ])('%j and %j merge to %s', (names, entries, expected) => {
    expect(merge(names, entries).join(' ')).toBe(expected);
  });
});

describe('a file is unchanged', () => {
  test('when everything agrees', () => {
    expect(isUnchanged(stat, known)).toBe(true);
    expect(isUnchanged({ ...stat, mode: 0, uid: 9, device: 9 }, known)).toBe(true);
  });

  test.each([
    ['size', { sizeBytes: 4 }],
    ['inode', { inode: 5 }],
    ['type', { type: 'symlink' as const }],
    ['a nanosecond of mtime', { mtime: { seconds: 100, nanoseconds: 7 } }],
    ['a nanosecond of ctime', { ctime: { seconds: 200, nanoseconds: 8 } }],
    ['mtime, backwards', { mtime: { seconds: 99, nanoseconds: 6 } }],
  ])('not when it differs in %s', (_, change) => {
    expect(isUnchanged({ ...stat, ...change }, known)).toBe(false);
  });

  test.each([1, 2, 3])('not when it is flagged %i', (flags) => {
    expect(isUnchanged(stat, { ...known, flags })).toBe(false);
  });

  test('and its metadata the same without ctime and inode', () => {
    const metadata = { ...stat, type: 1 as const };
    expect(hasSameMetadata(metadata, { ...metadata, inode: 9, ctime: stat.mtime })).toBe(true);
    expect(hasSameMetadata(metadata, { ...metadata, gid: 9 })).toBe(false);
  });
});

describe('a file is racy', () => {
  const at = (seconds: number, nanoseconds: number) => ({ seconds, nanoseconds });
  const racy = (mtime: FileStat['mtime'], ctime: FileStat['mtime'], scanMs: number) =>
    racyFlag({ ...stat, mtime, ctime }, scanMs);

  test.each([
    ['changed long before the scan', at(50, 1), at(90, 1), 0],
    ['changed a tick before', at(50, 1), at(99, 900_000_000), 1],
    ['changed more than a tick before', at(50, 1), at(99, 899_999_999), 0],
    ['modified in the future', at(500, 1), at(90, 1), 1],
    ['changed after the scan', at(50, 1), at(101, 0), 1],
    ['on a coarse file system, two seconds before', at(50, 0), at(98, 0), 1],
    ['on a coarse file system, three seconds before', at(50, 0), at(97, 0), 0],
  ])('%s', (_, mtime, ctime, expected) => {
    expect(racy(mtime, ctime, 100_000)).toBe(expected);
  });
});

describe('two looks at an open file', () => {
  test('that agree show no change, whatever was done to its owner, mode or links', () => {
    expect(isSameState(stat, { ...stat })).toBe(true);
    expect(isSameState(stat, { ...stat, mode: 0o600, uid: 9, linkCount: 2 })).toBe(true);
  });

  test.each([
    ['its size', { sizeBytes: 4 }],
    ['its inode: another file has its name', { inode: 5 }],
    ['the nanoseconds of its modification', { mtime: { seconds: 100, nanoseconds: 7 } }],
    ['its change time', { ctime: { seconds: 201, nanoseconds: 7 } }],
  ])('show a change of %s', (_, change) => {
    expect(isSameState(stat, { ...stat, ...change })).toBe(false);
  });
});
