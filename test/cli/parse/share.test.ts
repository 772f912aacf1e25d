import { expect, test } from 'vitest';
import { parseShare } from '../../../src/cli/parse/share.js';

test.each([
  ['2%', 0.02],
  ['0.5%', 0.005],
  ['100%', 1],
  ['0.123456789%', 0.00123456789],
  ['100.0%', 1],
])('%s is understood', (text, fraction) => {
  expect(parseShare(text)).toBe(fraction);
});

test.each([
  '0.1234567891%',
  '100.1%',
  '1000%',
  '.5%',
  '2 %',
  '',
  '2',
  '0%',
  '101%',
  '-5%',
  '500M',
  '10m',
])('"%s" is refused', (text) => {
  expect(() => parseShare(text)).toThrow(
    expect.objectContaining({
      code: 'USAGE_SHARE',
      message: `"${text}" is not a share: expected more than 0% and at most 100%, such as 2% or 0.5%.`,
    }),
  );
});
