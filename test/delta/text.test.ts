import { expect, test } from 'vitest';
import { TextPair, textOf } from '../../src/delta/text.js';
import { noise } from '../support/seed.js';

/** Around each place where the comparison changes its step. */
const LENGTHS = [0, 1, 3, 4, 5, 255, 256, 257, 1279, 1280, 1281, 70_000, 140_000];

test('equal bytes are counted exactly up to the first difference', () => {
  for (const length of LENGTHS) {
    const a = Buffer.concat([noise(3, 1), noise(length + 9, 2)]);
    const b = Buffer.concat([noise(5, 3), noise(length + 9, 2)]);
    b[5 + length]! ^= 1;
    expect(new TextPair(textOf(a), textOf(b)).equalForward(3, 5, length + 9)).toBe(length);
  }
});

test('equal bytes are counted exactly back to the last difference', () => {
  for (const length of LENGTHS) {
    const a = Buffer.concat([noise(length + 9, 2), noise(3, 1)]);
    const b = Buffer.concat([noise(length + 9, 2), noise(5, 3)]);
    b[8]! ^= 1;
    const end = length + 9;
    expect(new TextPair(textOf(a), textOf(b)).equalBackward(end, end, end)).toBe(length);
  }
});

test('no more than the limit is counted', () => {
  const a = textOf(Buffer.alloc(200_000));
  for (const limit of LENGTHS) {
    expect(new TextPair(a, a).equalForward(0, 1, limit)).toBe(limit);
    expect(new TextPair(a, a).equalBackward(200_000, 199_999, limit)).toBe(limit);
  }
});

test('a view into a larger buffer is compared within its bounds', () => {
  const whole = noise(100, 4);
  const part = textOf(whole.subarray(10, 60));
  expect(part.length).toBe(50);
  expect(new TextPair(part, textOf(whole)).equalForward(0, 10, 50)).toBe(50);
});
