import { format, sub } from 'date-fns';
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { CodedError } from '../../../src/index.js';
import { parseTime } from '../../../src/cli/parse/time.js';
import { renderTimeHelp, TIME_FORMS, TIME_HINT } from '../../../src/cli/time-help.js';
import { runs } from '../../support/seed.js';

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
    expect(parse('3b')).toEqual({ type: 'back', count: 3 });
    expect(parse('LATEST')).toEqual({ type: 'latest' });
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
    expect(parse('@5.1')).toEqual({ type: 'instant', epochMs: 5100 });
    expect(parse('@5.02')).toEqual({ type: 'instant', epochMs: 5020 });
    expect(parse('2026-11-01 18:30:15.4')).toEqual(instant('2026-11-01T18:30:15.400+01:00'));
    expect(parse('2026-11-01 18:30:15.4567899')).toEqual(instant('2026-11-01T18:30:15.456+01:00'));
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

describe('what people type', () => {
  test.each([
    ['3 days ago', '2026-11-01T14:00:00.250+01:00'],
    ['1 hour ago', '2026-11-04T13:00:00.250+01:00'],
    ['an hour ago', '2026-11-04T13:00:00.250+01:00'],
    ['90 mins ago', '2026-11-04T12:30:00.250+01:00'],
    ['two weeks ago', '2026-10-21T14:00:00.250+02:00'],
    ['1 week 2 days ago', '2026-10-26T14:00:00.250+01:00'],
    ['1 Week and 2 Days Ago', '2026-10-26T14:00:00.250+01:00'],
    ['3D ago', '2026-11-01T14:00:00.250+01:00'],
    ['0 days ago', '2026-11-04T14:00:00.250+01:00'],
    ['last week', '2026-10-28T14:00:00.250+01:00'],
    ['last month', '2026-10-04T14:00:00.250+02:00'],
    ['Last Week', '2026-10-28T14:00:00.250+01:00'],
    ['NOW', '2026-11-04T14:00:00.250+01:00'],
    ['Yesterday AT Noon', '2026-11-03T12:00:00+01:00'],
    ['TODAY', '2026-11-04T00:00:00+01:00'],
    ['19991231', '1999-12-31T00:00:00+01:00'],
    ['20000229', '2000-02-29T00:00:00+01:00'],
    ['last year', '2025-11-04T14:00:00.250+01:00'],
    ['2026-11', '2026-11-01T00:00:00+01:00'],
    ['nov 2026', '2026-11-01T00:00:00+01:00'],
    ['2026-11 18:30', '2026-11-01T18:30:00+01:00'],
    ['20261101', '2026-11-01T00:00:00+01:00'],
    ['20261101T1830', '2026-11-01T18:30:00+01:00'],
    ['20261101T183015Z', '2026-11-01T18:30:15Z'],
    ['20261101 18:30', '2026-11-01T18:30:00+01:00'],
    ['1 nov', '2026-11-01T00:00:00+01:00'],
    ['Nov 1', '2026-11-01T00:00:00+01:00'],
    ['4 nov', '2026-11-04T00:00:00+01:00'],
    ['5 nov', '2025-11-05T00:00:00+01:00'],
    ['4 nov 15:00', '2025-11-04T15:00:00+01:00'],
    ['feb 29', '2024-02-29T00:00:00+01:00'],
    ['1 November 2025', '2025-11-01T00:00:00+01:00'],
    ['Nov 1, 2025 9pm', '2025-11-01T21:00:00+01:00'],
    ['14:00', '2026-11-04T14:00:00+01:00'],
    ['14:01', '2026-11-03T14:01:00+01:00'],
    ['21:47', '2026-11-03T21:47:00+01:00'],
    ['9:05', '2026-11-04T09:05:00+01:00'],
    ['noon', '2026-11-04T12:00:00+01:00'],
    ['midnight', '2026-11-04T00:00:00+01:00'],
    ['yesterday noon', '2026-11-03T12:00:00+01:00'],
    ['yesterday at 9:30 pm', '2026-11-03T21:30:00+01:00'],
    ['12am', '2026-11-04T00:00:00+01:00'],
    ['12pm', '2026-11-04T12:00:00+01:00'],
  ])('%s is %s', (text, iso) => {
    expect(parse(text)).toEqual(instant(iso));
  });

  test.each(['2026', '202611', '12345678', '18991231', '21000101', '202611010'])(
    '%s is a snapshot, because only eight digits of this or the last century are a day',
    (text) => {
      expect(parse(text)).toEqual({ type: 'snapshot', number: Number(text) });
    },
  );

  test('every form of the help is one, and every day of it may have a time', () => {
    for (const form of TIME_FORMS.flatMap(([forms]) => forms.split(', '))) {
      const point = parse(form);
      expect(point, form).toHaveProperty('type');
      if (!/^(?:\d{4}|\d{8}|[a-z\d]+ nov.*|nov.*|.*day)/.test(form) || /:|T/.test(form)) continue;
      if (/ago$/.test(form)) continue;
      expect(parse(`${form} 00:01`), form).toMatchObject({ type: 'instant' });
    }
    expect(TIME_FORMS.length).toBeGreaterThan(12);
  });
});

describe('a change of the clock', () => {
  const at = (iso: string) => new Date(iso);

  test('of a time that comes twice, the last that has come is meant', () => {
    const twice = '02:30';
    expect(parseTime(twice, at('2026-10-25T02:40:00+01:00'))).toEqual(
      instant('2026-10-25T02:30:00+01:00'),
    );
    expect(parseTime(twice, at('2026-10-25T02:20:00+01:00'))).toEqual(
      instant('2026-10-25T02:30:00+02:00'),
    );
    expect(parseTime(twice, at('2026-10-25T02:20:00+02:00'))).toEqual(
      instant('2026-10-24T02:30:00+02:00'),
    );
  });

  test('a time that is now has come, whichever of two it is', () => {
    for (const [text, iso] of [
      ['02:30', '2026-10-25T02:30:00+01:00'],
      ['02:30', '2026-10-25T02:30:00+02:00'],
      ['14:00', '2026-11-04T14:00:00+01:00'],
      ['wednesday 14:00', '2026-11-04T14:00:00+01:00'],
      ['4 nov 14:00', '2026-11-04T14:00:00+01:00'],
      ['wednesday', '2026-11-04T00:00:00+01:00'],
    ] as const) {
      expect(parseTime(text, at(iso)), text).toEqual(instant(iso));
    }
  });

  test('a time that was yesterday, on a day that does not have it, is of the day before that', () => {
    expect(parseTime('02:30', at('2026-03-30T01:00:00+02:00'))).toEqual(
      instant('2026-03-28T02:30:00+01:00'),
    );
  });

  test('the 29th of February is looked for in eight years, as at the turn of a century', () => {
    for (const now of ['2101-01-01T00:00:00Z', '2104-02-28T12:00:00Z']) {
      expect(parseTime('feb 29', at(now))).toEqual(instant('2096-02-29T00:00:00+01:00'));
    }
  });

  test('a time that a day does not have is that of the day before', () => {
    expect(parseTime('02:30', at('2026-03-29T12:00:00+02:00'))).toEqual(
      instant('2026-03-28T02:30:00+01:00'),
    );
  });

  test('a plain time is the last moment that a clock on the wall showed it', () => {
    // Half an hour of summer time in Lord Howe; days that begin at one o'clock in São Paulo.
    const zone = fc.constantFrom(
      'Europe/Berlin',
      'UTC',
      'Australia/Lord_Howe',
      'America/Sao_Paulo',
      'Asia/Kathmandu',
    );
    const anytime = fc.integer({ min: Date.UTC(2017) / 1000, max: Date.UTC(2027) / 1000 });
    // Clocks are set back in the first night of April, of October's end, and in mid-February.
    const changes = [Date.UTC(2017, 3, 1, 15), Date.UTC(2026, 9, 25, 1), Date.UTC(2018, 1, 18, 2)];
    const near = fc
      .tuple(fc.constantFrom(...changes), fc.integer({ min: -5 * 3600, max: 30 * 3600 }))
      .map(([change, after]) => change / 1000 + after);
    const seconds = fc.oneof(anytime, near);
    fc.assert(
      fc.property(zone, seconds, fc.nat({ max: 23 }), fc.nat({ max: 59 }), (tz, s, h, m) => {
        vi.stubEnv('TZ', tz);
        const text = `${String(h).padStart(2, '0')}:${String(m).padStart(2, '0')}`;
        const point = parseTime(text, new Date(s * 1000));
        let shown = Math.floor(s / 60) * 60;
        while (format(shown * 1000, 'HH:mm') !== text) shown -= 60;
        expect(point).toEqual({ type: 'instant', epochMs: shown * 1000 });
      }),
      runs(100),
    );
    vi.stubEnv('TZ', 'Europe/Berlin');
  });

  test('a clock that is set back by half an hour shows only that half twice', () => {
    vi.stubEnv('TZ', 'Australia/Lord_Howe');
    for (const [text, now, iso] of [
      ['23:00', '2017-04-01T23:39:00+11:00', '2017-04-01T23:00:00+11:00'],
      ['23:00', '2017-04-01T23:20:00+11:00', '2017-04-01T23:00:00+11:00'],
      ['01:20', '2017-04-02T01:45:00+10:30', '2017-04-02T01:20:00+11:00'],
      ['01:40', '2017-04-02T01:45:00+10:30', '2017-04-02T01:40:00+10:30'],
      ['01:40', '2017-04-02T01:50:00+11:00', '2017-04-02T01:40:00+11:00'],
    ] as const) {
      expect(parseTime(text, at(now)), text).toEqual(instant(iso));
    }
    vi.stubEnv('TZ', 'Europe/Berlin');
  });

  test('a day without a time is its first moment, one that begins at one o’clock too', () => {
    vi.stubEnv('TZ', 'America/Sao_Paulo');
    for (const text of ['2018-11-04', '20181104', 'nov 4 2018']) {
      expect(parse(text)).toEqual(instant('2018-11-04T01:00:00-02:00'));
    }
    // The most recent one is such a day, too.
    for (const text of ['sunday', 'last sunday', 'nov 4', '4 november']) {
      expect(parseTime(text, new Date('2018-11-06T12:00:00Z')), text).toEqual(
        instant('2018-11-04T01:00:00-02:00'),
      );
    }
    vi.stubEnv('TZ', 'Europe/Berlin');
  });
});

describe('wrong text', () => {
  test.each([
    '',
    'someday',
    'last',
    'last hour',
    'last yesterday',
    'now 12:00',
    '3X',
    '-3D',
    '2026-13-01',
    '2026-02-30',
    '2026-11-01 25:00',
    '2026-11-01Z',
    '18:30Z',
    'monday 18:30+01:00',
    '1 nov 18:30Z',
    '1 nov 2',
    'no 1',
    '1 nove 12 2026',
    '2026-11-01T18:30+25:00',
    'yesterday 24:00',
    '@',
    '@-5',
    '@9999999999999',
    '12 13',
  ])('"%s" is refused', (text) => {
    expect(() => parse(text)).toThrow(expect.objectContaining({ code: 'USAGE_TIME' }));
  });

  test.each([
    ['2026-13-01', '"2026-13-01" is not a date: there is no month 13.'],
    ['2026-00-10', '"2026-00-10" is not a date: there is no month 00.'],
    ['20261301', '"20261301" is not a date: there is no month 13.'],
    ['2026-13', '"2026-13" is not a date: there is no month 13.'],
    ['2026-02-30', '"2026-02-30" is not a date: February 2026 has 28 days.'],
    ['2026-11-31', '"2026-11-31" is not a date: November has 30 days.'],
    ['2026-10-00', '"2026-10-00" is not a date: there is no day 00.'],
    ['31 nov', '"31 nov" is not a date: November has 30 days.'],
    ['feb 30', '"feb 30" is not a date: February has 29 days.'],
    ['feb 29 2025', '"feb 29 2025" is not a date: February 2025 has 28 days.'],
    ['25:00', '"25:00" is not a time: there is no hour 25.'],
    ['24:00', '"24:00" is not a time: there is no hour 24.'],
    ['2026-11-28 24:61', '"2026-11-28 24:61" is not a time: there is no hour 24.'],
    ['2026-11-28 23:60', '"2026-11-28 23:60" is not a time: there is no minute 60.'],
    ['yesterday 23:59:60', '"yesterday 23:59:60" is not a time: there is no second 60.'],
    ['0pm', '"0pm" is not a time: there is no hour 0 pm.'],
    ['13 pm', '"13 pm" is not a time: there is no hour 13 pm.'],
    ['2026-11-28T21:47+24:00', '"2026-11-28T21:47+24:00" is not a time: there is no zone +24:00.'],
    ['2026-11-28T21:47-01:60', '"2026-11-28T21:47-01:60" is not a time: there is no zone -01:60.'],
    ['999999999Y', '"999999999Y" is not a time: no calendar goes back that far.'],
    ['@9999999999999', '"@9999999999999" is not a time: no calendar goes that far.'],
    ['in 3 days', '"in 3 days" is in the future, and TIME is a point in the past.'],
    ...['after noon', 'until monday', 'next', 'IN 2 days', ' tomorrow 9:00'].map((text) => [
      text,
      `"${text}" is in the future, and TIME is a point in the past.`,
    ]),
    ['tomorrow', '"tomorrow" is in the future, and TIME is a point in the past.'],
    ['next week', '"next week" is in the future, and TIME is a point in the past.'],
    ['11/28/2026', '"11/28/2026" is not a time: a date is year, month and day, as in 2026-11-28.'],
    ['3X', '"3X" is not a time: the units are s m h D W M Y, and B for backups.'],
    [' ', 'An empty text is not a time.'],
    ['mo', '"mo" is not a time.'],
    ['3x', '"3x" is not a time: the units are s m h D W M Y, and B for backups.'],
    ['28.11', '"28.11" is not a time.'],
    ['1/5/2026', '"1/5/2026" is not a time: a date is year, month and day, as in 2026-11-28.'],
  ])('the first line about "%s" is: %s', (text, message) => {
    expect(() => parse(text)).toThrow(expect.objectContaining({ message }) as Error);
  });

  test.each([
    ['3 day', '3 days ago'],
    ['3days', '3 days ago'],
    ['3 dayz ago', '3 days ago'],
    ['an our ago', '1 hour ago'],
    ['3 D', '3D'],
    ['-3D', '3D'],
    ['yesteday', 'yesterday'],
    ['yesetrday 18:00', 'yesterday 18:00'],
    ['lateset', 'latest'],
    ['last wek', 'last week'],
    ['mon', 'monday'],
    ['thur', 'thursday'],
    ['2026-1', '2026-01'],
    ['yesterday 9h05', 'yesterday 9:05'],
    ['last fri 12:00', 'last friday 12:00'],
    ['2026-1-5', '2026-01-05'],
    ['2026/11/28', '2026-11-28'],
    ['5.1.2026', '2026-01-05'],
    ['18.30', '18:30'],
    ['yesterday 18.30', 'yesterday 18:30'],
    ['2026-11-28 2147', '2026-11-28 21:47'],
    ['28 novembr', '28 november'],
  ])('"%s" is answered with "%s"', (text, meant) => {
    const message = `"${text}" is not a time; did you mean "${meant}"?`;
    expect(() => parse(text)).toThrow(expect.objectContaining({ message }) as Error);
    expect(parse(meant)).toHaveProperty('type');
  });

  test('whatever is suggested is a time', () => {
    const piece = fc.constantFrom(
      ...[
        '3',
        '12',
        '-',
        ' ',
        '.',
        ':',
        '/',
        'day',
        'wek',
        'lst',
        'yestrday',
        'nov',
        'ago',
        '2026',
      ],
    );
    fc.assert(
      fc.property(fc.array(piece, { minLength: 1, maxLength: 6 }), (pieces) => {
        try {
          parse(pieces.join(''));
        } catch (error) {
          const [, meant] = /did you mean "(.*)"\?$/.exec((error as Error).message) ?? [];
          if (meant !== undefined) expect(parse(meant)).toHaveProperty('type');
        }
      }),
    );
  });

  test('the message shows the text and the accepted forms', () => {
    const wrong = expect.objectContaining({
      message: '"someday" is not a time.',
      hint: expect.stringContaining(TIME_HINT) as string,
    }) as Error;
    expect(() => parse('someday')).toThrow(wrong);
  });

  test('the help says which moment a day without a time is', () => {
    expect(renderTimeHelp(80)).toContain(
      '2026-11-01                  the start of that day, midnight',
    );
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
