/** Which frames are worth moving, and what in them is moved. */
import { describe, expect, onTestFinished, test } from 'vitest';
import { openFileSystem } from '../../../src/platform/files.js';
import { BlobKind } from '../../../src/repo/index/blobs.js';
import { openIndex, type Index } from '../../../src/repo/index/index.js';
import { FrameKind } from '../../../src/repo/packs/frame.js';
import { scratchDirectory } from '../../support/directory.js';

function emptyIndex(): Index {
  const index = openIndex(`${scratchDirectory()}/index.sqlite`, 'create', openFileSystem());
  onTestFinished(() => index.close());
  return index;
}

interface Shares {
  readonly live: number;
  readonly total: number;
  readonly kind?: FrameKind;
  readonly pack?: number;
  readonly lengthBytes?: number;
}

/** Frames of these shares, by ids from 1 on, one behind the other. */
function put({ frames }: Index, shares: readonly Shares[]): void {
  shares.forEach(({ live, total, kind = FrameKind.full, pack = 1, lengthBytes = 100 }, position) =>
    frames.insert({
      id: position + 1,
      pack,
      offset: 32 + position * 1000,
      lengthBytes,
      kind,
      headBytes: 30,
      liveBytes: live,
      totalBytes: total,
    }),
  );
}

describe('frames that are mostly dead', () => {
  const wasteful = (index: Index, leastDead: number, mostLive: number): number[] =>
    index.compaction.wastefulFrames(leastDead, mostLive).map(({ frame }) => frame);

  test('have at least so many dead bytes', () => {
    const index = emptyIndex();
    put(
      index,
      [99, 100, 101].map((dead) => ({ live: 10, total: 10 + dead })),
    );
    expect(wasteful(index, 100, 1).toSorted()).toEqual([2, 3]);
  });

  test('and at most such a share that is live', () => {
    const index = emptyIndex();
    put(
      index,
      [49, 50, 51].map((live) => ({ live, total: 100 })),
    );
    expect(wasteful(index, 1, 0.5).toSorted()).toEqual([1, 2]);
  });

  test('are never dead as a whole: their space is given back without moving anything', () => {
    const index = emptyIndex();
    put(index, [
      { live: 0, total: 100 },
      { live: 1, total: 100 },
    ]);
    expect(wasteful(index, 1, 1)).toEqual([2]);
  });

  test('hold blobs or deltas: manifests are never moved', () => {
    const index = emptyIndex();
    put(
      index,
      Object.values(FrameKind).map((kind) => ({ live: 1, total: 100, kind })),
    );
    expect(wasteful(index, 1, 1).toSorted()).toEqual([1, 2]);
  });

  test('come cheapest first: by what must be moved for what is given back', () => {
    const index = emptyIndex();
    put(index, [
      { live: 40, total: 100 },
      { live: 10, total: 100 },
      { live: 300, total: 1000 },
      { live: 1, total: 1000 },
    ]);
    expect(index.compaction.wastefulFrames(1, 1)).toEqual([
      { frame: 4, liveBytes: 1, deadBytes: 999 },
      { frame: 2, liveBytes: 10, deadBytes: 90 },
      { frame: 3, liveBytes: 300, deadBytes: 700 },
      { frame: 1, liveBytes: 40, deadBytes: 60 },
    ]);
  });
});

test('what lives in a pack of which half is dead frames, or more, is moved out of it', () => {
  const index = emptyIndex();
  const live = { live: 1, total: 1 };
  const dead = { live: 0, total: 1 };
  put(index, [
    { ...live, pack: 1, lengthBytes: 501 },
    { ...dead, pack: 1, lengthBytes: 500 },
    { ...live, pack: 2, lengthBytes: 300 },
    { ...live, pack: 2, lengthBytes: 200 },
    { ...dead, pack: 2, lengthBytes: 500 },
    { ...live, pack: 3, lengthBytes: 100 },
    { ...dead, pack: 4, lengthBytes: 100 },
    { ...live, pack: 5, lengthBytes: 10, kind: FrameKind.manifestPart },
    { ...dead, pack: 5, lengthBytes: 900 },
  ]);
  expect(index.compaction.framesAmongDead().toSorted()).toEqual([3, 4]);
});

test('the blobs of a frame are those that lie there now, in their order in it', () => {
  const index = emptyIndex();
  const insert = (id: number, kind: BlobKind, frame: number, member: number): void => {
    const place = { kind, frame, member, basis: undefined, storedBytes: 10 * id };
    index.blobs.insert(id, Buffer.alloc(32, id), 5, place);
  };
  insert(1, BlobKind.full, 7, 2);
  insert(2, BlobKind.full, 7, 0);
  insert(3, BlobKind.lost, 7, 1);
  insert(4, BlobKind.delta, 8, 0);
  insert(5, BlobKind.delta, 7, 3);
  expect(index.compaction.blobsOf(7)).toEqual([2, 1, 5]);
  expect(index.compaction.blobsOf(9)).toEqual([]);
  expect(index.compaction.fullBytes()).toBe(10 + 20);
  expect(index.compaction.deltaBytes()).toBe(40 + 50);
});

test('what is stored is the payload of every frame of which anything lives', () => {
  const index = emptyIndex();
  expect(index.compaction.storedBytes()).toBe(0);
  put(index, [
    { live: 5, total: 9, lengthBytes: 130 },
    { live: 0, total: 9, lengthBytes: 1000 },
    { live: 1, total: 1, lengthBytes: 230, kind: FrameKind.manifestEnd },
  ]);
  expect(index.compaction.storedBytes()).toBe(100 + 200);
});
