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
    ['1W2D3h4m5s', ((9 * 24 + 3) * 60 + 4) * 60_000 + 5000],
    ['1W1w', 2 * 604_800_000],
  ])('%s is %d ms', (text, durationMs) => {
    expect(parseDuration(text)).toBe(durationMs);
  });

  test.each([
    ['', ': it is empty.'],
    ['10', ': it has no unit.'],
    ['m', ': it has no number.'],
    ['soon', ': it has no number.'],
    ['1.5h', ': it is not whole.'],
    ['1,5h', ': it is not whole.'],
    ['.5h', ': it is not whole.'],
    ['  ', ': it is empty.'],
    [' -1h', ': it is negative.'],
    ['1h3x', ': there is no unit "x".'],
    ['1week 2days', '; did you mean 1W2D?'],
    ['1Y2D', ': months and years differ in length.'],
    ['-1h', ': it is negative.'],
    ['3x', ': there is no unit "x".'],
    ['1h3', '.'],
    ['10 m', '; did you mean 10m?'],
    ['1h 30m', '; did you mean 1h30m?'],
    ['10 minutes', '; did you mean 10m?'],
    ['2days', '; did you mean 2D?'],
    ['an hour', '; did you mean 1h?'],
    ['1M', ': months and years differ in length.'],
    ['1Y', ': months and years differ in length.'],
    ['1 month', ': months and years differ in length.'],
  ])('"%s" is refused, and the first line says why', (text, why) => {
    expect(() => parseDuration(text)).toThrow(
      expect.objectContaining({
        code: 'USAGE_DURATION',
        message: `"${text}" is not a duration${why}`,
        hint:
          'Give one such as 30s, 10m, 1h30m, 2D or 1W. ' +
          'Units are s m h D W M Y, where m is minutes and M months.',
      }) as Error,
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
    expect(() => parseCalendarDuration('7')).toThrow('"7" is not a duration: it has no unit.');
  });

  test('is answered with one of months where words say months', () => {
    expect(() => parseCalendarDuration('6 months')).toThrow(
      '"6 months" is not a duration; did you mean 6M?',
    );
  });
});
