import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bytesToText, textToBytes } from '../../src/platform/bytes.js';
import { INVALID_BYTES } from '../../src/platform/shown-text.js';

describe('the text of bytes', () => {
  test('is the decoded UTF-8 where that is valid', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(bytesToText(Buffer.from(text, 'utf8'))).toBe(text);
      }),
    );
  });

  test('holds a lone surrogate for each invalid byte', () => {
    const latin1 = Buffer.from('caf\xe9 \u{1f600}', 'latin1');
    expect(bytesToText(Buffer.from([0x61, 0xff, 0x62]))).toBe('a\udcffb');
    expect(bytesToText(latin1.subarray(0, 5))).toBe('caf\udce9 ');
  });

  test('never joins escaped bytes to a character', () => {
    // The UTF-8 form of a surrogate is invalid: three bytes, three escapes.
    expect(bytesToText(Buffer.from([0xed, 0xb2, 0x80]))).toBe('\udced\udcb2\udc80');
  });

  test('gives every byte back', () => {
    const mixed = fc
      .array(
        fc.oneof(
          fc.uint8Array({ maxLength: 4 }),
          fc.string({ unit: 'binary' }).map((s) => Buffer.from(s)),
        ),
      )
      .map((parts) => Buffer.concat(parts));
    fc.assert(
      fc.property(mixed, (bytes) => {
        expect(textToBytes(bytesToText(bytes))).toEqual(bytes);
      }),
    );
  });

  test('tells which characters were invalid bytes', () => {
    expect(bytesToText(Buffer.from([0x80, 0xc3, 0xa9, 0xfe])).match(INVALID_BYTES)).toEqual([
      '\udc80',
      '\udcfe',
    ]);
  });
});
