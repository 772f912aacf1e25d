import { expect, onTestFinished, test } from 'vitest';
import { BlobKind } from '../../../src/repo/index/blobs.js';
import { openIndex } from '../../../src/repo/index/index.js';
import { openFileSystem } from '../../../src/platform/files.js';
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
  let frame = 0;
  for (const blob of blobs.fulls()) {
    seen.add(blob.id);
    if (blob.isBasis) bases.push(blob.id);
    if (blob.frame !== frame) changesOfFrame += 1;
    frame = blob.frame;
  }
  expect(seen.size).toBe(BLOBS - 1);
  expect(bases).toEqual([BLOBS - 1]);
  // Two windows end in the middle of two frames each.
  expect(changesOfFrame).toBeLessThanOrEqual(BLOBS / BLOBS_A_FRAME + 2 + 4);
});
