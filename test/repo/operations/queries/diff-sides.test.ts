/** Which source, snapshots and paths a diff is about. */
import { describe, expect, test, vi } from 'vitest';
import { bytesFromText } from '../../../../src/platform/bytes.js';
import {
  findSides,
  type DiffQuestion,
} from '../../../../src/repo/operations/queries/diff-sides.js';
import { historyOf } from '../../../support/history.js';

vi.stubEnv('TZ', 'UTC');

const day = (number: number): string => `2026-01-0${number}T10:00:00Z`;
const numbered = (...numbers: number[]): Record<number, string> =>
  Object.fromEntries(numbers.map((number) => [number, day(number)]));

/** Source 1 has 1, 3 and 6; source 2 has 2, 4 and 5; source 3 has 7 alone. */
const history = historyOf(
  {
    roots: ['/r'],
    snapshots: numbered(1, 3, 6),
    paths: {
      '/r': [[1, 0]],
      '/r/both': [[1, 0]],
      '/r/both/in': [[1, 0]],
      '/r/first': [[1, 3]],
      '/r/middle': [[3, 6]],
      '/r/late': [[6, 0]],
    },
  },
  {
    roots: ['/r/both', '/s'],
    snapshots: numbered(2, 4, 5),
    paths: { '/r/both': [[2, 0]], '/r/both/kept': [[2, 0]], '/s': [[2, 0]], '/s/x': [[2, 5]] },
  },
  { roots: ['/t'], snapshots: numbered(7), paths: { '/t': [[7, 0]] } },
);
const LATEST = { type: 'latest' } as const;
const at = (number: number) => ({ type: 'snapshot', number }) as const;
const back = (count: number) => ({ type: 'back', count }) as const;
const error = (fields: object): Error => expect.objectContaining(fields) as Error;

/** On a machine that has the files `live`. */
const sidesOf = (question: Partial<DiffQuestion>, ...live: readonly string[]) =>
  findSides(
    { index: history.index, platform: history.platform(...live) },
    { from: LATEST, ...question },
  );
const shown = (...args: Parameters<typeof sidesOf>): string => {
  const { source, from, to } = sidesOf(...args);
  return `${source.id}: ${from.number} to ${to ? to.number : 'now'}`;
};
const ofSource = (id: number) => ({ source: { type: 'number', id } }) as const;

describe('without paths', () => {
  test('the source is the one that is named, or whose snapshot is', () => {
    expect(shown(ofSource(1))).toBe('1: 6 to now');
    expect(shown({ ...ofSource(2), from: back(1) })).toBe('2: 4 to now');
    expect(shown({ from: at(1) })).toBe('1: 1 to now');
    expect(shown({ from: at(2), to: LATEST })).toBe('2: 2 to 5');
    expect(shown({ from: back(1), to: at(2) })).toBe('2: 4 to 2');
    expect(shown({ ...ofSource(1), from: at(6), to: at(1) })).toBe('1: 6 to 1');
  });

  test('is also the only one that has both', () => {
    // Sources 2 and 3 had none by then.
    const first = { type: 'instant', epochMs: Date.parse(day(1)) } as const;
    expect(shown({ from: first, to: LATEST })).toBe('1: 1 to 6');
    expect(shown({ from: LATEST, to: first })).toBe('1: 6 to 1');
    expect(shown({ from: first })).toBe('1: 1 to now');
  });

  test('is not guessed', () => {
    for (const question of [{}, { from: back(1), to: LATEST }, { to: back(1) }]) {
      expect(() => sidesOf(question)).toThrow(error({ code: 'SOURCE_AMBIGUOUS' }));
    }
  });

  test('everything is wanted', () => {
    const { isWanted, isOnTheWay } = sidesOf(ofSource(1));
    for (const path of ['/', '/r', '/elsewhere'].map(bytesFromText)) {
      expect([isWanted(path), isOnTheWay(path)]).toEqual([true, true]);
    }
  });
});

test('where it is from is evident of a source that was named alone', () => {
  expect(sidesOf(ofSource(1)).isEvident).toBe(true);
  expect(sidesOf({ ...ofSource(1), paths: ['/r'] }).isEvident).toBe(true);
  expect(sidesOf({ from: at(1) }).isEvident).toBe(false);
  expect(sidesOf({ paths: ['/r/late'] }).isEvident).toBe(false);
});

describe('with paths', () => {
  test.each([
    [['/r/both'], {}, '1: 6 to now'],
    [['/r/both', '/s'], {}, '2: 5 to now'],
    [['/r/late'], {}, '1: 6 to now'],
    [['/r/both'], { from: back(1), to: LATEST }, '1: 3 to 6'],
    [['/s/x'], { from: back(1), to: LATEST }, '2: 4 to 5'],
    [['/s/x'], { from: LATEST, to: back(1) }, '2: 5 to 4'],
    [['middle'], { from: back(1), to: LATEST }, '1: 3 to 6'],
    [['late', 'middle'], { from: back(1), to: LATEST }, '1: 3 to 6'],
    [['/r/both'], ofSource(2), '2: 5 to now'],
  ])('%j of %j: the newest of the two that has them', (paths, question, sides) => {
    expect(shown({ ...question, paths })).toBe(sides);
  });

  test('a live file may be yet to be saved, below a root, and against no snapshot', () => {
    expect(shown({ paths: ['/r/new'] }, '/r/new')).toBe('1: 6 to now');
    expect(shown({ paths: ['new'] }, '/s/new')).toBe('2: 5 to now');
    expect(shown({ paths: ['/r/new', '/r/both'] }, '/r/new')).toBe('1: 6 to now');
    for (const question of [
      { paths: ['/r/new'] },
      { paths: ['/r/new'], from: back(1), to: LATEST },
      { paths: ['/elsewhere'] },
    ]) {
      const live = question.from ? '/r/new' : '/elsewhere';
      expect(() => sidesOf(question, live)).toThrow(error({ code: 'PATH_NOT_FOUND' }));
    }
  });

  test('what is saved comes before what is live only', () => {
    // Below roots of two sources, of which that with the older snapshot has it.
    expect(shown({ paths: ['/r/both/kept'] }, '/r/both/kept')).toBe('2: 5 to now');
    expect(shown({ paths: ['/r/both/in'] }, '/r/both/in')).toBe('1: 6 to now');
    expect(shown({ paths: ['/s/x'], from: at(4) }, '/s/x')).toBe('2: 4 to now');
    expect(shown({ paths: ['/r/both/only', '/s'] }, '/r/both/only')).toBe('2: 5 to now');
  });

  test('of several sources are refused', () => {
    expect(() => sidesOf({ paths: ['/r/late', '/s'] })).toThrow(
      error({
        code: 'SOURCE_AMBIGUOUS',
        message: 'The paths are of several sources.',
        hint: 'Give paths of one source at a time.',
      }),
    );
  });

  test('that are in neither say when they were there', () => {
    expect(() => sidesOf({ ...ofSource(1), paths: ['first'] })).toThrow(
      error({
        code: 'PATH_NOT_FOUND',
        message: 'first is not in snapshot 6; it was last in snapshot 1, of 2026-01-01 10:00:00.',
        hint: 'See `varve log /r/first`.',
      }),
    );
    // The newer of the two is named, whichever side it is on.
    for (const ends of [
      { from: at(3), to: at(6) },
      { from: at(6), to: at(3) },
    ]) {
      expect(() => sidesOf({ ...ends, paths: ['never'] })).toThrow(
        error({ message: 'never is not in snapshot 6.' }),
      );
    }
  });

  test('they and what is below is wanted; what is above them is on the way', () => {
    const { isWanted, isOnTheWay } = sidesOf({ paths: ['/r/both/in', '/r/late'] });
    for (const [path, wanted, onTheWay] of [
      ['/r/both/in', true, true],
      ['/r/both/in/deep', true, true],
      ['/r/late', true, true],
      ['/r/both', false, true],
      ['/r', false, true],
      ['/', false, true],
      ['/r/both/inner', false, false],
      ['/r/other', false, false],
      ['/r/lat', false, false],
    ] as const) {
      const bytes = bytesFromText(path);
      expect([isWanted(bytes), isOnTheWay(bytes)], path).toEqual([wanted, onTheWay]);
    }
  });
});
