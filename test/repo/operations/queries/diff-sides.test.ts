import { describe, expect, test } from 'vitest';
import {
  findSides,
  type DiffQuestion,
} from '../../../../src/repo/operations/queries/diff-sides.js';
import { asBytes, createHistory } from '../../../support/history.js';

const LATEST = { type: 'latest' } as const;
const numbered = (number: number) => ({ type: 'snapshot', number }) as const;
const back = (count: number) => ({ type: 'back', count }) as const;

const history = createHistory(
  [
    {
      roots: ['/a', '/s'],
      snapshots: [1, 3, 5],
      paths: { '/a/x': [[1, 3]], '/a/y': [[5, 0]], '/s/f': [[1, 0]], '/s/old': [[1, 0]] },
    },
    { roots: ['/b', '/s'], snapshots: [2, 6], paths: { '/b/x': [[2, 0]], '/s/f': [[2, 6]] } },
    { roots: ['/c'], snapshots: [4], paths: {} },
  ],
  ['/a/new', '/s/live', '/s/old', '/elsewhere', '/b/live'],
);

function sides(question: Partial<DiffQuestion> & { from: DiffQuestion['from'] }) {
  const { source, from, to, isEvident } = findSides(history.held, question);
  return [source.id, from.number, to?.number, isEvident];
}

describe('without paths', () => {
  test.each<[DiffQuestion, unknown[]]>([
    [{ from: numbered(1), to: numbered(5) }, [1, 1, 5, false]],
    [{ from: numbered(5), to: numbered(1) }, [1, 5, 1, false]],
    [{ from: numbered(3) }, [1, 3, undefined, false]],
    [{ from: back(1), to: LATEST, source: { type: 'number', id: 2 } }, [2, 2, 6, true]],
    // The only source that goes back so far.
    [{ from: back(2), to: LATEST }, [1, 1, 5, false]],
    [{ from: LATEST, to: back(2) }, [1, 5, 1, false]],
  ])('%j is about the source that has both sides', (question, expected) => {
    expect(sides(question)).toEqual(expected);
  });

  test('several sources are refused', () => {
    expect(() => sides({ from: LATEST })).toThrow(
      expect.objectContaining({ code: 'SOURCE_AMBIGUOUS' }),
    );
  });

  test('everything is wanted', () => {
    const { isWanted, isOnTheWay } = findSides(history.held, { from: numbered(1) });
    expect([isWanted(asBytes('/x')), isOnTheWay(asBytes('/x'))]).toEqual([true, true]);
  });
});

describe('with paths, it is about', () => {
  test.each<[string, DiffQuestion, unknown[]]>([
    ['the source that has them', { from: LATEST, paths: ['/b/x'] }, [2, 6, undefined, false]],
    ['one that had it before', { from: back(2), to: LATEST, paths: ['/a/x'] }, [1, 1, 5, false]],
    ['one that has it after', { from: back(2), to: LATEST, paths: ['/a/y'] }, [1, 1, 5, false]],
    [
      'the newest with a path of two',
      { from: back(1), to: LATEST, paths: ['/s/f'] },
      [2, 2, 6, false],
    ],
    ['the newest that has it now', { from: LATEST, paths: ['/s/f'] }, [1, 5, undefined, false]],
    [
      'a source with what is yet to be saved',
      { from: LATEST, paths: ['/a/new'] },
      [1, 5, undefined, false],
    ],
    [
      'one that has it saved rather than yet to be',
      { from: LATEST, paths: ['/s/old'] },
      [1, 5, undefined, false],
    ],
    ['the newest of those', { from: LATEST, paths: ['/s/live'] }, [2, 6, undefined, false]],
    [
      'one that has some and will have others',
      { from: LATEST, paths: ['/a/y', '/a/new'] },
      [1, 5, undefined, false],
    ],
    ['what a relative path means', { from: LATEST, paths: ['y'] }, [1, 5, undefined, false]],
  ])('%s', (_, question, expected) => {
    expect(sides(question)).toEqual(expected);
  });

  test('the newest side, in either direction', () => {
    const twins = createHistory([
      { roots: ['/s'], snapshots: [1, 9], paths: { '/s/f': [[1, 0]], '/s/old': [[1, 0]] } },
      { roots: ['/s'], snapshots: [2, 5], paths: { '/s/f': [[2, 0]] } },
    ]);
    const ask = (from: number, to: number) =>
      findSides(twins.held, { from: back(from), to: back(to), paths: ['/s/f'] }).source.id;
    expect([ask(0, 1), ask(1, 0)]).toEqual([1, 1]);
  });
});

describe('paths that', () => {
  test.each<[string, DiffQuestion]>([
    ['neither side has', { from: back(1), to: LATEST, paths: ['/c/none'] }],
    ['exist, but are below no root', { from: LATEST, paths: ['/elsewhere'] }],
    ['exist, but two snapshots are compared', { from: back(1), to: LATEST, paths: ['/a/new'] }],
  ])('%s are not there', (_, question) => {
    expect(() => sides(question)).toThrow(expect.objectContaining({ code: 'PATH_NOT_FOUND' }));
  });

  test('are of several sources are refused', () => {
    expect(() => sides({ from: LATEST, paths: ['/a/y', '/b/x'] })).toThrow(
      expect.objectContaining({
        code: 'SOURCE_AMBIGUOUS',
        message: 'The paths are of several sources.',
        hint: 'Give paths of one source at a time.',
      }),
    );
  });

  test('are asked for are wanted with what is below, and met on the way', () => {
    const { isWanted, isOnTheWay } = findSides(history.held, { from: LATEST, paths: ['/a/y'] });
    const all = ['/', '/a', '/a/y', '/a/y/below', '/a/yy', '/b'].map(asBytes);
    expect(all.filter(isWanted)).toEqual(['/a/y', '/a/y/below']);
    expect(all.filter(isOnTheWay)).toEqual(['/', '/a', '/a/y', '/a/y/below']);
  });
});
