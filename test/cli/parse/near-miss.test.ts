import { expect, test } from 'vitest';
import { nearestWord } from '../../../src/cli/parse/near-miss.js';

const WORDS = ['yesterday', 'today', 'noon', 'now', 'ago'];

test.each([
  ['yesterday', 'yesterday'],
  ['yesteday', 'yesterday'],
  ['yesterrday', 'yesterday'],
  ['yesetrday', 'yesterday'],
  ['yestedray', 'yesterday'],
  ['yetserdya', 'yesterday'],
  ['tdoay', 'today'],
  ['toady', 'today'],
  ['noom', 'noon'],
  ['nwo', 'now'],
])('%s is near %s', (text, word) => {
  expect(nearestWord(text, WORDS)).toBe(word);
});

test.each(['someday', 'tooodey', 'mono', 'no', 'xx', 'yestxxxay', ''])(
  '%s is near none',
  (text) => {
    expect(nearestWord(text, WORDS)).toBeUndefined();
  },
);

test('of two, the nearer one is meant, and of two as near, the first', () => {
  expect(nearestWord('monthz', ['month', 'months'])).toBe('month');
  expect(nearestWord('fridays', ['mondays', 'friday'])).toBe('friday');
});
