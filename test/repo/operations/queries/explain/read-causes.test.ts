import { describe, expect, test } from 'vitest';
import { BlobKind } from '../../../../../src/repo/index/blobs.js';
import type { Index } from '../../../../../src/repo/index/index.js';
import {
  VersionFlag,
  VersionType,
  type ContentRef,
  type Version,
} from '../../../../../src/repo/model.js';
import {
  causesOfVersion,
  causesToRead,
} from '../../../../../src/repo/operations/queries/explain/read-causes.js';
import type { FileStat } from '../../../../../src/platform/at-calls.js';
import { instant, liveFile, savedFile } from '../../../../support/nodes.js';

const { racy, unstable } = VersionFlag;

/** Blobs by id, the blobs of content 5, and the versions of a path. */
function indexOf(
  kinds: Record<number, BlobKind>,
  list: readonly number[] = [],
  versions: readonly Version[] = [],
): Index {
  const blobs = {
    get: (id: number) => (kinds[id] === undefined ? undefined : { kind: kinds[id] }),
    ofContent: () => list,
  };
  return { blobs, versions: { ofPath: () => versions } } as unknown as Index;
}

const WHOLE = indexOf({ 21: BlobKind.full });

describe('the next backup reads a file', () => {
  test('of which nothing was saved, or nothing that is a file', () => {
    expect(causesToRead(WHOLE, liveFile(), undefined)).toEqual(['new']);
    const { directory: type } = VersionType;
    expect(causesToRead(WHOLE, liveFile(), savedFile({ type }))).toEqual(['type']);
  });

  test.each<[string, Partial<FileStat>, string[]]>([
    ['not, where all agrees', {}, []],
    ['of another size', { sizeBytes: 11 }, ['size']],
    ['of another modification time', { mtime: instant(9) }, ['mtime']],
    ['of another change time', { ctime: instant(9) }, ['ctime']],
    ['of another inode', { inode: 12 }, ['inode']],
    [
      'for several reasons, in their order',
      { inode: 12, mtime: instant(9), sizeBytes: 1 },
      ['size', 'mtime', 'inode'],
    ],
  ])('%s', (_, stat, causes) => {
    expect(causesToRead(WHOLE, liveFile(stat), savedFile())).toEqual(causes);
  });

  test('that was racy or unstable', () => {
    const known = savedFile({ flags: racy | unstable });
    expect(causesToRead(WHOLE, liveFile(), known)).toEqual(['racy', 'unstable']);
  });

  test.each<[string, ContentRef, Index, string]>([
    ['whose blob is lost', { type: 'blob', blob: 21 }, indexOf({ 21: BlobKind.lost }), 'damaged'],
    ['whose blob is a delta', { type: 'blob', blob: 21 }, indexOf({ 21: BlobKind.delta }), 'racy'],
    ['whose blob is not known', { type: 'blob', blob: 22 }, WHOLE, 'racy'],
    ['without bytes', { type: 'none' }, WHOLE, 'racy'],
    [
      'of which one blob is lost',
      { type: 'content', content: 5 },
      indexOf({ 1: BlobKind.full, 2: BlobKind.lost, 3: BlobKind.full }, [1, 2, 3]),
      'damaged',
    ],
    [
      'of which none is',
      { type: 'content', content: 5 },
      indexOf({ 1: BlobKind.full, 2: BlobKind.hole }, [1, 2]),
      'racy',
    ],
  ])('%s, that repair asks for again', (_, content, index, cause) => {
    expect(causesToRead(index, liveFile(), savedFile({ flags: racy, content }))).toEqual([cause]);
    // Nobody asks for it where it is not flagged.
    expect(causesToRead(index, liveFile(), savedFile({ content }))).toEqual([]);
  });
});

describe('a version was read when it was saved', () => {
  const first = savedFile({ first: 1, last: 3 });
  const second = savedFile({ first: 3, last: 5, sizeBytes: 12 });
  const third = savedFile({ first: 5, last: 0, sizeBytes: 12, mtime: instant(9) });
  const index = indexOf({ 21: BlobKind.full }, [], [first, second, third]);

  test('as nothing was saved before', () => {
    expect(causesOfVersion(index, first)).toEqual(['new']);
    // What was there long before is not before it.
    const again = savedFile({ first: 9, last: 0 });
    expect(causesOfVersion(indexOf({}, [], [first, again]), again)).toEqual(['new']);
  });

  test('as it was not as the version before it', () => {
    expect(causesOfVersion(index, second)).toEqual(['size']);
    expect(causesOfVersion(index, third)).toEqual(['mtime']);
  });

  test('as it was something else before', () => {
    const before = savedFile({ first: 1, last: 3, type: VersionType.symlink });
    expect(causesOfVersion(indexOf({}, [], [before, second]), second)).toEqual(['type']);
  });

  test('as somebody asked, where nothing tells another cause', () => {
    const same = savedFile({ first: 3, last: 0 });
    expect(causesOfVersion(indexOf({}, [], [first, same]), same)).toEqual(['asked']);
  });
});
