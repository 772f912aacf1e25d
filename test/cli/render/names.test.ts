import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatName, jsonPath, jsonText } from '../../../src/cli/render/names.js';
import { escapeUnsafe } from '../../../src/platform/shown-text.js';
import { bytesFromBuffer, bytesFromText, type ByteString } from '../../../src/platform/bytes.js';

const latin1 = (text: string) => text as ByteString;

describe('a name on a terminal', () => {
  test.each([
    ['plain name.txt', 'plain name.txt'],
    ['żółw 🐢', 'żółw 🐢'],
    ['a\nb', 'a\\x0ab'],
    ['\x1b[31mred', '\\x1b[31mred'],
    ['\x7f', '\\x7f'],
    ['\u009b31m', '\\u{9b}31m'],
    ['gpj.\u202eexe', 'gpj.\\u{202e}exe'],
    ['back\\slash', 'back\\slash'],
  ])('%j is shown as %s', (name, shown) => {
    expect(formatName(bytesFromText(name))).toBe(shown);
  });

  test('invalid bytes are shown in hexadecimal', () => {
    expect(formatName(latin1('caf\xe9'))).toBe('caf\\xe9');
    expect(formatName(latin1('\x9b31m'))).toBe('\\x9b31m');
  });

  test('never holds anything that a terminal acts on', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (name) => {
        const shown = formatName(bytesFromBuffer(name));
        expect(shown).toBe(escapeUnsafe(shown));
        expect(Buffer.from(shown).every((byte) => byte >= 0x20 && byte !== 0x7f)).toBe(true);
      }),
    );
  });
});

describe('a name for programs', () => {
  test('keeps control characters', () => {
    expect(jsonText(bytesFromText('a\n\x1bb'))).toBe('a\n\x1bb');
  });

  test('shows invalid bytes in hexadecimal', () => {
    expect(jsonText(latin1('a\xff\nb'))).toBe('a\\xff\nb');
  });
});

describe('a path in JSON', () => {
  test('is text when it is UTF-8', () => {
    expect(jsonPath(bytesFromText('/home/żółw\n'))).toEqual({ path: '/home/żółw\n' });
  });

  test('gives its bytes when it is not', () => {
    expect(jsonPath(latin1('/caf\xe9'))).toEqual({ path: '/caf\\xe9', path_base64: 'L2NhZuk=' });
  });

  test('always gives the bytes back', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (path) => {
        const fields = jsonPath(bytesFromBuffer(path));
        const bytes =
          fields.path_base64 === undefined
            ? Buffer.from(fields.path)
            : Buffer.from(fields.path_base64, 'base64');
        expect(new Uint8Array(bytes)).toEqual(path);
      }),
    );
  });
});
