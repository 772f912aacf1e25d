import { describe, expect, test } from 'vitest';
import {
  describeSource,
  isOriginEvident,
  onlySource,
  selectedSource,
  sourcesMeant,
  type SourceSelector,
} from '../../../../src/repo/operations/queries/sources.js';
import { formatLocalTime } from '../../../../src/platform/local-time.js';
import { createHistory } from '../../../support/history.js';

const HISTORY = createHistory([
  { host: 'one', roots: ['/a', '/shared'], snapshots: [1, 4] },
  { host: 'two', roots: ['/b'], snapshots: [2] },
  { host: 'two', roots: ['/b', '/shared'], snapshots: [3] },
  { host: 'new', roots: ['/c'], snapshots: [] },
]);
const { index, sources } = HISTORY;
const EMPTY = createHistory([]).index;
const numbered = (id: number): SourceSelector => ({ type: 'number', id });
const named = (host: string, path: string): SourceSelector => ({ type: 'name', host, path });
const taken = (number: number) => `(snapshot ${number}, ${formatLocalTime(number * 1000)})`;
const NAME_ONE = 'Name one of them with --source NUMBER or --source HOST:PATH.';

test('a source is described by its number, host and roots', () => {
  expect(sources.map(describeSource)).toEqual([
    '1  one:/a /shared',
    '2  two:/b',
    '3  two:/b /shared',
    '4  new:/c',
  ]);
  expect(describeSource({ id: 1, host: 'a\nb', roots: sources[1]!.roots })).not.toContain('\n');
});

describe('a selected source', () => {
  test.each<[string, SourceSelector, number]>([
    ['its number', numbered(3), 3],
    ['its host and its only root', named('one', '/a'), 1],
    ['its host and another of its roots', named('one', '/shared'), 1],
    ['a root that another host has too', named('two', '/shared'), 3],
  ])('is found by %s', (_, selector, id) => {
    expect(selectedSource(index, selector).id).toBe(id);
  });

  test.each<[SourceSelector, string]>([
    [numbered(9), '9'],
    [named('two', '/a'), 'two:/a'],
    [named('one', '/'), 'one:/'],
  ])('that is none is refused: %j', (selector, name) => {
    expect(() => selectedSource(index, selector)).toThrow(
      expect.objectContaining({
        code: 'SOURCE_NOT_FOUND',
        message: `There is no source ${name}.`,
        hint: `${NAME_ONE} The sources are:\n  ${sources.map(describeSource).join('\n  ')}`,
      }),
    );
  });

  test('that may be several is refused, with when each was backed up last', () => {
    expect(() => selectedSource(index, named('two', '/b'))).toThrow(
      expect.objectContaining({
        code: 'SOURCE_AMBIGUOUS',
        message: 'Several sources match two:/b.',
        hint: `  2  two:/b  ${taken(2)}\n  3  two:/b /shared  ${taken(3)}\n${NAME_ONE}`,
      }),
    );
  });
});

describe('the sources that may be meant', () => {
  const ids = (...args: [SourceSelector | undefined, Parameters<typeof sourcesMeant>[2]]) =>
    sourcesMeant(index, ...args).map(({ id }) => id);

  test('are all, or the selected one', () => {
    expect(ids(undefined, [{ type: 'latest' }])).toEqual([1, 2, 3, 4]);
    expect(ids(numbered(2), [{ type: 'back', count: 1 }])).toEqual([2]);
  });

  test('are the one whose snapshot is named', () => {
    expect(ids(undefined, [{ type: 'snapshot', number: 3 }])).toEqual([3]);
    expect(ids(undefined, [{ type: 'latest' }, { type: 'snapshot', number: 1 }])).toEqual([1]);
    const two = [1, 4].map((number) => ({ type: 'snapshot', number }) as const);
    expect(ids(undefined, two)).toEqual([1]);
    expect(ids(numbered(1), two)).toEqual([1]);
  });

  test('are none where the snapshots are of two', () => {
    const points = [1, 3].map((number) => ({ type: 'snapshot', number }) as const);
    expect(() => ids(undefined, points)).toThrow(
      expect.objectContaining({
        code: 'SNAPSHOT_NOT_FOUND',
        message: 'Snapshot 3 is of source 3, not of source 1.',
        hint: 'List the snapshots of each source with `varve snapshots`.',
      }),
    );
    expect(() => ids(numbered(2), [{ type: 'snapshot', number: 4 }])).toThrow(
      'Snapshot 4 is of source 1, not of source 2.',
    );
  });

  test('are none where there is no such snapshot', () => {
    expect(() => ids(undefined, [{ type: 'snapshot', number: 9 }])).toThrow(
      expect.objectContaining({
        code: 'SNAPSHOT_NOT_FOUND',
        message: 'There is no snapshot 9; the numbers range from 1 to 4.',
      }),
    );
  });
});

test('an empty repository has no source to choose', () => {
  const expected = expect.objectContaining({
    code: 'NO_SNAPSHOTS',
    hint: 'Take the first one with `varve backup PATH`.',
  }) as Error;
  expect(() => sourcesMeant(EMPTY, undefined, [])).toThrow(expected);
  expect(() => selectedSource(EMPTY, numbered(1))).toThrow(expected);
});

describe('the only source', () => {
  test('is it, where there is one', () => {
    expect(onlySource(index, [sources[1]!])).toBe(sources[1]);
  });

  test('is told among its candidates, where there are several', () => {
    expect(() => onlySource(index, [sources[0]!, sources[3]!])).toThrow(
      expect.objectContaining({
        code: 'SOURCE_AMBIGUOUS',
        hint: `  1  one:/a /shared  ${taken(4)}\n  4  new:/c\n${NAME_ONE}`,
      }),
    );
  });
});

test('it is evident where an answer comes from, if there is one source or it was selected', () => {
  const one = createHistory([{ roots: ['/a'], snapshots: [1] }]).index;
  expect(isOriginEvident(one, undefined)).toBe(true);
  expect(isOriginEvident(index, undefined)).toBe(false);
  expect(isOriginEvident(index, numbered(1))).toBe(true);
});
