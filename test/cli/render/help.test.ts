import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  describeExamples,
  describeTerm,
  wrapLines,
  wrapText,
} from '../../../src/cli/render/help.js';
import { runs } from '../../support/seed.js';

test('text breaks at the last space that fits', () => {
  expect(wrapText('one two three', 7)).toEqual(['one two', 'three']);
  expect(wrapText('one two three', 6)).toEqual(['one', 'two', 'three']);
  expect(wrapText('unbreakable word', 4)).toEqual(['unbreakable', 'word']);
});

test('a meaning stands beside its term, and below it where that leaves less than 30 columns', () => {
  const beside = describeTerm('--at', 'a point in time', { termWidth: 6, columns: 40 });
  expect(beside).toEqual(['  --at    a point in time']);
  const wrapped = describeTerm('--at', 'a point in time that is long', {
    termWidth: 6,
    columns: 40,
  });
  expect(wrapped).toEqual(['  --at    a point in time that is long']);
  const below = describeTerm('--at', 'a point in time that is long', { termWidth: 6, columns: 39 });
  expect(below).toEqual(['  --at', '      a point in time that is long']);
});

test('a term longer than its column is kept whole, above its meaning', () => {
  expect(describeTerm('a long term', 'm', { termWidth: 4, columns: 80 })).toEqual([
    '  a long term',
    `${' '.repeat(8)}m`,
  ]);
});

test('a term as long as its column has its meaning beside it', () => {
  expect(describeTerm('term', 'm', { termWidth: 4, columns: 80 })).toEqual(['  term  m']);
});

test('a term that is too long for where it stands goes on further in', () => {
  const columns = 24;
  expect(describeTerm('-l, --long <some value or other>', 'm', { termWidth: 40, columns })).toEqual(
    ['  -l, --long <some', '      value or other>', '      m'],
  );
});

test('an example has its meaning beside it to the last column', () => {
  const examples = [['varve ls', 'lists']] as const;
  expect(describeExamples(examples, 19)).toBe('Example:\n  varve ls  # lists');
  expect(describeExamples(examples, 18)).toBe('Example:\n  # lists\n  varve ls');
  expect(describeExamples(examples, 10)).toBe('Example:\n  # lists\n  varve ls');
  expect(describeExamples([...examples, ['varve', 'all']], 19)).toBe(
    'Examples:\n  varve ls  # lists\n  varve     # all',
  );
});

test('examples at any width are no wider, and a shell reads the commands that were meant', () => {
  const words = fc.array(fc.stringMatching(/^[a-z]{1,9}$/), { minLength: 1, maxLength: 12 });
  const example = fc
    .tuple(words, words)
    .map(([line, what]) => [line.join(' '), what.join(' ')] as const);
  const examples = fc.array(example, { minLength: 1, maxLength: 3 });
  fc.assert(
    fc.property(examples, fc.integer({ min: 20, max: 60 }), (list, columns) => {
      const [, ...lines] = describeExamples(list, columns).split('\n');
      for (const line of lines) expect(line.length).toBeLessThanOrEqual(columns);
      const read = lines
        .join('\n')
        .replaceAll(/ \\\n +/g, ' ')
        .split('\n');
      const commands = read.map((line) => line.replace(/# .*/, '').trim()).filter(Boolean);
      expect(commands).toEqual(list.map(([line]) => line));
    }),
    runs(300),
  );
});

test('an example that is too long goes on as a shell reads it', () => {
  expect(describeExamples([['varve prune -n --keep-daily 7', 'what would go']], 24)).toBe(
    ['Example:', '  # what would go', '  varve prune -n \\', '      --keep-daily 7'].join('\n'),
  );
  expect(describeExamples([['varve ls', 'lists']], 24)).toBe('Example:\n  varve ls  # lists');
});

test('no word is lost or changed, and no line is wider than asked for but one of a single word', () => {
  const words = fc.array(fc.stringMatching(/^[a-z]{1,12}$/), { minLength: 1, maxLength: 30 });
  const columns = fc.integer({ min: 20, max: 200 });
  fc.assert(
    fc.property(words, columns, fc.integer({ min: 4, max: 40 }), (text, width, termWidth) => {
      const lines = describeTerm('--term', text.join(' '), { termWidth, columns: width });
      expect(lines.join(' ').split(/ +/).filter(Boolean)).toEqual(['--term', ...text]);
      for (const line of lines) expect(line.length).toBeLessThanOrEqual(width);
    }),
  );
});

test.each([
  ['short', 10, 'short'],
  ['no longer than it', 17, 'no longer than it'],
  ['a line that is broken', 12, 'a line that\nis broken'],
  ['  as far in as it began', 12, '  as far in\n  as it\n  began'],
  ['one\ntwo and three', 8, 'one\ntwo and\nthree'],
  ['/a/path/that/has/no/blank at all', 10, '/a/path/that/has/no/blank\nat all'],
])('running text (%j) in %i columns', (text, columns, lines) => {
  expect(wrapLines(text, columns)).toBe(lines);
});

test('running text stays as it is where the width is not known', () => {
  expect(wrapLines('a b '.repeat(100))).toBe('a b '.repeat(100));
});
