import { expect, test } from 'vitest';
import { parseMinFree } from '../../../src/cli/parse/min-free.js';

test.each([
  ['10%', { type: 'share', fraction: 0.1 }],
  ['100%', { type: 'share', fraction: 1 }],
  ['20G', { type: 'bytes', bytes: 20 * 1024 ** 3 }],
  ['1.5k', { type: 'bytes', bytes: 1536 }],
  ['0', { type: 'bytes', bytes: 0 }],
])('%s is understood', (text, amount) => {
  expect(parseMinFree(text)).toEqual(amount);
});

test.each(['0%', '101%', '10 %', '%', '10%%', '10% ', '-1%', '10%G'])(
  '"%s" is refused as a share',
  (text) => {
    expect(() => parseMinFree(text)).toThrow(
      expect.objectContaining({
        code: 'USAGE_SIZE',
        message: `"${text}" is not a share such as 10%.`,
        hint: 'Give more than 0% and at most 100%, or a size such as 20G.',
      }) as Error,
    );
  },
);

test.each(['', 'much', '-1', '10'.repeat(9)])('"%s" is refused as a size', (text) => {
  expect(() => parseMinFree(text)).toThrow(/is not a size such as 500K, 2G or 1MiB\.$/);
});
