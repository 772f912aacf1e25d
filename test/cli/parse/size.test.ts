import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseSize } from '../../../src/cli/parse/size.js';

test.each([
  ['0', 0],
  ['500', 500],
  ['500B', 500],
  ['500K', 512_000],
  ['500k', 512_000],
  ['1MiB', 1_048_576],
  ['1 MiB', 1_048_576],
  [' 500 ', 500],
  ['1t', 1024 ** 4],
  ['1.999999999', 1],
  ['0.123456789k', 126],
  ['9007199254740991', Number.MAX_SAFE_INTEGER],
  ['1MB', 1_048_576],
  ['2G', 2_147_483_648],
  ['1.5G', 1_610_612_736],
  ['0.3K', 307],
  ['8191T', 8191 * 1024 ** 4],
  ['7P', 7 * 1024 ** 5],
])('%s is %d bytes', (text, bytes) => {
  expect(parseSize(text)).toBe(bytes);
});

test.each([
  '1  M',
  '1.',
  '9007199254740992',
  '',
  'G',
  '-1',
  '1X',
  '1Mi',
  '1iB',
  '1e3',
  '0x10',
  '8P',
  '9999999999999999',
  '1,5G',
])('"%s" is refused', (text) => {
  expect(() => parseSize(text)).toThrow(
    expect.objectContaining({
      code: 'USAGE_SIZE',
      message: `"${text}" is not a size such as 500K, 2G or 1MiB.`,
      hint: 'Units are K M G T P, powers of 1024; at most 8191T.',
    }),
  );
});

test('plain bytes are read exactly up to the largest safe integer', () => {
  fc.assert(
    fc.property(fc.maxSafeNat(), (bytes) => {
      expect(parseSize(String(bytes))).toBe(bytes);
    }),
  );
});
