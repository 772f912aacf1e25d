import { describe, expect, test } from 'vitest';
import { AGE_WORDS, formatAge, parseAge, parseSpokenAge } from '../../../src/cli/parse/age.js';

const UNITS = {
  seconds: { letters: 'sS', words: ['second', 'seconds', 'sec', 'secs'] },
  minutes: { letters: 'm', words: ['minute', 'minutes', 'min', 'mins'] },
  hours: { letters: 'hH', words: ['hour', 'hours', 'hr', 'hrs'] },
  days: { letters: 'dD', words: ['day', 'days'] },
  weeks: { letters: 'wW', words: ['week', 'weeks'] },
  months: { letters: 'M', words: ['month', 'months'] },
  years: { letters: 'yY', words: ['year', 'years'] },
} as const;
const NUMBERS = ['one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten'];

describe.each(Object.entries(UNITS))('%s', (unit, { letters, words }) => {
  test('have their letters', () => {
    for (const letter of letters) {
      expect(parseAge(`3${letter}`), letter).toEqual({ [unit]: 3 });
      expect(parseAge(`2${letter}3${letter}`), letter).toEqual({ [unit]: 5 });
    }
  });

  test('have their words, in either case', () => {
    for (const word of words) {
      expect(parseSpokenAge(`3 ${word}`), word).toEqual({ [unit]: 3 });
      expect(parseSpokenAge(`An ${word.toUpperCase()}`), word).toEqual({ [unit]: 1 });
      expect(AGE_WORDS).toContain(word);
    }
  });
});

test('numbers may be words up to ten, and one may be a or an', () => {
  NUMBERS.forEach((word, i) => {
    expect(parseSpokenAge(`${word} days`), word).toEqual({ days: i + 1 });
    expect(AGE_WORDS).toContain(word);
  });
  expect(parseSpokenAge('a day')).toEqual({ days: 1 });
  for (const none of ['eleven days', 'the days', ' days', 'days', 'three', '3', '3 dayz', '']) {
    expect(parseSpokenAge(none), none).toBeUndefined();
  }
});

test('spoken parts are parted by a number or by and, and every one must say something', () => {
  const age = { weeks: 1, days: 2 };
  for (const text of ['1 week 2 days', '1 week and 2 days', 'one week and two days']) {
    expect(parseSpokenAge(text)).toEqual(age);
  }
  expect(parseSpokenAge('1 day 2 days and 3 days')).toEqual({ days: 6 });
  expect(parseSpokenAge('1 week and')).toBeUndefined();
  expect(parseSpokenAge('1 week one day')).toBeUndefined();
});

test('nine digits are the most of a number', () => {
  expect(parseAge('999999999s')).toEqual({ seconds: 999_999_999 });
  expect(parseAge('1000000000s')).toBeUndefined();
  expect(parseSpokenAge('999999999 days')).toEqual({ days: 999_999_999 });
  expect(parseSpokenAge('1000000000 days')).toBeUndefined();
});

test.each(['', 's', '3', '3x', '3 s', '-3s', '3s ', '1.5h', '3B'])('"%s" is no age', (text) => {
  expect(parseAge(text)).toBeUndefined();
});

test('an age is written with the letter that reads it, the longest unit first', () => {
  const age = { seconds: 7, minutes: 6, hours: 5, days: 4, weeks: 3, months: 2, years: 1 };
  expect(formatAge(age)).toBe('1Y2M3W4D5h6m7s');
  expect(parseAge(formatAge(age))).toEqual(age);
  expect(formatAge({ days: 0 })).toBe('0D');
});
