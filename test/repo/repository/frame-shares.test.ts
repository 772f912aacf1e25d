import { expect, test } from 'vitest';
import { shareStoredBytes } from '../../../src/repo/repository/frame-shares.js';

test.each<[string, number, number[], number[]]>([
  ['by their weights', 1000, [1, 3, 6], [100, 300, 600]],
  ['rounded to the nearest byte', 10, [1, 2], [3, 7]],
  ['rounded up from a half', 5, [1, 1], [3, 3]],
  ['at least a byte each', 10, [1, 1_000_000, 0], [1, 10, 1]],
  ['a byte each where none has a weight', 500, [0, 0], [1, 1]],
  ['none of none', 500, [], []],
])('members of a frame take %s', (_, payloadBytes, weights, expected) => {
  expect(shareStoredBytes(payloadBytes, weights)).toEqual(expected);
});
