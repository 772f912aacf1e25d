import { expect, onTestFinished, test } from 'vitest';
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
