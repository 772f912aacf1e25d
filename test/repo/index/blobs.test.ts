import { expect, onTestFinished, test } from 'vitest';
import { BlobKind } from '../../../src/repo/index/blobs.js';
import { openIndex } from '../../../src/repo/index/index.js';
import { openFileSystem } from '../../../src/platform/files.js';
import { savedFile } from '../../support/nodes.js';
import { scratchDirectory } from '../../support/directory.js';

const BLOBS = 70_000;
const BLOBS_A_FRAME = 1000;

/** Whole blobs in frames that two lanes filled in turns, the last of them the basis of a delta. */
function makeIndex() {
  const path = `${scratchDirectory()}/index.sqlite`;
  const index = openIndex(path, 'create', openFileSystem());
  onTestFinished(() => index.close());
  index.begin();
  const frameOf = (id: number) => 2 * Math.floor(id / (2 * BLOBS_A_FRAME)) + 1 + (id % 2);
  for (let id = 1; id <= frameOf(BLOBS); id++) {
    const sums = { headBytes: 10, liveBytes: 1, totalBytes: 1 };
    index.frames.insert({ id, pack: 1, offset: id * 100, lengthBytes: 100, kind: 1, ...sums });
  }
  const hash = Buffer.alloc(32);
  const insert = (id: number, kind: BlobKind, basis?: number): void => {
    hash.writeUInt32BE(id, 0);
    const place = { frame: frameOf(id), member: id % BLOBS_A_FRAME, basis, storedBytes: 1 };
    index.blobs.insert(id, hash, 1, { kind, ...place });
  };
  for (let id = 1; id < BLOBS; id++) insert(id, BlobKind.full);
  insert(BLOBS, BlobKind.delta, BLOBS - 1);
  index.commit();
  return index;
}

test('whole blobs come each once, and nearly in the order of the packs', () => {
  const { blobs } = makeIndex();
  const seen = new Set<number>();
  const bases: number[] = [];
  let changesOfFrame = 0;
  let count = 0;
  let frame = 0;
  for (const blob of blobs.fulls()) {
    seen.add(blob.id);
    count += 1;
    if (blob.isBasis) bases.push(blob.id);
    if (blob.frame !== frame) changesOfFrame += 1;
    frame = blob.frame;
  }
  expect([seen.size, count]).toEqual([BLOBS - 1, BLOBS - 1]);
  expect(bases).toEqual([BLOBS - 1]);
  // Two windows end in the middle of two frames each.
  expect(changesOfFrame).toBeLessThanOrEqual(BLOBS / BLOBS_A_FRAME + 2 + 4);
});

/** An empty index. */
function emptyIndex() {
  const index = openIndex(`${scratchDirectory()}/index.sqlite`, 'create', openFileSystem());
  onTestFinished(() => index.close());
  return index;
}

const WHERE = { kind: BlobKind.full, frame: 1, member: 0, basis: undefined, storedBytes: 5 };

test('hashes with the same first eight bytes are told apart', () => {
  const { blobs } = emptyIndex();
  const hashes = [1, 2, 3].map((end) => Buffer.alloc(32, 7).fill(end, 31));
  hashes.slice(0, 2).forEach((hash, position) => {
    blobs.insert(position + 1, hash, 10 + position, WHERE);
    blobs.insertContent(position + 5, hash, 100, [position + 1]);
  });
  expect(hashes.map((hash) => blobs.find(hash)?.id)).toEqual([1, 2, undefined]);
  expect(hashes.map((hash) => blobs.findContent(hash))).toEqual([5, 6, undefined]);
});

test('a way to a blob ends in a whole one: there is none over a lost one, a hole or a loop', () => {
  const { blobs, frames } = emptyIndex();
  const sums = { headBytes: 10, liveBytes: 1, totalBytes: 1 };
  frames.insert({ id: 1, pack: 1, offset: 32, lengthBytes: 100, kind: 1, ...sums });
  const insert = (id: number, kind: BlobKind, basis?: number): void =>
    blobs.insert(id, Buffer.alloc(32, id), id, { ...WHERE, kind, basis, member: id });
  insert(1, BlobKind.full);
  insert(2, BlobKind.delta, 1);
  insert(3, BlobKind.delta, 2);
  expect(blobs.recipe(1)).toMatchObject({ full: { member: 1 }, deltas: [], lengthBytes: 1 });
  // From the whole blob on.
  expect(blobs.recipe(3)).toMatchObject({
    full: { member: 1 },
    deltas: [{ member: 2 }, { member: 3 }],
    lengthBytes: 3,
    hash: Buffer.alloc(32, 3),
  });
  insert(4, BlobKind.lost);
  insert(5, BlobKind.delta, 4);
  insert(6, BlobKind.delta, 7);
  insert(7, BlobKind.delta, 6);
  insert(8, BlobKind.delta, 99);
  insert(9, BlobKind.delta);
  expect([4, 5, 6, 7, 8, 9, 99].map((id) => blobs.recipe(id))).toEqual(Array(7).fill(undefined));
});

test('a blob is current while a current version uses it, whole or as a piece', () => {
  const { blobs, versions } = emptyIndex();
  for (const id of [1, 2, 3, 4]) blobs.insert(id, Buffer.alloc(32, id), 10, WHERE);
  blobs.insertContent(1, Buffer.alloc(32, 9), 20, [2, 3]);
  const time = { seconds: 1, nanoseconds: 0 };
  const numbers = { flags: 0, mode: 0, uid: 0, gid: 0, inode: 1, links: 0, rdev: 0, attributes: 0 };
  const version = { type: 1, ...numbers, mtime: time, ctime: time, btime: undefined } as const;
  const open = (path: number, content: Parameters<typeof versions.insert>[0]['content']): void =>
    versions.insert({ ...version, path, sizeBytes: 10, link: undefined, content }, 1);
  open(1, { type: 'blob', blob: 1 });
  open(2, { type: 'content', content: 1 });
  const current = () => [1, 2, 3, 4].map((id) => blobs.isCurrent(id));
  const elsewhere = (path: number) => [1, 2, 3, 4].map((id) => blobs.isCurrentElsewhere(id, path));
  expect(current()).toEqual([true, true, true, false]);
  expect(elsewhere(1)).toEqual([false, true, true, false]);
  expect(elsewhere(2)).toEqual([true, false, false, false]);
  versions.close(1, 2);
  expect(current()).toEqual([false, true, true, false]);
  expect(elsewhere(3)).toEqual([false, true, true, false]);
  versions.close(2, 2);
  expect(current()).toEqual([false, false, false, false]);
  expect(elsewhere(3)).toEqual([false, false, false, false]);
});

test('a hole is no blob that is stored, and its length is known', () => {
  const { blobs } = emptyIndex();
  blobs.insertHole(1, Buffer.alloc(32, 1), 4096);
  expect([blobs.count(), blobs.isEmpty()]).toEqual([0, false]);
  blobs.insert(2, Buffer.alloc(32, 2), 10, WHERE);
  expect([blobs.count(), blobs.holeBytes(1), blobs.holeBytes(2)]).toEqual([1, 4096, undefined]);
  expect(blobs.holeBytes(3)).toBeUndefined();
  blobs.insertContent(1, Buffer.alloc(32, 9), 10, [2, 1, 2, 8]);
  expect(blobs.ofContent(1)).toEqual([2, 1, 2, 8]);
  expect(blobs.sizedOfContent(1).map(({ id, lengthBytes }) => [id, lengthBytes])).toEqual([
    [2, 10],
    [1, 4096],
    [2, 10],
  ]);
  // One of its blobs is unknown.
  expect(blobs.hashesOf({ type: 'content', content: 1 })).toBeUndefined();
  expect(blobs.hashesOf({ type: 'blob', blob: 8 })).toBeUndefined();
});

test('deltas that a current version uses are told, be they all of it or a part, and nothing else', () => {
  const { blobs, versions } = emptyIndex();
  const kinds = [BlobKind.full, BlobKind.delta, BlobKind.lost, BlobKind.hole];
  const ids = [1, 2, 3].map((file) =>
    kinds.map((kind, at) => {
      const id = file * 10 + at;
      blobs.insert(id, Buffer.alloc(32, id), 5, { ...WHERE, kind });
      return id;
    }),
  );
  const [whole, parts, old] = ids as [number[], number[], number[]];
  blobs.insertContent(1, Buffer.alloc(32, 99), 20, parts);
  let path = 1;
  for (const blob of whole)
    versions.insert(savedFile({ path: path++, content: { type: 'blob', blob } }), 1);
  versions.insert(savedFile({ path: path++, content: { type: 'content', content: 1 } }), 1);
  for (const blob of old) {
    versions.insert(savedFile({ path, content: { type: 'blob', blob } }), 1);
    versions.close(path++, 2);
  }
  expect(blobs.currentDeltas().map(({ id }) => id)).toEqual([11, 21]);
  expect(blobs.lost().map(({ id }) => id)).toEqual([12, 22, 32]);
});
