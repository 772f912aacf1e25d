import { describe, expect, test } from 'vitest';
import { VersionType, type Version } from '../../../../src/repo/model.js';
import { decide, type OverwriteRule } from '../../../../src/repo/operations/restore/decide.js';
import type { FileStat } from '../../../../src/platform/at-calls.js';

const time = { seconds: 100, nanoseconds: 5 };
const there: FileStat = {
  type: 'file',
  mode: 0o644,
  uid: 1,
  gid: 1,
  sizeBytes: 10,
  inode: 7,
  device: 1,
  mount: undefined,
  linkCount: 1,
  allocatedBytes: 4096,
  rdev: 0,
  btime: undefined,
  mtime: time,
  ctime: time,
};
const version: Version = {
  ...there,
  type: VersionType.file,
  path: 1,
  first: 1,
  last: 0,
  flags: 0,
  links: 0,
  attributes: 0,
  link: undefined,
  content: { type: 'blob', blob: 1 },
};
const older = { ...there, mtime: { seconds: 100, nanoseconds: 4 } };
const newer = { ...there, mtime: { seconds: 101, nanoseconds: 0 } };
const shorter = { ...there, sizeBytes: 9 };

describe('what becomes of a file', () => {
  test.each<[string, FileStat | undefined, Record<OverwriteRule, string>]>([
    ['nothing', undefined, row('create', 'create', 'create', 'create')],
    ['the same size and time', there, row('compare', 'unchanged', 'unchanged', 'keep')],
    ['an older time', older, row('compare', 'compare', 'compare', 'keep')],
    ['a newer time', newer, row('compare', 'compare', 'keep', 'keep')],
    ['another size', shorter, row('compare', 'compare', 'keep', 'keep')],
    ['an older link', { ...older, type: 'symlink' }, row('replace', 'replace', 'replace', 'keep')],
    [
      'an older directory',
      { ...older, type: 'directory' },
      row('replace', 'replace', 'keep', 'keep'),
    ],
    ['a newer fifo', { ...newer, type: 'fifo' }, row('replace', 'replace', 'keep', 'keep')],
  ])('where there is %s', (_, found, expected) => {
    for (const [rule, decision] of Object.entries(expected)) {
      expect(decide(version, found, rule as OverwriteRule), rule).toBe(decision);
    }
  });
});

test('a directory that is there is entered, and only never leaves its metadata alone', () => {
  const directory = { ...version, type: VersionType.directory, sizeBytes: 0 };
  for (const rule of ['always', 'if-changed', 'if-newer'] as const) {
    expect(decide(directory, { ...newer, type: 'directory' }, rule)).toBe('unchanged');
  }
  expect(decide(directory, { ...older, type: 'directory' }, 'never')).toBe('keep');
});

test.each(['symlink', 'fifo', 'socket', 'characterDevice'] as const)(
  'a %s is compared, whatever its size and time say',
  (type) => {
    const node = { ...version, type: VersionType[type] };
    for (const rule of ['always', 'if-changed', 'if-newer'] as const) {
      expect(decide(node, { ...there, type }, rule), rule).toBe('compare');
    }
  },
);

test('another type of the same size and time is not what was saved, nor older', () => {
  expect(decide(version, { ...there, type: 'symlink' }, 'if-newer')).toBe('keep');
  expect(decide(version, { ...there, type: 'symlink' }, 'if-changed')).toBe('replace');
});

test.each<[string, Partial<FileStat>, string]>([
  ['a second', { mtime: { seconds: 99, nanoseconds: 9 } }, 'compare'],
  ['a nanosecond', { mtime: { seconds: 100, nanoseconds: 4 } }, 'compare'],
  ['nothing', { sizeBytes: 9 }, 'keep'],
  ['less than nothing: it is newer', { mtime: { seconds: 100, nanoseconds: 6 } }, 'keep'],
  ['a second less', { mtime: { seconds: 101, nanoseconds: 0 } }, 'keep'],
])('a file that is older by %s', (_, change, decision) => {
  expect(decide(version, { ...there, ...change }, 'if-newer')).toBe(decision);
});

test('a file without bytes has nothing to compare', () => {
  const empty = { ...version, sizeBytes: 0 };
  expect(decide(empty, { ...older, sizeBytes: 0 }, 'always')).toBe('unchanged');
});

function row(always: string, ifChanged: string, ifNewer: string, never: string) {
  return { always, 'if-changed': ifChanged, 'if-newer': ifNewer, never };
}
