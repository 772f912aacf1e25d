import { describe, expect, test } from 'vitest';
import { lastSeen, notThere, spansOf } from '../../../../src/repo/operations/queries/last-seen.js';
import { formatLocalTime } from '../../../../src/platform/local-time.js';
import { asBytes, createHistory } from '../../../support/history.js';

const history = createHistory([
  {
    roots: ['/a'],
    snapshots: [1, 3, 5, 7, 9],
    paths: {
      '/a/x': [
        [1, 3],
        [3, 5],
        [7, 9],
      ],
      '/a/late': [[7, 0]],
      '/a/long': [[1, 7]],
      "/a/it's": [[1, 3]],
    },
  },
  { roots: ['/b'], snapshots: [2, 4, 6, 8], paths: { '/b/x': [[2, 4]], '/b/late': [[8, 0]] } },
]);
const { index, held } = history;
const taken = (number: number): string => formatLocalTime(number * 1000);

test('a path is in the spans of its versions, oldest first', () => {
  const spans = spansOf(index, history.place(1, 9), asBytes('/a/x'));
  expect(spans).toEqual([
    { firstSnapshot: 1, lastSnapshot: 1, firstMs: 1000, lastMs: 1000 },
    { firstSnapshot: 3, lastSnapshot: 3, firstMs: 3000, lastMs: 3000 },
    { firstSnapshot: 7, lastSnapshot: 7, firstMs: 7000, lastMs: 7000 },
  ]);
  expect(spansOf(index, history.place(1, 9), asBytes('/a/none'))).toEqual([]);
});

test.each([
  ['/a/x', 9, 7],
  ['/a/x', 7, 7],
  ['/a/x', 5, 3],
  ['/a/x', 3, 3],
  ['/a/x', 1, 1],
  ['/a/late', 9, 9],
  ['/a/late', 7, 7],
  ['/a/late', 5, undefined],
  ['/a/none', 9, undefined],
])('%s, not later than %i, was last seen in %s', (path, number, expected) => {
  expect(lastSeen(index, history.place(1, number), asBytes(path))).toBe(expected);
});

describe('that a path is not there is told', () => {
  const suggest = (path: string, snapshot: number): string => `get ${path} ${snapshot}`;
  const places = (...numbers: [source: number, number: number][]) =>
    numbers.map(([source, number]) => history.place(source, number));

  test('with when it was there last, and how to get it', () => {
    const { code, message, hint } = notThere(held, places([1, 5]), '/a/x', suggest);
    expect({ code, message, hint }).toEqual({
      code: 'PATH_NOT_FOUND',
      message: `/a/x is not in snapshot 5; it was last in snapshot 3, of ${taken(3)}.`,
      hint: 'Get it with `get /a/x 3`, or add --last-seen.',
    });
  });

  test('with the time of the last snapshot of a long span', () => {
    const { message } = notThere(held, places([1, 9]), '/a/long', suggest);
    const last = `it was last in snapshot 5, of ${taken(5)}.`;
    expect(message).toBe(`/a/long is not in snapshot 9; ${last}`);
  });

  test('with when it came, where it was not there before', () => {
    const { message, hint } = notThere(held, places([1, 5]), '/a/late', suggest);
    expect(message).toBe(
      `/a/late is not in snapshot 5; it was first in snapshot 7, of ${taken(7)}.`,
    );
    expect(hint).toBe('Get it with `get /a/late 7`.');
  });

  test('with its history, where a command cannot be told another snapshot', () => {
    const { hint } = notThere(held, places([1, 9]), "/a/it's");
    expect(hint).toBe("See `varve log '/a/it'\\''s'`.");
  });

  test('with the sighting that comes nearest: before rather than after, the newest first', () => {
    const twins = createHistory([
      { roots: ['/a'], snapshots: [1, 5], paths: { '/a/f': [[1, 5]] } },
      { roots: ['/a'], snapshots: [2, 6], paths: { '/a/f': [[2, 6]] } },
      { roots: ['/a'], snapshots: [3, 7, 9], paths: { '/a/f': [[9, 0]] } },
    ]);
    const all = [twins.place(1, 5), twins.place(3, 7), twins.place(2, 6)];
    const { message } = notThere(twins.held, all, '/a/f');
    expect(message).toBe(
      `/a/f is not in snapshots 5, 6 and 7; it was last in snapshot 2, of ${taken(2)}.`,
    );
  });

  test.each([
    [[[1, 5]], 'snapshot 5', 5],
    [
      [
        [1, 5],
        [2, 4],
      ],
      'snapshots 4 and 5',
      5,
    ],
    [
      [
        [1, 5],
        [2, 4],
        [1, 9],
      ],
      'snapshots 4, 5 and 9',
      5,
    ],
    [
      [
        [1, 5],
        [2, 4],
        [1, 9],
        [1, 1],
        [1, 3],
      ],
      'snapshots 1, 3, 4, 5 and 9',
      5,
    ],
    [
      [
        [1, 5],
        [2, 4],
        [1, 9],
        [1, 1],
        [1, 3],
        [2, 8],
      ],
      'the snapshots of 6 sources at that time',
      5,
    ],
  ] as const)('in %j as %s, where it never was', (numbers, named, first) => {
    const list = places(...(numbers as unknown as [number, number][]));
    const { code, message, hint } = notThere(held, list, '/a/none', suggest);
    expect({ code, message, hint }).toEqual({
      code: 'PATH_NOT_FOUND',
      message: `/a/none is not in ${named}.`,
      hint: `List what is there with \`varve ls --at ${first}\`, or look for it with \`varve find\`.`,
    });
  });

  test('not, where it may be one of several that were', () => {
    expect(() => notThere(held, places([1, 5], [2, 6]), 'x')).toThrow(
      expect.objectContaining({ code: 'SOURCE_AMBIGUOUS' }),
    );
  });
});
