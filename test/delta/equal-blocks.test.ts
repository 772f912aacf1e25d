import { expect, test } from 'vitest';
import { BLOCK_BYTES, equalBlocks } from '../../src/delta/equal-blocks.js';
import { TextPair, textOf } from '../../src/delta/text.js';
import { noise } from '../support/seed.js';

function runsOf(a: Buffer, b: Buffer): [number, number][] {
  const found: [number, number][] = [];
  const to = Math.min(a.length, b.length);
  equalBlocks(new TextPair(textOf(a), textOf(b)), 0, to, (from, end) => found.push([from, end]));
  return found;
}

/** `bytes` with every byte of `[from, to)` changed. */
function changed(bytes: Buffer, from: number, to: number): Buffer {
  const copy = Buffer.from(bytes);
  for (let i = from; i < to; i += 1) copy[i]! ^= 0x55;
  return copy;
}

test('runs are grown to the byte on both sides of a change', () => {
  const a = noise(500_000, 1);
  const b = changed(changed(a, 3001, 7003), 300_000, 300_001);
  expect(runsOf(a, b)).toEqual([
    [0, 3001],
    [7003, 300_000],
    [300_001, 500_000],
  ]);
});

test('every other page of an image is found, wherever the pages begin', () => {
  const a = noise(4096 * 8 + 777, 2);
  const b = [0, 2, 4, 6].reduce(
    (bytes, i) => changed(bytes, 777 + 4096 * i, 777 + 4096 * (i + 1)),
    a,
  );
  expect(runsOf(a, b)).toEqual([1, 3, 5, 7].map((i) => [777 + 4096 * i, 777 + 4096 * (i + 1)]));
});

test('less than a block is left to the search', () => {
  const a = noise(BLOCK_BYTES - 1, 3);
  expect(runsOf(a, a)).toEqual([]);
  expect(runsOf(noise(5000, 4), noise(5000, 5))).toEqual([]);
});

test.each([
  [0, 1024, [[0, 1024]]],
  [0, 1023, []],
  [100, 1124, [[100, 1124]]],
  [100, 5000, [[100, 5000]]],
  [0, 64 * 1024 + 1024, [[0, 64 * 1024 + 1024]]],
  [7, 7, []],
])('runs lie between where to look: of equal texts from %i to %i', (from, to, expected) => {
  const bytes = noise(70_000, 5);
  const texts = new TextPair(textOf(bytes), textOf(Buffer.from(bytes)));
  const runs: number[][] = [];
  equalBlocks(texts, from, to, (start, end) => void runs.push([start, end]));
  expect(runs).toEqual(expected);
});
