import { format, sub } from 'date-fns';
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { CodedError } from '../../../src/index.js';
import { parseTime } from '../../../src/cli/parse/time.js';
import { TIME_HELP } from '../../../src/cli/time-help.js';

// Berlin left summer time on 2026-10-25; 2026-11-04 is a Wednesday.
vi.stubEnv('TZ', 'Europe/Berlin');

const NOW = new Date('2026-11-04T14:00:00.250+01:00');
const parse = (text: string) => parseTime(text, NOW);
const instant = (iso: string) => ({ type: 'instant', epochMs: Date.parse(iso) });

describe('points without a clock', () => {
  test('latest is the latest', () => {
    expect(parse('latest')).toEqual({ type: 'latest' });
  });

  test('a plain number is a snapshot', () => {
    expect(parse('12')).toEqual({ type: 'snapshot', number: 12 });
  });

  test('3B is three backups back', () => {
    expect(parse('3B')).toEqual({ type: 'back', count: 3 });
  });

  test('0B is no backup back', () => {
    expect(parse('0B')).toEqual({ type: 'back', count: 0 });
  });
});

describe('ages', () => {
  test.each([
    ['90m', '2026-11-04T12:30:00.250+01:00'],
    ['36h', '2026-11-03T02:00:00.250+01:00'],
    ['45s', '2026-11-04T13:59:15.250+01:00'],
    ['3D', '2026-11-01T14:00:00.250+01:00'],
    ['1W2D', '2026-10-26T14:00:00.250+01:00'],
    ['1h30m', '2026-11-04T12:30:00.250+01:00'],
    ['1M', '2026-10-04T14:00:00.250+02:00'],
    ['1Y', '2025-11-04T14:00:00.250+01:00'],
    ['2d', '2026-11-02T14:00:00.250+01:00'],
  ])('%s ago is %s', (text, iso) => {
    expect(parse(text)).toEqual(instant(iso));
  });

  test('days keep the time of day across the end of summer time', () => {
    expect(parse('2W')).toEqual(instant('2026-10-21T14:00:00.250+02:00'));
  });

  test('a month before the 31st is the last day of a shorter month', () => {
    expect(parseTime('1M', new Date('2026-03-31T10:00:00+02:00'))).toEqual(
      instant('2026-02-28T10:00:00+01:00'),
    );
  });

  test('an age before all dates is no time', () => {
    expect(() => parse('999999999Y')).toThrow(expect.objectContaining({ code: 'USAGE_TIME' }));
  });

  test('every age is what date-fns subtracts', () => {
    const amount = fc.integer({ min: 0, max: 50 });
    fc.assert(
      fc.property(amount, amount, amount, amount, (years, months, days, minutes) => {
        expect(parse(`${years}Y${months}M${days}D${minutes}m`)).toEqual({
          type: 'instant',
          epochMs: sub(NOW, { years, months, days, minutes }).getTime(),
        });
      }),
    );
  });
});

describe('dates', () => {
  test.each([
    ['2026-11-01', '2026-11-01T00:00:00+01:00'],
    ['2026-10-25', '2026-10-25T00:00:00+02:00'],
    ['2026-11-01 18:30', '2026-11-01T18:30:00+01:00'],
    ['2026-11-01 18:30:15', '2026-11-01T18:30:15+01:00'],
    ['  2026-11-01   18:30 ', '2026-11-01T18:30:00+01:00'],
    ['2026-11-01T18:30:15', '2026-11-01T18:30:15+01:00'],
    ['2026-11-01T18:30Z', '2026-11-01T18:30:00Z'],
    ['2026-11-01t18:30:15z', '2026-11-01T18:30:15Z'],
    ['2026-11-01T18:30:15.123-05:00', '2026-11-01T18:30:15.123-05:00'],
    ['2026-11-01T18:30:15+0530', '2026-11-01T18:30:15+05:30'],
    ['2026-11-01 18:30:15 +02', '2026-11-01T18:30:15+02:00'],
  ])('%s is %s', (text, iso) => {
    expect(parse(text)).toEqual(instant(iso));
  });

  test('seconds since the epoch follow an @', () => {
    expect(parse('@1793554215')).toEqual({ type: 'instant', epochMs: 1_793_554_215_000 });
  });

  test('parts of a second are kept to the millisecond', () => {
    expect(parse('@1793554215.1239')).toEqual({ type: 'instant', epochMs: 1_793_554_215_123 });
  });

  test('what tables print can be pasted', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4_000_000_000 }), (seconds) => {
        const shown = format(seconds * 1000, 'yyyy-MM-dd HH:mm:ss');
        const point = parse(shown);
        expect(point.type === 'instant' && format(point.epochMs, 'yyyy-MM-dd HH:mm:ss')).toBe(
          shown,
        );
      }),
    );
  });
});

describe('words', () => {
  test.each([
    ['now', '2026-11-04T14:00:00.250+01:00'],
    ['today', '2026-11-04T00:00:00+01:00'],
    ['today 08:00', '2026-11-04T08:00:00+01:00'],
    ['yesterday', '2026-11-03T00:00:00+01:00'],
    ['yesterday 18:00', '2026-11-03T18:00:00+01:00'],
    ['Yesterday 9:05:07', '2026-11-03T09:05:07+01:00'],
    ['monday', '2026-11-02T00:00:00+01:00'],
    ['Monday 12:00', '2026-11-02T12:00:00+01:00'],
    ['thursday', '2026-10-29T00:00:00+01:00'],
    ['last friday', '2026-10-30T00:00:00+01:00'],
    ['wednesday', '2026-11-04T00:00:00+01:00'],
    ['last wednesday', '2026-10-28T00:00:00+01:00'],
    ['wednesday 13:00', '2026-11-04T13:00:00+01:00'],
    ['wednesday 15:00', '2026-10-28T15:00:00+01:00'],
    ['last wednesday 13:00', '2026-10-28T13:00:00+01:00'],
    ['saturday 18:00', '2026-10-31T18:00:00+01:00'],
    ['sunday', '2026-11-01T00:00:00+01:00'],
  ])('%s is %s', (text, iso) => {
    expect(parse(text)).toEqual(instant(iso));
  });
});

describe('wrong text', () => {
  test.each([
    '',
    'someday',
    'last',
    'last week',
    'last yesterday',
    'now 12:00',
    '3X',
    '-3D',
    '2026-13-01',
    '2026-02-30',
    '2026-11-01 25:00',
    '2026-11-01Z',
    '2026-11-01T18:30+25:00',
    'yesterday 24:00',
    '@',
    '@-5',
    '@9999999999999',
    '12 13',
  ])('"%s" is refused', (text) => {
    expect(() => parse(text)).toThrow(expect.objectContaining({ code: 'USAGE_TIME' }));
  });

  test('the message shows the text and the accepted forms', () => {
    const wrong = expect.objectContaining({
      message: '"someday" is not a time.',
      hint: expect.stringContaining(TIME_HELP) as string,
    }) as Error;
    expect(() => parse('someday')).toThrow(wrong);
  });

  test('the help says which moment a day without a time is', () => {
    expect(TIME_HELP).toContain('2026-11-01                  the start of that day, midnight');
  });

  test('no text makes anything but a time point or a USAGE_TIME', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme-ascii' }), (text) => {
        try {
          expect(parse(text)).toHaveProperty('type');
        } catch (error) {
          expect(error).toBeInstanceOf(CodedError);
        }
      }),
    );
  });
});
