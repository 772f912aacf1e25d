import { expect, test } from 'vitest';
import { signatureKind } from '../../../src/rdiff/format/kinds.js';
import { Patience } from '../../../src/rdiff/format/patience.js';

const patience = (blockLength: number, blocks: number): Patience =>
  new Patience({ kind: signatureKind(), blockLength, strongLength: 8 }, blocks);

test('64 blocks may be hashed in vain at once, and sixteen bytes more for each byte of the file', () => {
  const own = patience(100, 10);
  own.spend(6400);
  expect(own.isLeft(0)).toBe(true);
  own.spend(1);
  expect([own.isLeft(0), own.isLeft(1)]).toEqual([false, true]);
  own.spend(16);
  expect([own.isLeft(1), own.isLeft(2)]).toEqual([false, true]);
  own.restart();
  expect(own.isLeft(0)).toBe(true);
});

test('a basis beyond 4 GiB allows as much more as chance fails oftener', () => {
  const own = patience(2 ** 20, 3 * 2 ** 12);
  own.spend(64 * 2 ** 20 + 48);
  expect([own.isLeft(0), own.isLeft(1)]).toEqual([false, true]);
  own.spend(1);
  expect(own.isLeft(1)).toBe(false);
});
