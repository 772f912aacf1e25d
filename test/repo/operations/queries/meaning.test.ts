import { describe, expect, test } from 'vitest';
import { meaningIn, meaningsOf } from '../../../../src/repo/operations/queries/meaning.js';
import { createHistory } from '../../../support/history.js';

const history = createHistory([
  { host: 'one', roots: ['/a', '/b'], snapshots: [1] },
  { host: 'two', roots: ['/here', '/c'], snapshots: [2] },
]);
const { platform, sources } = history;
const places = [history.place(1, 1), history.place(2, 2)];

test.each([
  ['/x/y', '/x/y', [[], []]],
  [
    'x',
    '/here/x',
    [
      ['/a/x', '/b/x'],
      ['/here/x', '/c/x'],
    ],
  ],
  [
    'x/y//',
    '/here/x/y',
    [
      ['/a/x/y', '/b/x/y'],
      ['/here/x/y', '/c/x/y'],
    ],
  ],
  [
    '././/x',
    '/here/x',
    [
      ['/a/x', '/b/x'],
      ['/here/x', '/c/x'],
    ],
  ],
  [
    'caf\u00e9',
    '/here/caf\xc3\xa9',
    [
      ['/a/caf\xc3\xa9', '/b/caf\xc3\xa9'],
      ['/here/caf\xc3\xa9', '/c/caf\xc3\xa9'],
    ],
  ],
])('%s may mean what it is, and what is below each root', (text, absolute, below) => {
  const meanings = meaningsOf(platform, text);
  expect(meanings.absolute).toBe(absolute);
  expect(sources.map((source) => meanings.below(source))).toEqual(below);
});

describe('of what may be meant', () => {
  /** What is meant where these paths are there, each in a source: `1 /a/x`. */
  const meant = (text: string, ...there: string[]) =>
    meaningIn(platform, places, text, ({ source }, path) => there.includes(`${source.id} ${path}`));

  test('the path that it is goes before all others', () => {
    expect(meant('x', '1 /a/x', '2 /here/x')).toBe('/here/x');
    expect(meant('/x', '2 /x')).toBe('/x');
  });

  test('the only other one is taken, in whichever source, and be it in two', () => {
    expect(meant('x', '1 /b/x')).toBe('/b/x');
    expect(meant('x', '2 /c/x')).toBe('/c/x');
    const twice = [history.place(1, 1), history.place(1, 1)];
    expect(meaningIn(platform, twice, 'x', (_, path) => path === '/b/x')).toBe('/b/x');
  });

  test('nothing is, where nothing is there', () => {
    expect(meant('x')).toBeUndefined();
    expect(meant('/x', '1 /a/x')).toBeUndefined();
  });

  test.each([
    [
      'two sources',
      ['1 /a/x', '2 /c/x'],
      '  1  one:/a/x  (snapshot 1)\n  2  two:/c/x  (snapshot 2)',
    ],
    ['two roots', ['1 /a/x', '1 /b/x'], '  1  one:/a/x  (snapshot 1)\n  1  one:/b/x  (snapshot 1)'],
  ])('what is in %s is refused, and listed', (_, there, list) => {
    expect(() => meant('x', ...there)).toThrow(
      expect.objectContaining({
        code: 'SOURCE_AMBIGUOUS',
        message: 'x may mean one of several paths.',
        hint: `${list}\nGive the whole path, or name the source with --source NUMBER.`,
      }),
    );
  });
});
