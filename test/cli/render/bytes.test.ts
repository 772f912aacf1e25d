import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatBytes } from '../../../src/cli/render/bytes.js';

test.each([
  [0, '0 B'],
  [1023, '1023 B'],
  [1024, '1.00 KiB'],
  [1536, '1.50 KiB'],
  [10_234, '9.99 KiB'],
  [10_239, '10.0 KiB'],
  [102_297, '99.9 KiB'],
  [102_399, '100 KiB'],
  [1_047_551, '1023 KiB'],
  [1_048_000, '1023 KiB'],
  [1_048_575, '1.00 MiB'],
  [1_048_576, '1.00 MiB'],
  [5 * 1024 ** 3, '5.00 GiB'],
  [123 * 1024 ** 4, '123 TiB'],
  [Number.MAX_SAFE_INTEGER, '8.00 PiB'],
  [2n ** 63n, '8.00 EiB'],
])('%d bytes are %s', (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text);
});

test('no size is longer than eight characters or off by more than half a percent', () => {
  fc.assert(
    fc.property(fc.maxSafeNat(), (bytes) => {
      const [amount = '', unit = ''] = formatBytes(bytes).split(' ');
      const exponent = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'].indexOf(unit);
      expect(amount.length + unit.length).toBeLessThan(8);
      expect(Math.abs(Number(amount) * 1024 ** exponent - bytes)).toBeLessThanOrEqual(
        bytes * 0.005,
      );
    }),
  );
});
