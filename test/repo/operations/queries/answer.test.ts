import { describe, expect, test } from 'vitest';
import { findAnswer, type Question } from '../../../../src/repo/operations/queries/answer.js';
import { createHistory } from '../../../support/history.js';

const LATEST = { type: 'latest' } as const;

const history = createHistory([
  {
    roots: ['/a'],
    snapshots: [1, 3, 5, 7],
    paths: { '/a/x': [[1, 5]], '/a/y': [[3, 7]], '/a/z': [[7, 0]], '/a/w': [[1, 3]] },
  },
  { roots: ['/b'], snapshots: [2, 6], paths: { '/b/x': [[2, 0]], '/b/only': [[2, 6]] } },
]);

/** Source, snapshot and paths of the answer. */
function ask(paths: string[], more: Partial<Question> = {}) {
  const { source, snapshot, located, isEvident } = findAnswer(history.held, {
    paths,
    at: LATEST,
    ...more,
  });
  return [source.id, snapshot.number, located.map(({ path }) => path).join(' '), isEvident];
}

describe('a question about no path', () => {
  test('is about the only source, or the selected one', () => {
    const one = createHistory([{ roots: ['/a'], snapshots: [1, 2] }]);
    const answer = findAnswer(one.held, { paths: [], at: LATEST });
    expect(answer).toMatchObject({
      source: { id: 1 },
      snapshot: { number: 2 },
      located: [],
      isEvident: true,
    });
    expect(ask([], { source: { type: 'number', id: 2 } })).toEqual([2, 6, '', true]);
    expect(ask([], { at: { type: 'snapshot', number: 3 } })).toEqual([1, 3, '', false]);
  });

  test('is refused where several may be meant', () => {
    expect(() => ask([])).toThrow(expect.objectContaining({ code: 'SOURCE_AMBIGUOUS' }));
  });
});

describe('a question about paths is answered by', () => {
  test.each<[string, string[], Partial<Question>, unknown[]]>([
    ['the source that has them', ['/b/x'], {}, [2, 6, '/b/x', false]],
    ['the newest that has all', ['/a', '/a/z'], {}, [1, 7, '/a /a/z', false]],
    ['what a relative path means', ['z'], {}, [1, 7, '/a/z', false]],
    [
      'the snapshot that is named',
      ['/a/y'],
      { at: { type: 'snapshot', number: 5 } },
      [1, 5, '/a/y', false],
    ],
    ['the one where it was last', ['/a/x'], { isLastSeen: true }, [1, 3, '/a/x', false]],
    ['the last that has all', ['/a/x', '/a/y'], { isLastSeen: true }, [1, 3, '/a/x /a/y', false]],
    [
      'one that is not later than asked',
      ['/a/y'],
      { isLastSeen: true, at: { type: 'snapshot', number: 3 } },
      [1, 3, '/a/y', false],
    ],
    [
      'the latest, where it still is',
      ['/b/x'],
      { isLastSeen: true, at: { type: 'instant', epochMs: 2500 } },
      [2, 2, '/b/x', false],
    ],
  ])('%s', (_, paths, more, expected) => {
    expect(ask(paths, more)).toEqual(expected);
  });
});

describe('paths that', () => {
  test('are not there are told, with what to type', () => {
    const suggest = (path: string, snapshot: number): string => `get ${path} ${snapshot}`;
    expect(() => ask(['/a/x'], { suggest })).toThrow(
      expect.objectContaining({
        code: 'PATH_NOT_FOUND',
        hint: 'Get it with `get /a/x 3`, or add --last-seen.',
      }),
    );
  });

  test('came later than asked are not there, last seen or not', () => {
    const at = { type: 'snapshot', number: 5 } as const;
    for (const isLastSeen of [false, true]) {
      expect(() => ask(['/a/z'], { at, isLastSeen })).toThrow(
        expect.objectContaining({ code: 'PATH_NOT_FOUND' }),
      );
    }
  });

  test('are of several sources are listed with the newest snapshot of each', () => {
    expect(() => ask(['/a/z', '/b/x'])).toThrow(
      expect.objectContaining({
        code: 'SOURCE_AMBIGUOUS',
        message: 'No snapshot has all of these paths.',
        hint: '  /a/z  (snapshot 7, source 1)\n  /b/x  (snapshot 6, source 2)\nGive those of one snapshot at a time.',
      }),
    );
  });

  test('were never there at once are listed with when each was last', () => {
    expect(() => ask(['/a/w', '/a/y'], { isLastSeen: true })).toThrow(
      expect.objectContaining({
        hint: '  /a/w  (snapshot 1, source 1)\n  /a/y  (snapshot 5, source 1)\nGive those of one snapshot at a time.',
      }),
    );
  });

  test('two sources have are listed with the newest of them', () => {
    const twins = createHistory([
      { roots: ['/s'], snapshots: [1], paths: { '/s/f': [[1, 0]], '/s/one': [[1, 0]] } },
      { roots: ['/s'], snapshots: [2], paths: { '/s/f': [[2, 0]], '/s/two': [[2, 0]] } },
    ]);
    const asked = (...paths: string[]) => findAnswer(twins.held, { paths, at: LATEST });
    expect(asked('/s/f').source.id).toBe(2);
    expect(asked('/s/f', '/s/one').source.id).toBe(1);
    expect(() => asked('/s/f', '/s/one', '/s/two')).toThrow(
      expect.objectContaining({
        hint: expect.stringContaining('  /s/f  (snapshot 2, source 2)\n') as string,
      }),
    );
  });

  test('two sources had are listed with the newest that had them, whichever is newer now', () => {
    const twins = createHistory([
      { roots: ['/s'], snapshots: [1, 3, 5], paths: { '/s/f': [[1, 5]], '/s/late': [[5, 0]] } },
      { roots: ['/s'], snapshots: [2, 7], paths: { '/s/f': [[2, 7]] } },
    ]);
    const paths = ['/s/f', '/s/late'];
    expect(() => findAnswer(twins.held, { paths, at: LATEST, isLastSeen: true })).toThrow(
      expect.objectContaining({
        hint: expect.stringContaining('  /s/f  (snapshot 3, source 1)\n') as string,
      }),
    );
  });
});

test('of two times that have all paths, the newer answers', () => {
  const { held } = createHistory([
    {
      roots: ['/a'],
      snapshots: [1, 3, 5, 7],
      paths: {
        '/a/x': [
          [1, 3],
          [5, 0],
        ],
      },
    },
  ]);
  const asked = findAnswer(held, { paths: ['/a/x'], at: LATEST, isLastSeen: true });
  expect(asked.snapshot.number).toBe(7);
});
