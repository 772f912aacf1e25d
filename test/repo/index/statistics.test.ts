/** Figures of the whole index, from rows whose sums are known. */
import { describe, expect, onTestFinished, test } from 'vitest';
import { openFileSystem } from '../../../src/platform/files.js';
import type { ByteString } from '../../../src/platform/bytes.js';
import { BlobKind } from '../../../src/repo/index/blobs.js';
import { openIndex, type Index } from '../../../src/repo/index/index.js';
import type { ContentRef } from '../../../src/repo/model.js';
import { scratchDirectory } from '../../support/directory.js';

function emptyIndex(): Index {
  const index = openIndex(`${scratchDirectory()}/index.sqlite`, 'create', openFileSystem());
  onTestFinished(() => index.close());
  return index;
}

function putBlob(index: Index, id: number, kind: BlobKind, length: number, stored: number): void {
  const place = { kind, frame: 1, member: 0, basis: undefined, storedBytes: stored };
  index.blobs.insert(id, Buffer.alloc(32, id), length, place);
}

function putVersion(index: Index, path: number, content: ContentRef): void {
  const time = { seconds: 1, nanoseconds: 0 };
  index.versions.insert(
    {
      path,
      type: 1,
      flags: 0,
      mode: 0o644,
      uid: 0,
      gid: 0,
      mtime: time,
      ctime: time,
      btime: undefined,
      inode: path,
      links: 0,
      rdev: 0,
      attributes: 0,
      sizeBytes: 1,
      link: undefined,
      content,
    },
    1,
  );
}

test('sums of blobs: what they are when rebuilt, and what they take, whole or as deltas', () => {
  const index = emptyIndex();
  expect(index.statistics.blobSums()).toEqual({ contentBytes: 0, fullBytes: 0, deltaBytes: 0 });
  putBlob(index, 1, BlobKind.full, 1000, 100);
  putBlob(index, 2, BlobKind.full, 500, 50);
  putBlob(index, 3, BlobKind.delta, 2000, 7);
  putBlob(index, 4, BlobKind.lost, 300, 0);
  index.blobs.insertHole(5, Buffer.alloc(32, 5), 1_000_000);
  expect(index.statistics.blobSums()).toEqual({
    contentBytes: 3800,
    fullBytes: 150,
    deltaBytes: 7,
  });
  expect(index.statistics.counts()).toMatchObject({
    blobs: 4,
    versions: 0,
    paths: 0,
    snapshots: 0,
  });
  expect(index.statistics.lostBlobs()).toEqual([4]);
});

test('of frames in use: which were never verified, when the others were, and where damage is', () => {
  const index = emptyIndex();
  const none = { oldestMs: null, newestMs: null, damagedMs: null };
  expect(index.statistics.verification()).toEqual({ neverVerified: 0, damaged: 0, ...none });
  for (const id of [1, 2, 3, 4, 5, 6, 7]) {
    const place = { pack: 1, offset: id * 100, lengthBytes: 100 };
    const liveBytes = id === 7 ? 0 : 5;
    index.frames.insert({ id, ...place, kind: 1, headBytes: 10, liveBytes, totalBytes: 9 });
  }
  index.frames.setVerified(1, 3000);
  index.frames.setVerified(2, 2000);
  index.frames.setVerified(3, 4000);
  index.frames.setDamaged(4, 6000);
  index.frames.setDamaged(5, 5000);
  // Nothing of it is in use.
  index.frames.setDamaged(7, 9000);
  expect(index.statistics.verification()).toEqual({
    neverVerified: 1,
    oldestMs: 2000,
    newestMs: 4000,
    damaged: 2,
    damagedMs: 6000,
  });
});

describe('what costs most', () => {
  /** A root with two directories; blobs of 10, 20, 40, 80 and 160 bytes, one of them of two files. */
  function filled(): Index {
    const index = emptyIndex();
    const paths: [number, number, string][] = [
      [1, -1, '/root'],
      [2, 1, 'a'],
      [3, 1, 'b'],
      [4, 2, 'one'],
      [5, 2, 'two'],
      [6, 3, 'three'],
      [7, 3, 'large'],
      [8, 1, 'top'],
    ];
    for (const [id, parent, name] of paths) {
      index.versions.insertPath(id, parent, name as ByteString);
    }
    [10, 20, 40, 80, 160].forEach((stored, position) =>
      putBlob(index, position + 1, BlobKind.full, 1000, stored),
    );
    index.blobs.insertContent(1, Buffer.alloc(32, 9), 2000, [4, 1]);
    putVersion(index, 4, { type: 'blob', blob: 1 });
    putVersion(index, 5, { type: 'blob', blob: 2 });
    index.versions.close(5, 2);
    putVersion(index, 5, { type: 'blob', blob: 3 });
    putVersion(index, 6, { type: 'blob', blob: 3 });
    putVersion(index, 7, { type: 'content', content: 1 });
    putVersion(index, 8, { type: 'blob', blob: 5 });
    return index;
  }

  test('of the paths: all their versions together, and what several share is charged to one', () => {
    const { statistics } = filled();
    expect(statistics.costliestPaths(10)).toEqual([
      { path: 8, bytes: 160 },
      { path: 7, bytes: 80 },
      { path: 5, bytes: 60 },
      { path: 4, bytes: 10 },
    ]);
    expect(statistics.costliestPaths(2).map(({ path }) => path)).toEqual([8, 7]);
  });

  test('of the directories: their own files, not those further below', () => {
    const { statistics } = filled();
    expect(statistics.costliestDirectories(10)).toEqual([
      { path: 1, bytes: 160 },
      { path: 3, bytes: 80 },
      { path: 2, bytes: 70 },
    ]);
    expect(statistics.costliestDirectories(1)).toEqual([{ path: 1, bytes: 160 }]);
  });
});
