/** Which snapshot answers a question about paths: the newest that has them all, and nothing is guessed. */
import { describe, expect, test, vi } from 'vitest';
import { findAnswer, type Question } from '../../../../src/repo/operations/queries/answer.js';
import { historyOf } from '../../../support/history.js';

vi.stubEnv('TZ', 'UTC');

const day = (number: number): string => `2026-01-0${number}T10:00:00Z`;
const numbered = (...numbers: number[]): Record<number, string> =>
  Object.fromEntries(numbers.map((number) => [number, day(number)]));

/** Source 1 has 1, 3 and 6; source 2 has 2, 4 and 5. Both have had `/r/both`. */
const history = historyOf(
  {
    roots: ['/r'],
    snapshots: numbered(1, 3, 6),
    paths: {
      '/r': [[1, 0]],
      '/r/both': [[1, 0]],
      '/r/first': [[1, 3]],
      '/r/second': [[3, 6]],
      '/r/always': [[1, 0]],
      '/r/late': [[6, 0]],
      '/r/changed': [
        [1, 3],
        [3, 0],
      ],
      '/r/both/old': [[1, 3]],
    },
  },
  {
    roots: ['/r/both', '/s'],
    snapshots: numbered(2, 4, 5),
    paths: {
      '/r/both': [[2, 0]],
      '/r/both/old': [[2, 5]],
      '/s': [[2, 0]],
      '/s/x': [[2, 5]],
      '/s/y\x1b': [[2, 0]],
    },
  },
);
const held = { index: history.index, platform: history.platform() };
const LATEST = { type: 'latest' } as const;
const at = (number: number) => ({ type: 'snapshot', number }) as const;

const ask = (paths: readonly string[], more: Partial<Question> = {}) =>
  findAnswer(held, { paths, at: LATEST, ...more });
/** `source: snapshot`, and what was found there. */
const answered = (...args: Parameters<typeof ask>): readonly [string, readonly string[]] => {
  const { source, snapshot, located } = ask(...args);
  expect(snapshot.source).toBe(source.id);
  return [`${source.id}: ${snapshot.number}`, located.map(({ path }) => path)];
};
const error = (fields: object): Error => expect.objectContaining(fields) as Error;

describe('paths are answered from the newest snapshot that has them all', () => {
  test.each([
    [['/r/both'], '1: 6', ['/r/both']],
    [['/s/y\x1b'], '2: 5', ['/s/y\x1b']],
    [['always', 'late'], '1: 6', ['/r/always', '/r/late']],
    [['late', 'always'], '1: 6', ['/r/late', '/r/always']],
    [['/r/both', '/s'], '2: 5', ['/r/both', '/s']],
  ])('%j', (paths, place, located) => {
    expect(answered(paths)).toEqual([place, located]);
  });

  test('at a time, in a source or a snapshot that is named', () => {
    expect(answered(['/r/both'], { at: { type: 'back', count: 1 } })[0]).toBe('2: 4');
    expect(answered(['/r/first'], { at: { type: 'back', count: 2 } })[0]).toBe('1: 1');
    expect(answered(['/r/both'], { source: { type: 'number', id: 2 } })[0]).toBe('2: 5');
    expect(answered(['second'], { at: at(3) })[0]).toBe('1: 3');
    expect(answered(['/r/both'], { at: at(4) })[0]).toBe('2: 4');
  });
});

describe('no path stands for a whole source', () => {
  test('where there is but one that may be meant', () => {
    expect(answered([], { source: { type: 'number', id: 1 } })).toEqual(['1: 6', []]);
    expect(answered([], { at: at(4) })).toEqual(['2: 4', []]);
    const first = { type: 'instant', epochMs: Date.parse(day(1)) } as const;
    expect(answered([], { at: first })).toEqual(['1: 1', []]);
  });

  test('and several are listed', () => {
    expect(() => ask([])).toThrow(error({ code: 'SOURCE_AMBIGUOUS' }));
  });
});

test('where an answer comes from is evident of a source that was named, not of a snapshot', () => {
  expect(ask(['/r/both']).isEvident).toBe(false);
  expect(ask(['/r/both'], { at: at(4) }).isEvident).toBe(false);
  expect(ask(['/r/both'], { source: { type: 'number', id: 2 } }).isEvident).toBe(true);
  expect(ask([], { source: { type: 'number', id: 2 } }).isEvident).toBe(true);
});

describe('as last seen', () => {
  const seen = (paths: readonly string[], more: Partial<Question> = {}) =>
    answered(paths, { isLastSeen: true, ...more });

  test.each([
    [['/r/first'], '1: 1'],
    [['/r/second'], '1: 3'],
    [['/r/always'], '1: 6'],
    [['/r/changed'], '1: 6'],
    [['/r/both/old'], '2: 4'],
    [['/s/x'], '2: 4'],
    [['/r/first', '/r/always'], '1: 1'],
    [['/r/always', '/r/second'], '1: 3'],
    [['/s/x', '/r/both'], '2: 4'],
  ])('%j', (paths, place) => {
    expect(seen(paths)).toEqual([place, paths]);
  });

  test('no later than asked', () => {
    expect(seen(['/r/always'], { at: at(3) })[0]).toBe('1: 3');
    expect(seen(['/r/second'], { at: at(6) })[0]).toBe('1: 3');
    expect(() => seen(['/r/late'], { at: at(3) })).toThrow(error({ code: 'PATH_NOT_FOUND' }));
    expect(() => seen(['/r/second'], { at: at(1) })).toThrow(error({ code: 'PATH_NOT_FOUND' }));
  });

  test('not without being asked', () => {
    expect(() => ask(['/r/second'])).toThrow(
      error({
        code: 'PATH_NOT_FOUND',
        message:
          '/r/second is not in snapshot 6; it was last in snapshot 3, of 2026-01-03 10:00:00.',
        hint: 'See `varve log /r/second`.',
      }),
    );
    const suggest = (path: string, number: number): string => `get ${path} ${number}`;
    expect(() => ask(['/r/second'], { suggest })).toThrow(
      error({ hint: 'Get it with `get /r/second 3`, or add --last-seen.' }),
    );
  });
});

describe('paths that no snapshot has together', () => {
  const GIVE = 'Give those of one snapshot at a time.';

  test('are listed, each with the newest that has it', () => {
    expect(() => ask(['/r/late', '/r/both', '/s/y\x1b'])).toThrow(
      error({
        code: 'SOURCE_AMBIGUOUS',
        message: 'No snapshot has all of these paths.',
        hint:
          '  /r/late  (snapshot 6, source 1)\n  /r/both  (snapshot 6, source 1)\n' +
          `  /s/y\\x1b  (snapshot 5, source 2)\n${GIVE}`,
      }),
    );
  });

  test('as last seen, too', () => {
    expect(() => ask(['/r/first', '/r/late'], { isLastSeen: true })).toThrow(
      error({
        code: 'SOURCE_AMBIGUOUS',
        hint: `  /r/first  (snapshot 1, source 1)\n  /r/late  (snapshot 6, source 1)\n${GIVE}`,
      }),
    );
    // Its newest is not in the source whose latest snapshot is the newest.
    expect(() => ask(['/r/both/old', '/r/late'], { isLastSeen: true })).toThrow(
      error({
        hint: `  /r/both/old  (snapshot 4, source 2)\n  /r/late  (snapshot 6, source 1)\n${GIVE}`,
      }),
    );
  });
});
