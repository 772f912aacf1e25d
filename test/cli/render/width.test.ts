import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { displayWidth, truncateToWidth } from '../../../src/cli/render/width.js';

describe('the width of', () => {
  test.each([
    ['', 0],
    ['plain', 5],
    ['żółw', 4],
    ['e\u0301', 1],
    ['漢字', 4],
    ['한글', 4],
    ['ｆｕｌｌ', 8],
    ['🐢', 2],
    ['a\u200bb', 2],
    ['\x1b[31mred\x1b[39m', 3],
    ['\x1b[1;31mred\x1b[m', 3],
  ])('%j is %d', (text, width) => {
    expect(displayWidth(text)).toBe(width);
  });
});

describe('truncation', () => {
  test('leaves alone what fits', () => {
    expect(truncateToWidth('漢字', 4)).toBe('漢字');
  });

  test('never cuts a wide character in two', () => {
    expect(truncateToWidth('漢字', 3)).toBe('漢');
  });

  test('always fits and is a start of the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.nat(20), (text, columns) => {
        const short = truncateToWidth(text, columns);
        expect(displayWidth(short)).toBeLessThanOrEqual(columns);
        expect(text.startsWith(short)).toBe(true);
      }),
    );
  });
});

test('a text is cut where the columns end: no earlier, no later, and within no character', () => {
  const cut = [0, 1, 2, 3, 4, 5, 6].map((columns) => truncateToWidth('ab日c\u0301de', columns));
  expect(cut).toEqual(['', 'a', 'ab', 'ab', 'ab日', 'ab日c\u0301', 'ab日c\u0301d']);
});
