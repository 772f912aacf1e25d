import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  bytesFromBuffer,
  bytesFromText,
  bytesToText,
  hasInvalidBytes,
  systemPath,
  textFromBytes,
  textOfName,
  textToBytes,
} from '../../src/platform/bytes.js';
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

test.each([
  ['7f', '\x7f'],
  ['80', '\udc80'],
  ['c280', '\x80'],
  ['c2', '\udcc2'],
  ['dfbf', '\u07ff'],
  ['e0a080', '\u0800'],
  ['e0a0', '\udce0\udca0'],
  ['efbfbf', '\uffff'],
  ['f0908080', '\u{10000}'],
  ['f09080', '\udcf0\udc90\udc80'],
  ['f48fbfbf', '\u{10ffff}'],
  ['f4908080', '\udcf4\udc90\udc80\udc80'],
  ['ff', '\udcff'],
])('the bytes %s, before and behind an invalid one, are %j', (hex, text) => {
  const bytes = Buffer.from(hex, 'hex');
  const ff = Buffer.of(0xff);
  expect(bytesToText(Buffer.concat([bytes, ff]))).toBe(`${text}\udcff`);
  expect(bytesToText(Buffer.concat([ff, bytes]))).toBe(`\udcff${text}`);
  expect(textToBytes(`${text}\udcff`)).toEqual(Buffer.concat([bytes, ff]));
});

test('a path goes to the system as text, unless it is none', () => {
  expect([hasInvalidBytes('caf\u00e9'), hasInvalidBytes('caf\udce9')]).toEqual([false, true]);
  expect(systemPath('/caf\u00e9')).toBe('/caf\u00e9');
  expect(systemPath('/caf\udce9')).toEqual(Buffer.from('/caf\xe9', 'latin1'));
  expect(textOfName(bytesFromText('caf\u00e9 \udcff'))).toBe('caf\u00e9 \udcff');
  expect(textFromBytes(bytesFromText('\u00e9\n\udcff'))).toBe('\u00e9\\x0a\\xff');
});

test('the bytes of a part of a buffer are those of that part', () => {
  const whole = Buffer.from('before caf\xe9 after', 'latin1');
  const part = whole.subarray(7, 11);
  for (const bytes of [part, new Uint8Array(whole.buffer, whole.byteOffset + 7, 4)]) {
    expect(bytesFromBuffer(bytes)).toBe('caf\xe9');
    expect(bytesToText(bytes)).toBe('caf\udce9');
  }
  expect(bytesToText(whole.subarray(0, 6))).toBe('before');
});
