import { expect, test } from 'vitest';
import { parseSample } from '../../../src/cli/parse/sample.js';

test.each([
  ['5%', { type: 'share', fraction: 0.05 }],
  ['0.5%', { type: 'share', fraction: 0.005 }],
  ['100%', { type: 'share', fraction: 1 }],
  ['2G', { type: 'bytes', bytes: 2_147_483_648 }],
  ['1MiB', { type: 'bytes', bytes: 1_048_576 }],
  ['500B', { type: 'bytes', bytes: 500 }],
  ['10m', { type: 'time', durationMs: 600_000 }],
  ['10M', { type: 'bytes', bytes: 10_485_760 }],
  ['2D', { type: 'time', durationMs: 172_800_000 }],
  ['1W', { type: 'time', durationMs: 604_800_000 }],
  ['9s', { type: 'time', durationMs: 9000 }],
  ['10k', { type: 'bytes', bytes: 10_240 }],
  ['1.5g', { type: 'bytes', bytes: 1_610_612_736 }],
  ['1p', { type: 'bytes', bytes: 1024 ** 5 }],
  ['1h30m', { type: 'time', durationMs: 5_400_000 }],
])('%s is understood', (text, sample) => {
  expect(parseSample(text)).toEqual(sample);
});

test.each(['10M5s', '1Mi', '1d', ' 5%', '', '5', '0%', '101%', '0m', '0K', '-5%', 'some', '1Y'])(
  '"%s" is refused',
  (text) => {
    expect(() => parseSample(text)).toThrow(
      expect.objectContaining({
        code: 'USAGE_SAMPLE',
        message: `"${text}" is not a sample: expected a share (5%), a size (2G) or a time (10m), greater than zero.`,
        hint: 'Case matters: 10m is ten minutes, 10M ten mebibytes.',
      }),
    );
  },
);
