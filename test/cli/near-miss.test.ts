import { expect, test } from 'vitest';
import { nearestWords } from '../../src/cli/near-miss.js';

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
  ['toay', 'today'],
])('%s is near %s', (text, word) => {
  expect(nearestWords(text, WORDS)).toEqual([word]);
});

test.each(['someday', 'tooodey', 'mono', 'no', 'xx', 'yestxxxay', ''])(
  '%s is near none',
  (text) => {
    expect(nearestWords(text, WORDS)).toEqual([]);
  },
);

test.each([
  ['no', 'now', false],
  ['nox', 'now', true],
  ['todxx', 'today', false],
  ['mondxx', 'monday', true],
  ['mondxxx', 'monday', false],
  ['yestexxxy', 'yesterday', false],
])('how many letters may be wrong depends on how many there are: %s, %s', (text, word, isNear) => {
  expect(nearestWords(text, [word])).toEqual(isNear ? [word] : []);
});

test('a swap is one of both letters, not of a letter and another', () => {
  expect(nearestWords('axo', ['aob'])).toEqual([]);
  expect(nearestWords('abo', ['aob'])).toEqual(['aob']);
});

test('of two, the nearer one is meant, and of two as near, either', () => {
  expect(nearestWords('monthz', ['month', 'months'])).toEqual(['month', 'months']);
  expect(nearestWords('fridays', ['mondays', 'friday'])).toEqual(['friday']);
});

test('the dashes of an option make it no longer', () => {
  expect(nearestWords('--tz', ['--to'])).toEqual([]);
  expect(nearestWords('--repp', ['--repo', '--reread'])).toEqual(['--repo']);
});
