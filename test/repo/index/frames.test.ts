import { expect, onTestFinished, test } from 'vitest';
import { openIndex } from '../../../src/repo/index/index.js';
import { openFileSystem } from '../../../src/platform/files.js';
import { scratchDirectory } from '../../support/directory.js';

function filled() {
  const index = openIndex(`${scratchDirectory()}/index.sqlite`, 'create', openFileSystem());
  onTestFinished(() => index.close());
  const sums = { kind: 1, headBytes: 10, liveBytes: 5, totalBytes: 9 };
  [
    [1, 2, 32],
    [2, 1, 132],
    [3, 1, 32],
    [4, 1, 232],
  ].forEach(([id = 0, pack = 0, offset = 0]) =>
    index.frames.insert({ id, pack, offset, lengthBytes: 100, ...sums }),
  );
  return index;
}

test('what was verified longest ago comes first, before it what never was, and damage before all', () => {
  const { frames } = filled();
  const order = () => frames.byVerification().map(({ id }) => id);
  expect(order()).toEqual([3, 2, 4, 1]);
  frames.setVerified(2, 2000);
  frames.setVerified(3, 1000);
  frames.setDamaged(1, 3000);
  expect(order()).toEqual([1, 4, 3, 2]);
  expect([1, 2, 4].map((id) => frames.get(id)!.verifiedMs)).toEqual([-3000, 2000, 0]);
});

test('what ends beyond a length is forgotten, and what ends with it stays', () => {
  const { frames } = filled();
  expect(frames.removeBeyond(1, 232)).toBe(232);
  expect([1, 2, 3, 4].map((id) => frames.get(id)?.id)).toEqual([1, 2, 3, undefined]);
  expect(frames.removeBeyond(1, 231)).toBe(132);
  expect(frames.removeBeyond(1, 0)).toBe(0);
  expect(frames.get(1)).toBeDefined();
});

test('a frame is dead when nothing of it is used, and its payload is what can be given back', () => {
  const { frames } = filled();
  frames.addLive(2, -5);
  frames.addLive(3, -4);
  frames.addLive(1, -5);
  expect(frames.dead(90).map(({ id }) => id)).toEqual([2, 1]);
  expect(frames.dead(91)).toEqual([]);
  frames.addLive(3, -1);
  expect(frames.dead(0).map(({ id }) => id)).toEqual([3, 2, 1]);
});
