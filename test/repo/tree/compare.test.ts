import { describe, expect, test } from 'vitest';
import type { FileStat } from '../../../src/platform/at-calls.js';
import type { ContentRef, Metadata } from '../../../src/repo/model.js';
import {
  fileTypeOf,
  hasSameMetadata,
  isSameContent,
  isSameState,
  isUnchanged,
  mergeByName,
  racyFlag,
  ReadReason,
  reasonsToRead,
  sparseFlag,
  versionTypeOf,
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

describe('the metadata of a path', () => {
  const metadata = { ...stat, type: 1 as const };

  test.each<[string, Partial<Metadata>]>([
    ['type', { type: 4 }],
    ['mode', { mode: 0o600 }],
    ['uid', { uid: 9 }],
    ['gid', { gid: 9 }],
    ['rdev', { rdev: 9 }],
    ['size', { sizeBytes: 9 }],
    ['mtime', { mtime: { seconds: 9, nanoseconds: 6 } }],
    ['nanoseconds of mtime', { mtime: { seconds: 100, nanoseconds: 9 } }],
  ])('is another with another %s', (_, change) => {
    expect(hasSameMetadata(metadata, { ...metadata, ...change })).toBe(false);
    expect(hasSameMetadata({ ...metadata, ...change }, metadata)).toBe(false);
    expect(hasSameMetadata({ ...metadata, ...change }, { ...metadata, ...change })).toBe(true);
  });
});

describe('each difference is a reason of its own to read', () => {
  test.each<[keyof typeof ReadReason, Partial<FileStat>, number]>([
    ['type', { type: 'symlink' }, 0],
    ['size', { sizeBytes: 9 }, 0],
    ['mtime', { mtime: { seconds: 100, nanoseconds: 9 } }, 0],
    ['ctime', { ctime: { seconds: 9, nanoseconds: 7 } }, 0],
    ['inode', { inode: 9 }, 0],
    ['racy', {}, 1],
    ['unstable', {}, 2],
  ])('%s', (name, change, flags) => {
    expect(reasonsToRead({ ...stat, ...change }, { ...known, flags })).toBe(ReadReason[name]);
  });

  test('but not that it has holes, or that its bytes are suspect', () => {
    expect(reasonsToRead(stat, { ...known, flags: 4 | 8 })).toBe(0);
  });

  test.each(['directory', 'symlink', 'fifo'] as const)('nor the size of a %s', (type) => {
    const node = { ...known, type: versionTypeOf(type) };
    expect(reasonsToRead({ ...stat, type, sizeBytes: 4096 }, node)).toBe(0);
  });
});

test('contents are the same bytes only where they are one row of one table', () => {
  const contents: ContentRef[] = [
    { type: 'none' },
    { type: 'blob', blob: 1 },
    { type: 'blob', blob: 2 },
    { type: 'content', content: 1 },
    { type: 'content', content: 2 },
  ];
  for (const [position, left] of contents.entries()) {
    const same = contents.map((right) => isSameContent(left, { ...right }));
    expect(same).toEqual(contents.map((_, other) => other === position));
  }
});

test.each([
  [4095, 4],
  [4096, 0],
  [8192, 0],
])('a file of 4096 bytes that takes %i is sparse: %i', (allocatedBytes, flag) => {
  expect(sparseFlag({ ...stat, sizeBytes: 4096, allocatedBytes })).toBe(flag);
});

test('each type has one number, and back', () => {
  const types = [
    'file',
    'directory',
    'symlink',
    'fifo',
    'socket',
    'characterDevice',
    'blockDevice',
  ] as const;
  expect(types.map(versionTypeOf)).toEqual([1, 2, 3, 4, 5, 6, 7]);
  expect(types.map(versionTypeOf).map(fileTypeOf)).toEqual(types);
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
    ['a second before, with one of its times in whole seconds', at(50, 0), at(98, 1), 0],
    ['a second before, with the other in whole seconds', at(50, 1), at(99, 0), 0],
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
