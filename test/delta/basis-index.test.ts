import { expect, test } from 'vitest';
import {
  ABSENT,
  indexBasis,
  lookup,
  WINDOW_BYTES,
  windowHash,
} from '../../src/delta/basis-index.js';
import { textOf, type Text } from '../../src/delta/text.js';
import { noise } from '../support/seed.js';

test('nearly every window on the grid is found where it stands', () => {
  const basis = textOf(noise(400_000, 1));
  const index = indexBasis(basis);
  let found = 0;
  for (let at = 0; at + WINDOW_BYTES <= basis.length; at += index.stride) {
    if (lookup(index, windowHash(basis.view, at)) === at) found += 1;
  }
  expect(found / (basis.length / index.stride)).toBeGreaterThan(0.75);
});

test('of equal windows the first is the answer', () => {
  const basis = textOf(Buffer.alloc(1000));
  expect(lookup(indexBasis(basis), windowHash(basis.view, 500))).toBe(0);
});

test('other windows are nearly always known to be absent', () => {
  const index = indexBasis(textOf(noise(400_000, 1)));
  const other = textOf(noise(400_000, 2));
  let guesses = 0;
  for (let at = 0; at < 300_000; at += 1) {
    if (lookup(index, windowHash(other.view, at)) !== ABSENT) guesses += 1;
  }
  expect(guesses).toBeLessThan(100);
});

test('the index stays within its bound and the stride grows instead', () => {
  const index = indexBasis(textOf(noise(20 * 2 ** 20, 3)));
  expect(index.slots.length).toBeLessThanOrEqual(2 ** 20);
  expect(index.stride).toBe(32);
});

test.each([0, 1, 15, 16, 17])('a basis of %d bytes can be indexed', (length) => {
  const basis = textOf(noise(length, 4));
  const index = indexBasis(basis);
  if (length >= WINDOW_BYTES) expect(lookup(index, windowHash(basis.view, 0))).toBe(0);
});

test.each([
  [2 ** 24, 16],
  [2 ** 24 + 1, 32],
  [2 ** 25, 32],
])('a basis of %i bytes is indexed every %i, to its last window', (length, stride) => {
  const bytes = Buffer.alloc(length);
  const last = Math.floor((length - 16) / stride) * stride;
  noise(16, 3).copy(bytes, last);
  const basis = textOf(bytes);
  const index = indexBasis(basis);
  expect(index.stride).toBe(stride);
  expect(lookup(index, windowHash(basis.view, last))).toBe(last);
  expect(lookup(index, windowHash(basis.view, 0))).toBe(0);
});

test('nothing of the basis before is in an index', () => {
  const [first, second] = [noise(4096, 1), noise(2000, 2)].map(textOf) as [Text, Text];
  indexBasis(first);
  const index = indexBasis(second);
  for (let at = 0; at + 16 <= 4096; at += 16)
    expect(lookup(index, windowHash(first.view, at))).toBe(ABSENT);
  for (let at = 0; at + 16 <= 2000; at += 16)
    expect([at, ABSENT]).toContain(lookup(index, windowHash(second.view, at)));
  const found = Array.from({ length: 125 }, (_, i) =>
    lookup(index, windowHash(second.view, 16 * i)),
  );
  expect(found.filter((at) => at !== ABSENT).length).toBeGreaterThan(80);
});
