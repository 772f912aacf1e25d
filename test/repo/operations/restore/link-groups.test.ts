import { describe, expect, test } from 'vitest';
import { VersionType, type Version } from '../../../../src/repo/model.js';
import {
  createLinkGroups,
  type LinkedName,
} from '../../../../src/repo/operations/restore/link-groups.js';
import type { ByteString } from '../../../../src/platform/bytes.js';

const time = { seconds: 1, nanoseconds: 2 };
const version: Version = {
  type: VersionType.file,
  path: 1,
  first: 1,
  last: 0,
  flags: 0,
  mode: 0o644,
  uid: 1,
  gid: 1,
  rdev: 0,
  sizeBytes: 3,
  mtime: time,
  ctime: time,
  btime: undefined,
  inode: 4,
  links: 7,
  attributes: 0,
  link: undefined,
  content: { type: 'blob', blob: 1 },
};

const named = (path: string, change: Partial<Version> = {}): LinkedName => ({
  path: path as ByteString,
  version: { ...version, ...change },
  there: undefined,
});

/** Groups whose links are noted, and fail for the names in `refused`. */
function groupsThat(...refused: string[]) {
  const linked: string[] = [];
  const groups = createLinkGroups((first, { path }) => {
    if (refused.includes(path)) return false;
    linked.push(`${path} -> ${first}`);
    return true;
  });
  const orphans = () => groups.takeOrphans().map(({ path }) => path);
  const settle = (path: string, isThere: boolean) => groups.settle(path as ByteString, isThere);
  return { groups, linked, orphans, settle };
}

describe('the names of one inode', () => {
  test('are links to the first, which is waited for', () => {
    const { groups, linked, orphans, settle } = groupsThat();
    expect(['a', 'b', 'c'].map((path) => groups.isFirst(named(path)))).toEqual([
      true,
      false,
      false,
    ]);
    expect(linked).toEqual([]);
    settle('other', true);
    expect(linked).toEqual([]);
    settle('a', true);
    expect(linked).toEqual(['b -> a', 'c -> a']);
    expect(groups.isFirst(named('d'))).toBe(false);
    expect(linked.at(-1)).toBe('d -> a');
    expect(orphans()).toEqual([]);
  });

  test('are asked for again where the first could not be restored: one becomes the first', () => {
    const { groups, linked, orphans, settle } = groupsThat();
    for (const path of ['a', 'b', 'c']) groups.isFirst(named(path));
    settle('a', false);
    expect(linked).toEqual([]);
    expect(orphans()).toEqual(['b', 'c']);
    expect(orphans()).toEqual([]);
    expect(['b', 'c'].map((path) => groups.isFirst(named(path)))).toEqual([true, false]);
    settle('b', true);
    expect(linked).toEqual(['c -> b']);
  });

  test('that cannot be linked are restored, and the next are linked to them', () => {
    const { groups, linked, orphans, settle } = groupsThat('b', 'd');
    for (const path of ['a', 'b', 'c']) groups.isFirst(named(path));
    settle('a', true);
    expect(linked).toEqual(['c -> a']);
    expect(orphans()).toEqual(['b']);
    expect(groups.isFirst(named('d'))).toBe(true);
    expect(groups.isFirst(named('e'))).toBe(false);
    settle('d', true);
    expect(linked).toEqual(['c -> a', 'e -> d']);
  });

  test('of a later group are not forgotten with an earlier one that fails', () => {
    const { groups, linked, settle } = groupsThat();
    const other = { content: { type: 'blob', blob: 2 } } as const;
    expect(groups.isFirst(named('a'))).toBe(true);
    expect(groups.isFirst(named('b', other))).toBe(true);
    settle('b', true);
    settle('a', false);
    expect(groups.isFirst(named('c', other))).toBe(false);
    expect(linked).toEqual(['c -> b']);
  });

  test('are told apart by their number', () => {
    const { groups, settle } = groupsThat();
    groups.isFirst(named('a'));
    settle('a', true);
    expect(groups.isFirst(named('b', { links: 8 }))).toBe(true);
  });
});

describe('a name with the number that is not as the first is restored by itself: another', () => {
  test.each<[string, Partial<Version>]>([
    ['type', { type: VersionType.fifo }],
    ['mode', { mode: 0o600 }],
    ['owner', { uid: 2 }],
    ['group', { gid: 2 }],
    ['time', { mtime: { seconds: 1, nanoseconds: 3 } }],
    ['size', { sizeBytes: 4 }],
    ['device', { rdev: 1 }],
    ['set of attributes', { attributes: 1 }],
    ['target', { link: 'elsewhere' as ByteString }],
    ['content', { content: { type: 'content', content: 1 } }],
  ])('%s', (_, change) => {
    const { groups, settle } = groupsThat();
    groups.isFirst(named('a'));
    settle('a', true);
    expect(groups.isFirst(named('b', change))).toBe(true);
  });

  test('but not by what each version has of its own', () => {
    const { groups, settle } = groupsThat();
    groups.isFirst(named('a'));
    settle('a', true);
    const own = {
      path: 2,
      first: 2,
      last: 3,
      inode: 9,
      flags: 1,
      ctime: { seconds: 9, nanoseconds: 9 },
    };
    expect(groups.isFirst(named('b', own))).toBe(false);
  });
});
