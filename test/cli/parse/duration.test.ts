import { describe, expect, test } from 'vitest';
import { parseCalendarDuration, parseDuration } from '../../../src/cli/parse/duration.js';

describe('an exact duration', () => {
  test.each([
    ['30s', 30_000],
    ['10m', 600_000],
    ['2h', 7_200_000],
    ['1h30m', 5_400_000],
    ['1D', 86_400_000],
    ['1W', 604_800_000],
    ['0s', 0],
  ])('%s is %d ms', (text, durationMs) => {
    expect(parseDuration(text)).toBe(durationMs);
  });

  test.each(['', '10', 'm', '1.5h', '-1h', '10 m', '1M', '1Y'])('"%s" is refused', (text) => {
    expect(() => parseDuration(text)).toThrow(
      expect.objectContaining({
        code: 'USAGE_DURATION',
        message: `"${text}" is not a duration such as 30s, 10m, 1h30m, 2D or 1W.`,
        hint: 'Units are s m h D W M Y, where m is minutes and M months.',
      }),
    );
  });
});

describe('a duration by the calendar', () => {
  test('keeps its units apart', () => {
    expect(parseCalendarDuration('1Y6M2W3D4h5m6s')).toEqual({
      years: 1,
      months: 6,
      weeks: 2,
      days: 3,
      hours: 4,
      minutes: 5,
      seconds: 6,
    });
  });

  test('adds up the same unit in either case', () => {
    expect(parseCalendarDuration('1d2D')).toEqual({ days: 3 });
  });

  test('is refused without a unit', () => {
    expect(() => parseCalendarDuration('7')).toThrow(
      '"7" is not a duration such as 36h, 7D, 2W, 6M or 1Y6M.',
    );
  });
});
