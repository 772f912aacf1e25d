import { describe, expect, test } from 'vitest';
import { createInodeClaims } from '../../../../src/repo/operations/restore/inode-claims.js';
import type { FileStat, FileType } from '../../../../src/platform/at-calls.js';
import type { ByteString } from '../../../../src/platform/bytes.js';
import { liveFile } from '../../../support/nodes.js';

/** Whether each name, with its number of hard links in the snapshot, may not keep what it has. */
function taken(...names: [path: string, links: number, there?: Partial<FileStat>][]): boolean[] {
  const claims = createInodeClaims();
  return names.map(([path, links, there]) =>
    claims.isTaken(path as ByteString, { links }, liveFile({ linkCount: 2, ...there })),
  );
}

describe('an inode with several names', () => {
  test('belongs to the first of them, which may ask again', () => {
    expect(taken(['a', 0], ['b', 0], ['a', 0], ['c', 0])).toEqual([false, true, false, true]);
  });

  test('belongs to all that are hard links of each other in the snapshot', () => {
    expect(taken(['a', 7], ['b', 7], ['c', 7])).toEqual([false, false, false]);
  });

  test('belongs to no other hard links, and to no file of its own', () => {
    expect(taken(['a', 7], ['b', 8], ['c', 0], ['d', 7])).toEqual([false, true, true, false]);
    expect(taken(['a', 0], ['b', 7])).toEqual([false, true]);
  });
});

test.each<[string, Partial<FileStat>]>([
  ['another inode', { inode: 12 }],
  ['the inode of another device', { device: 2 }],
])('%s belongs to somebody else', (_, there) => {
  expect(taken(['a', 0], ['b', 0, there])).toEqual([false, false]);
});

test('what has one name is not remembered', () => {
  expect(taken(['a', 0, { linkCount: 1 }], ['b', 0])).toEqual([false, false]);
});

test.each<[FileType, boolean]>([
  ['directory', false],
  ['symlink', true],
  ['fifo', true],
  ['socket', true],
  ['characterDevice', true],
])('a %s can be shared: %s', (type, expected) => {
  expect(taken(['a', 0, { type }], ['b', 0, { type }])).toEqual([false, expected]);
});
