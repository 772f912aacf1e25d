import { describe, expect, test } from 'vitest';
import { escapeUnsafe, showBytes } from '../../src/platform/shown-text.js';

/** The first and the last of each range that a terminal might act on. */
const UNSAFE: readonly (readonly [number, number])[] = [
  [0x00, 0x1f],
  [0x7f, 0x9f],
  [0x061c, 0x061c],
  [0x200e, 0x200f],
  [0x2028, 0x202e],
  [0x2066, 0x2069],
];

const ascii = (code: number): string => `\\x${code.toString(16).padStart(2, '0')}`;
const shown = (code: number): string => escapeUnsafe(`a${String.fromCharCode(code)}b`);

describe('a character that a terminal might act on', () => {
  test.each(UNSAFE)('is escaped from %i to %i, and those around it are not', (first, last) => {
    for (let code = first; code <= last; code += 1) {
      expect(shown(code)).toBe(`a${code < 0x80 ? ascii(code) : `\\u{${code.toString(16)}}`}b`);
    }
    for (const code of [first - 1, last + 1].filter((beside) => beside > 0)) {
      expect(shown(code)).toBe(`a${String.fromCharCode(code)}b`);
    }
  });

  test('is escaped wherever it stands, each by itself', () => {
    expect(escapeUnsafe('\r\n\x1b[0m\u202e')).toBe('\\x0d\\x0a\\x1b[0m\\u{202e}');
  });
});

test('bytes that are not UTF-8 are shown as such, and nothing else is changed', () => {
  const text = 'a\udc80b\udcffc\udc7f\udd00\ud83d\ude00\n\u202e';
  expect(showBytes(text)).toBe('a\\x80b\\xffc\udc7f\udd00\ud83d\ude00\n\u202e');
  expect(escapeUnsafe('a\udc80\udcff\udc7f')).toBe('a\\x80\\xff\udc7f');
});
