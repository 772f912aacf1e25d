import { expect, test } from 'vitest';
import {
  matchesName,
  matchesPath,
  parseWildcard,
  type Segment,
} from '../../../src/repo/tree/wildcard.js';

/** The only segment of a pattern without a slash. */
const segment = (pattern: string): Segment => parseWildcard(pattern).segments[0] as Segment;

test.each([
  ['*?', '\u{1f600}', true],
  ['??', '\u{1f600}', false],
  ['*\u{1f600}*', 'a\u{1f600}b', true],
  ['[\u{1f600}-\u{1f602}]', '\u{1f601}', true],
  ['a*a', 'a', false],
  ['*', '', true],
  ['[[:upper:][:digit:]_]x', '_x', true],
  ['[[:upper:][:digit:]_]x', 'ax', false],
  ['[[:]', ':', true],
  ['[a-c-e]', '-', true],
  ['[a-c-e]', 'd', false],
  ['[\\a-c]', 'b', true],
  ['[c-a]', 'c', true],
])('the pattern %j on the name %j: %j', (pattern, name, matches) => {
  expect(matchesName(segment(pattern), name)).toBe(matches);
});

test.each([
  ['a/**', 'a', false],
  ['a/**', 'a/b', true],
  ['a/**', 'a/b/c', true],
  ['**', 'a', true],
  ['**/a', 'a', true],
  ['**/a', 'b/c/a', true],
  ['**/a', 'ba', false],
  ['a/**/b', 'a/b', true],
  ['a/**/b', 'a/x/y/b', true],
  ['a/**/b', 'a/x/y/c', false],
  ['a/**/b/**', 'a/b', false],
  ['a/**/b/**', 'a/b/b', true],
  ['*', 'a/b', false],
  ['*/b', 'a/b', true],
  ['**a', 'x/a', false],
  ['a/b', 'a', false],
])('the pattern %j on the path %j: %j', (pattern, path, matches) => {
  expect(matchesPath(parseWildcard(pattern).segments, path.split('/'))).toBe(matches);
});

test('no pattern takes longer than the product of its length and the name allows', () => {
  const name = 'a'.repeat(255);
  expect(matchesName(segment(`${'*a'.repeat(60)}*b`), name)).toBe(false);
  const names = Array.from({ length: 500 }, () => name);
  const { segments } = parseWildcard(`${'**/a*/'.repeat(60)}b`);
  expect(matchesPath(segments, names)).toBe(false);
});
