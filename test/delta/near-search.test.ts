import { describe, expect, test } from 'vitest';
import { findNear, type Match } from '../../src/delta/near-search.js';
import { TextPair, textOf } from '../../src/delta/text.js';
import { noise } from '../support/seed.js';

function near(basis: string, target: string, minimum = 6, reach = 64): Match | undefined {
  const texts = new TextPair(textOf(Buffer.from(basis)), textOf(Buffer.from(target)));
  const area = {
    targetStart: 0,
    targetEnd: target.length,
    sourceStart: 0,
    sourceEnd: basis.length,
  };
  return findNear(texts, area, reach, minimum);
}

describe('the texts are found to agree again', () => {
  test('after a word that was replaced', () => {
    const match = near('kind === node.kind', 'type === node.kind');
    expect(match).toEqual({ target: 4, source: 4, length: 14 });
  });

  test('after an insert', () => {
    expect(near('return value', '  return value')).toEqual({ target: 2, source: 0, length: 12 });
  });

  test('after a deletion', () => {
    expect(near('  return value', 'return value')).toEqual({ target: 0, source: 2, length: 12 });
  });
});

test('the nearest of equal places in the basis is taken', () => {
  const match = near('xx return; return; return;', 'return;');
  expect(match).toMatchObject({ source: 3 });
});

test('a longer match wins over a nearer one', () => {
  const match = near('abcdXX--bcdefghijklmnop', 'abcdefghijklmnop', 3);
  expect(match).toEqual({ target: 1, source: 8, length: 15 });
});

test('a match that follows the first does not take its place', () => {
  const phrase = 'a line that is long enough to win';
  const match = near(`void 0;\n${phrase}`, `  void 0;\n  ${phrase}`);
  expect(match).toMatchObject({ target: 2, source: 0, length: 8 });
});

test('what costs more to reach than it is worth is left alone', () => {
  expect(near('abcdef', `${'-'.repeat(40)}abcdef`)).toBeUndefined();
  expect(near('abcdef', 'abcdef', 7)).toBeUndefined();
});

test('nothing is found beyond the reach, nor in less than a word', () => {
  expect(near(`${'.'.repeat(65)}return value`, 'return value')).toBeUndefined();
  expect(near('abc', 'abcdef', 1)).toBeUndefined();
  expect(near('abcdef', 'abc', 1)).toBeUndefined();
});

test('a match never leaves its area backwards or the target forwards', () => {
  const text = textOf(noise(2000, 1));
  const area = { targetStart: 500, targetEnd: 600, sourceStart: 500, sourceEnd: 540 };
  const match = findNear(new TextPair(text, text), area, 256, 6);
  expect(match).toEqual({ target: 500, source: 500, length: 100 });
});
