import { expect, onTestFinished, test } from 'vitest';
import { openFileSystem } from '../../../src/platform/files.js';
import { openIndex } from '../../../src/repo/index/index.js';
import { PackKind } from '../../../src/repo/packs/pack-store.js';
import { scratchDirectory } from '../../support/directory.js';

/** Three packs with two frames each, of which those of the second are dead. */
function filled() {
  const index = openIndex(`${scratchDirectory()}/index.sqlite`, 'create', openFileSystem());
  onTestFinished(() => index.close());
  for (const pack of [3, 1, 2]) {
    index.packs.put(pack, PackKind.blobs, 1000 + pack);
    for (const turn of [0, 1]) {
      const liveBytes = pack === 2 || turn === 1 ? 0 : 5;
      const place = { pack, offset: 32 + 100 * turn, lengthBytes: 100 };
      const shares = { kind: 1, headBytes: 10, liveBytes, totalBytes: 9 };
      index.frames.insert({ id: pack * 10 + turn, ...place, ...shares });
    }
  }
  return index;
}

test('packs are told by number, with their kinds and committed lengths', () => {
  const { packs } = filled();
  packs.put(2, PackKind.blobs, 5000);
  packs.put(9, PackKind.manifests, 40);
  expect(packs.all()).toEqual([
    { number: 1, kind: PackKind.blobs, lengthBytes: 1001 },
    { number: 2, kind: PackKind.blobs, lengthBytes: 5000 },
    { number: 3, kind: PackKind.blobs, lengthBytes: 1003 },
    { number: 9, kind: PackKind.manifests, lengthBytes: 40 },
  ]);
});

test('a pack is unused when no frame of it is live, or it has none', () => {
  const { packs, frames } = filled();
  packs.put(4, PackKind.blobs, 32);
  expect(packs.unused()).toEqual([2, 4]);
  frames.addLive(21, 1);
  frames.addLive(10, -5);
  expect(packs.unused()).toEqual([1, 4]);
});

test('a pack that is removed takes its frames along, and no others', () => {
  const { packs, frames } = filled();
  packs.remove(2);
  expect(packs.all().map(({ number }) => number)).toEqual([1, 3]);
  expect(frames.byVerification().map(({ id }) => id)).toEqual([10, 11, 30, 31]);
});
