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

test.each([0, 1, 3, 15, 16, 17, 100])(
  'a run grows back to where either text begins, and no further: %i bytes before it',
  (before) => {
    const run = noise(200, 14);
    const alike = noise(300, 15);
    // Where one text ends, the bytes before it in its buffer would agree, too.
    const buffer = Buffer.concat([alike, run, noise(100, 16)]);
    const cut = (at: number): Buffer => buffer.subarray(alike.length - at);
    for (const [basisBefore, targetBefore] of [
      [0, before],
      [before, 0],
      [before, before],
      [before, 2 * before],
    ] as const) {
      const basis = cut(basisBefore);
      const common = Math.min(basisBefore, targetBefore);
      const target = Buffer.concat([
        cut(targetBefore).subarray(0, targetBefore + 200),
        noise(50, 17),
      ]);
      // No place on the diagonal: the index alone finds it.
      expect(far(basis, target, 1e6)).toEqual({
        target: targetBefore - common,
        source: basisBefore - common,
        length: 200 + common,
      });
    }
  },
);

test('a run does not grow back before where the search begins', () => {
  const text = textOf(noise(1000, 18));
  const search = { texts: new TextPair(text, text), index: indexBasis(text), mayStop: () => false };
  for (const from of [0, 1, 333, 500]) {
    expect(findFar(search, from, 900, 1e6)).toEqual({
      target: from,
      source: from,
      length: 900 - from,
    });
  }
});

test('forty bytes are a match, thirty-nine are none, on the diagonal or off it', () => {
  for (const length of [39, 40, 41]) {
    const basis = noise(50_000, 19);
    const target = Buffer.concat([noise(50, 20), basis.subarray(160, 160 + length), noise(50, 21)]);
    const expected = length < 40 ? undefined : { target: 50, source: 160, length };
    expect(far(basis, target, 1e6)).toEqual(expected);
    expect(far(basis, target, 110)).toEqual(expected);
  }
});
