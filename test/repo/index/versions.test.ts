import { expect, onTestFinished, test } from 'vitest';
import { BlobKind } from '../../../src/repo/index/blobs.js';
import { openIndex } from '../../../src/repo/index/index.js';
import { bytesFromText, type ByteString } from '../../../src/platform/bytes.js';
import { makeRepository } from '../../support/repository.js';

const NAMES = [
  'plain',
  'with space~',
  'caf\u00e9',
  '\u6587\u5b57',
  'a real replacement \ufffd',
  '\u0007bell',
].map(bytesFromText);
/** Not UTF-8. */
const ODD_NAMES = ['\xe9t\xe9', '\xff\xfe', 'half \xe6\x96'] as ByteString[];

const time = { seconds: -1, nanoseconds: 999_999_999 };
const version = {
  type: 1,
  flags: 5,
  mode: 0o644,
  uid: 1,
  gid: 2,
  mtime: time,
  ctime: { seconds: 2 ** 33, nanoseconds: 1 },
  btime: undefined,
  inode: 2 ** 52 - 1,
  links: 3,
  rdev: 0,
  attributes: 0,
  sizeBytes: 2 ** 45,
  link: undefined,
  content: { type: 'none' },
} as const;

test('the states of a directory are those of its entries, in their order, whatever their names are', () => {
  const { path, platform } = makeRepository();
  const { versions, ...index } = openIndex(`${path}/index.sqlite`, 'write', platform.files);
  onTestFinished(() => index.close());
  const names = [...NAMES, ...ODD_NAMES];
  names.forEach((name, position) => {
    versions.insertPath(position + 1, 100, name);
    versions.insert({ ...version, path: position + 1 }, 1);
  });
  const states = versions.current(100).map((entry) => ({
    path: entry.path,
    name: entry.name,
    type: entry.type,
    flags: entry.flags,
    mtime: entry.mtime,
    ctime: entry.ctime,
    inode: entry.inode,
    links: entry.links,
    sizeBytes: entry.sizeBytes,
  }));
  expect(versions.currentStates(100)).toEqual(states);
  expect(states.map(({ name }) => name)).toEqual([...names].sort());
});

/** An index in which `path` 1 had one version from snapshot 1 on, and has another from snapshot 2 on. */
function twoVersions() {
  const { path, platform } = makeRepository();
  const index = openIndex(`${path}/index.sqlite`, 'write', platform.files);
  onTestFinished(() => index.close());
  const { versions } = index;
  versions.insertPath(1, -1, '/root' as ByteString);
  versions.insert({ ...version, path: 1, btime: time }, 1);
  versions.close(1, 2);
  versions.insert({ ...version, path: 1, flags: 1, inode: 7 }, 2);
  return index;
}

test('what a version keeps of its last look is changed in the current one of its path alone', () => {
  const { versions } = twoVersions();
  versions.insert({ ...version, path: 2 }, 1);
  const [older, current] = versions.ofPath(1);
  const seen = { flags: 4, ctime: { seconds: 9, nanoseconds: 8 }, btime: time, inode: 70 };
  versions.touch({ path: 1, ...seen });
  expect(versions.ofPath(1)).toEqual([older, { ...current, ...seen }]);
  expect(versions.ofPath(2)).toEqual([
    { ...current, path: 2, first: 1, flags: 5, inode: 2 ** 52 - 1 },
  ]);
  versions.touch({ path: 1, ...seen, btime: undefined });
  expect(versions.currentOf(1)!.btime).toBeUndefined();
});

test('a version ends once: one that has ended stays as it is', () => {
  const { versions } = twoVersions();
  versions.close(1, 5);
  versions.close(1, 6);
  expect(versions.ofPath(1).map(({ first, last }) => [first, last])).toEqual([
    [1, 2],
    [2, 5],
  ]);
  expect(versions.currentOf(1)).toBeUndefined();
  expect([1, 2, 4, 5].map((snapshot) => versions.atPath(1, snapshot)?.first)).toEqual([
    1,
    2,
    2,
    undefined,
  ]);
});

test('all current files that use a blob are to be read again, be it one piece of many', () => {
  const { versions, blobs } = twoVersions();
  const where = { kind: BlobKind.full, frame: 1, member: 0, basis: undefined, storedBytes: 1 };
  for (const id of [1, 2, 3]) blobs.insert(id, Buffer.alloc(32, id), 10, where);
  blobs.insertContent(1, Buffer.alloc(32, 9), 30, [1, 2, 1]);
  blobs.insertContent(2, Buffer.alloc(32, 8), 10, [3]);
  const contents = {
    10: { type: 'blob', blob: 2 },
    11: { type: 'content', content: 1 },
    12: { type: 'content', content: 2 },
    13: { type: 'blob', blob: 3 },
    14: { type: 'none' },
  } as const;
  for (const [path, content] of Object.entries(contents)) {
    versions.insert({ ...version, path: Number(path), flags: 4, content }, 1);
  }
  versions.insert({ ...version, path: 15, flags: 4, content: contents[11] }, 1);
  versions.close(15, 2);
  versions.flagRacy(2);
  versions.flagRacy(2);
  const flags = [10, 11, 12, 13, 14, 15].map((path) => versions.ofPath(path)[0]!.flags);
  expect(flags).toEqual([5, 5, 4, 4, 4, 4]);
  expect(
    versions
      .usingBlob(2)
      .map(({ path }) => path)
      .sort(),
  ).toEqual([10, 11, 15]);
  expect(
    versions
      .usingContent(1)
      .map(({ path }) => path)
      .sort(),
  ).toEqual([11, 15]);
});

test('only current names count as what a directory holds and as hard links', () => {
  const { versions } = twoVersions();
  versions.insertPath(2, 1, 'name' as ByteString);
  expect(versions.hasChildren(1)).toBe(false);
  versions.insert({ ...version, path: 2, inode: 20, links: 9 }, 1);
  expect(versions.hasChildren(1)).toBe(true);
  expect(versions.currentLinks()).toEqual([
    [7, 3],
    [20, 9],
  ]);
  versions.close(2, 2);
  expect(versions.hasChildren(1)).toBe(false);
  expect(versions.currentLinks()).toEqual([[7, 3]]);
  versions.close(1, 3);
  versions.insert({ ...version, path: 1, links: 0 }, 3);
  expect(versions.currentLinks()).toEqual([]);
});

test('a node has the path and the source of its root, however deep it lies', () => {
  const { path, platform } = makeRepository();
  const { versions, ...index } = openIndex(`${path}/index.sqlite`, 'write', platform.files);
  onTestFinished(() => index.close());
  versions.insertPath(1, -7, '/root' as ByteString);
  versions.insertPath(2, 1, 'dir' as ByteString);
  versions.insertPath(3, 2, 'file' as ByteString);
  expect([1, 2, 3].map((id) => versions.fullPath(id))).toEqual([
    ...['/root', '/root/dir', '/root/dir/file'],
  ]);
  expect([1, 2, 3].map((id) => versions.sourceOf(id))).toEqual([7, 7, 7]);
});
