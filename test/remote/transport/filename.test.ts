import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bytesFromText, type ByteString } from '../../../src/platform/bytes.js';
import {
  decodeFilename,
  encodeFilename,
  rawParameter,
} from '../../../src/remote/transport/filename.js';
import { runs } from '../../support/seed.js';

describe('names', () => {
  test('of any bytes survive a URL', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 50 }), (bytes) => {
        const name = Buffer.from(bytes).toString('latin1') as ByteString;
        const encoded = encodeFilename(name);
        expect(encoded).toMatch(/^[\x21-\x7e]*$/);
        expect(decodeFilename(encoded, 'query')).toBe(name);
        expect(decodeFilename(encoded, 'path')).toBe(name);
        expect(rawParameter(`/info?a=1&filename=${encoded}&b=2`, 'filename')).toBe(encoded);
      }),
      runs(200),
    );
  });

  test('are decoded once, and a plus is a space in queries only', () => {
    expect(decodeFilename('%252e%252e', 'query')).toBe('%2e%2e');
    expect(decodeFilename('a+b', 'query')).toBe('a b');
    expect(decodeFilename('a+b', 'path')).toBe('a+b');
    expect(decodeFilename('ä', 'path')).toBe(bytesFromText('ä'));
    expect(() => decodeFilename('100%', 'query')).toThrow('not properly percent-encoded');
  });
});

test('every byte but the plain ones is two capital digits', () => {
  const plain = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._~/-';
  for (let byte = 0; byte < 256; byte += 1) {
    const character = String.fromCharCode(byte);
    const escaped = `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
    expect(encodeFilename(character as ByteString)).toBe(
      plain.includes(character) ? character : escaped,
    );
  }
});

test.each([
  ['/x?filename=a', 'a'],
  ['/x?filename=', ''],
  ['/x?y=1&filename=a%20b&filename=c', 'a%20b'],
  ['/x?filename=a=b', 'a=b'],
  ['/x?filename=a#filename=b', 'a'],
  ['/x?filename=a?b', 'a?b'],
  ['/x?afilename=a', undefined],
  ['/x?filename', undefined],
  ['/filename=a', undefined],
  ['filename=a', undefined],
])('the parameter of %s is %s', (url, value) => {
  expect(rawParameter(url, 'filename')).toBe(value);
});
