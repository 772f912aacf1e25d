import { expect, test } from 'vitest';
import { indexBasis } from '../../src/delta/basis-index.js';
import { findFar } from '../../src/delta/far-search.js';
import { TextPair, textOf } from '../../src/delta/text.js';
import type { Match } from '../../src/delta/near-search.js';
import { noise } from '../support/seed.js';

function far(basis: Buffer, target: Buffer, diagonal = 0): Match | undefined {
  const [a, b] = [textOf(basis), textOf(target)];
  const search = { texts: new TextPair(a, b), index: indexBasis(a), mayStop: () => false };
  return findFar(search, 0, target.length, diagonal);
}

test('a run from anywhere is found whole, to the byte', () => {
  const basis = noise(50_000, 1);
  const target = Buffer.concat([noise(77, 2), basis.subarray(31_111, 31_311), noise(77, 3)]);
  expect(far(basis, target)).toEqual({ target: 77, source: 31_111, length: 200 });
});

test('the same diagonal is preferred to an earlier place', () => {
  const run = noise(100, 4);
  const basis = Buffer.concat([run, noise(400, 5), run]);
  const target = Buffer.concat([noise(10, 6), run]);
  expect(far(basis, target, 490)).toEqual({ target: 10, source: 500, length: 100 });
});

test('less than the least length is not a match', () => {
  const basis = noise(50_000, 7);
  const target = Buffer.concat([noise(50, 8), basis.subarray(160, 199), noise(50, 9)]);
  expect(far(basis, target)).toBeUndefined();
});

test('a long run is still found after long noise', () => {
  const basis = noise(200_000, 10);
  const target = Buffer.concat([noise(100_000, 11), basis.subarray(5000, 6000)]);
  expect(far(basis, target)).toEqual({ target: 100_000, source: 5000, length: 1000 });
});

test('the search ends when it may', () => {
  const basis = noise(20_000, 12);
  const text = textOf(Buffer.concat([noise(400_000, 13), basis]));
  let asked = 0;
  const index = indexBasis(textOf(basis));
  const mayStop = (): boolean => (asked += 1) === 2;
  const search = { texts: new TextPair(textOf(basis), text), index, mayStop };
  expect(findFar(search, 0, text.length, 0)).toBeUndefined();
  expect(asked).toBe(2);
});
