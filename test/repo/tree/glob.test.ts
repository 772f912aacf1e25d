import { expect, test } from 'vitest';
import { compileGlob } from '../../../src/repo/tree/glob.js';

test.each([
  ['report.txt', 'report.txt', true],
  ['report.txt', 'report-txt', false],
  ['*.txt', 'a.txt', true],
  ['*.txt', '.txt', true],
  ['*.txt', 'a.txt.old', false],
  ['*', 'line\nbreak', true],
  ['?', 'é', true],
  ['?', '\u{1f600}', true],
  ['?', '\udcff', true],
  ['?', 'ab', false],
  ['[a-c]x', 'bx', true],
  ['[!a-c]x', 'bx', false],
  ['[^a-c]x', 'dx', true],
  ['[]a]', ']', true],
  ['[a\\]]', ']', true],
  ['[a-]', '-', true],
  ['[c-a]', 'b', false],
  ['[', '[', true],
  ['a[1', 'a[1', true],
  ['\\*', '*', true],
  ['\\*', 'a', false],
  ['a\\', 'a\\', true],
  ['{a,b}', 'a', false],
  ['a+(b)', 'a+(b)', true],
  ['!a', '!a', true],
  ['#a', '#a', true],
])('the pattern %j on the name %j: %j', (pattern, name, matches) => {
  const glob = compileGlob(pattern);
  expect(glob.subject).toBe('name');
  expect(glob.matches(name)).toBe(matches);
});

test.each([
  ['/home/*.txt', '/home/a.txt', true],
  ['/home/*.txt', '/home/x/a.txt', false],
  ['/home/**/*.txt', '/home/a.txt', true],
  ['/home/**/*.txt', '/home/x/y/a.txt', true],
  ['/home/**', '/home/x/y', true],
  ['/home/**', '/home', false],
  ['x/*.txt', '/home/x/a.txt', true],
  ['x/*.txt', '/home/xx/a.txt', false],
  ['**/a.txt', '/home/x/a.txt', true],
  ['x?a.txt', '/home/x/a.txt', false],
  ['/ho**e/a', '/home/a', true],
  ['/a[+-9]b', '/a/b', false],
  ['/a[!x]b', '/a/b', false],
  // Without wildcards: a part of the path that reaches into its last name.
  ['home/a', '/home/a', true],
  ['home/a', '/home/abc', true],
  ['e/a', '/home/abc', true],
  ['home/a', '/home/a/x', false],
  ['home/a', '/home/a/a', false],
  ['home/a', '/home/a/home/ab', true],
  ['home/a', '/home/b', false],
])('the pattern %j on the path %j: %j', (pattern, path, matches) => {
  expect(compileGlob(pattern).matches(path)).toBe(matches);
});

test.each([
  ['report.txt', { type: 'holds', text: 'report.txt' }],
  ['report\\.txt', { type: 'equals', text: 'report.txt' }],
  ['/x/**/re\\port', { type: 'equals', text: 'report' }],
  ['report-*.txt', { type: 'begins', text: 'report-' }],
  ['*a*long?b', { type: 'holds', text: 'long' }],
  ['*[abc]*', { type: 'any' }],
  ['/home/**', { type: 'any' }],
])('names that match %j: %j', (pattern, name) => {
  expect(compileGlob(pattern).name).toEqual(name);
});

test('a slash at the end finds directories only', () => {
  expect(compileGlob('cache/')).toMatchObject({ subject: 'name', isDirectoryOnly: true });
  expect(compileGlob('cache')).toMatchObject({ isDirectoryOnly: false });
});

test.each(['', '/', '//'])('the pattern %j names nothing', (pattern) => {
  expect(() => compileGlob(pattern)).toThrow(
    expect.objectContaining({
      code: 'USAGE_PATTERN',
      message: `The pattern "${pattern}" names nothing.`,
    }),
  );
});
