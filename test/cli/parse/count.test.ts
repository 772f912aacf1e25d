import { expect, test } from 'vitest';
import { parseKeepCount } from '../../../src/cli/parse/count.js';

test.each([
  ['0', 0],
  ['7', 7],
  ['999999999999999', 999_999_999_999_999],
  ['-1', 'unlimited'],
  ['unlimited', 'unlimited'],
])('%s is %s', (text, count) => {
  expect(parseKeepCount(text)).toBe(count);
});

test.each(['', '1000000000000000', 'Unlimited', ' 1', '-2', '1.5', 'all', '1e3'])(
  '"%s" is refused',
  (text) => {
    expect(() => parseKeepCount(text)).toThrow(
      expect.objectContaining({
        code: 'USAGE_COUNT',
        message: `"${text}" is not a number of snapshots.`,
        hint: 'Give a whole number, or "unlimited" to keep all.',
      }),
    );
  },
);
