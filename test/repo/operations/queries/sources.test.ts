/** Which sources may be meant, and what is said where that is not one. */
import { describe, expect, test, vi } from 'vitest';
import {
  describeSource,
  isOriginEvident,
  onlySource,
  selectedSource,
  sourcesMeant,
} from '../../../../src/repo/operations/queries/sources.js';
import { historyOf } from '../../../support/history.js';

vi.stubEnv('TZ', 'UTC');

/** Sources 1 and 2 share a host, 2 and 3 a root; 4 has no snapshot left. */
const { index, sources } = historyOf(
  { host: 'a', roots: ['/x', '/y'], snapshots: { 1: '2026-01-01T10:00Z', 4: '2026-01-04T10:00Z' } },
  { host: 'a', roots: ['/z'], snapshots: { 2: '2026-01-02T10:00Z' } },
  { host: 'b\x1b', roots: ['/z'], snapshots: { 3: '2026-01-03T10:00Z' } },
  { host: 'c', roots: ['/w'], snapshots: {} },
);
const one = historyOf({ host: 'a', roots: ['/x'], snapshots: { 1: '2026-01-01T10:00Z' } });
const none = historyOf();
const named = (host: string, path: string) => ({ type: 'name', host, path }) as const;
const numbered = (id: number) => ({ type: 'number', id }) as const;
const snapshot = (number: number) => ({ type: 'snapshot', number }) as const;
const LATEST = { type: 'latest' } as const;
const error = (fields: object): Error => expect.objectContaining(fields) as Error;
const NAME_ONE = 'Name one of them with --source NUMBER or --source HOST:PATH.';
const NO_SNAPSHOTS = {
  code: 'NO_SNAPSHOTS',
  message: 'The repository has no snapshots yet.',
  hint: 'Take the first one with `varve backup PATH`.',
};

describe('a source that is selected', () => {
  test.each([
    [numbered(1), 1],
    [numbered(3), 3],
    [named('a', '/x'), 1],
    [named('a', '/y'), 1],
    [named('a', '/z'), 2],
    [named('b\x1b', '/z'), 3],
  ])('%j is source %d', (selector, id) => {
    expect(selectedSource(index, selector).id).toBe(id);
  });

  test.each([
    [numbered(5), '5'],
    [numbered(0), '0'],
    [named('b', '/x'), 'b:/x'],
    [named('a', '/x/below'), 'a:/x/below'],
  ])('%j is none, and all are listed', (selector, name) => {
    expect(() => selectedSource(index, selector)).toThrow(
      error({
        code: 'SOURCE_NOT_FOUND',
        message: `There is no source ${name}.`,
        hint: `${NAME_ONE} The sources are:\n  1  a:/x /y\n  2  a:/z\n  3  b\\x1b:/z\n  4  c:/w`,
      }),
    );
  });

  test('that several are is refused with these, and when each was last backed up', () => {
    const twice = historyOf(
      { host: 'a', roots: ['/x'], snapshots: { 1: '2026-01-01T10:00Z', 3: '2026-01-03T10:00Z' } },
      { host: 'a', roots: ['/x', '/y'], snapshots: {} },
      { host: 'a', roots: ['/y'], snapshots: { 2: '2026-01-02T10:00Z' } },
    );
    expect(() => selectedSource(twice.index, named('a', '/x'))).toThrow(
      error({
        code: 'SOURCE_AMBIGUOUS',
        message: 'Several sources match a:/x.',
        hint: `  1  a:/x  (snapshot 3, 2026-01-03 10:00:00)\n  2  a:/x /y\n${NAME_ONE}`,
      }),
    );
  });

  test('is none in an empty repository', () => {
    expect(() => selectedSource(none.index, numbered(1))).toThrow(error(NO_SNAPSHOTS));
  });
});

describe('the sources that may be meant', () => {
  const meant = (
    ...args: [Parameters<typeof sourcesMeant>[1], Parameters<typeof sourcesMeant>[2]]
  ) => sourcesMeant(index, ...args).map(({ id }) => id);

  test('are all, the selected one, or the one of a snapshot that is named', () => {
    expect(meant(undefined, [])).toEqual([1, 2, 3, 4]);
    expect(meant(undefined, [LATEST, { type: 'back', count: 1 }])).toEqual([1, 2, 3, 4]);
    expect(meant(numbered(2), [LATEST])).toEqual([2]);
    expect(meant(undefined, [snapshot(3)])).toEqual([3]);
    expect(meant(undefined, [LATEST, snapshot(2)])).toEqual([2]);
    expect(meant(undefined, [snapshot(4), snapshot(1)])).toEqual([1]);
    expect(meant(numbered(2), [snapshot(2)])).toEqual([2]);
  });

  test.each([
    [numbered(2), [snapshot(1)], 'Snapshot 1 is of source 1, not of source 2.'],
    [undefined, [snapshot(1), snapshot(3)], 'Snapshot 3 is of source 3, not of source 1.'],
  ])('%j and %j exclude each other', (selector, points, message) => {
    expect(() => meant(selector, points)).toThrow(
      error({
        code: 'SNAPSHOT_NOT_FOUND',
        message,
        hint: 'List the snapshots of each source with `varve snapshots`.',
      }),
    );
  });

  test('are none where there is no such snapshot, or none at all', () => {
    expect(() => meant(numbered(2), [snapshot(9)])).toThrow(
      error({
        code: 'SNAPSHOT_NOT_FOUND',
        message: 'There is no snapshot 9; the numbers range from 1 to 4.',
      }),
    );
    expect(() => sourcesMeant(none.index, undefined, [])).toThrow(error(NO_SNAPSHOTS));
  });
});

test('the only one of some is it; of several or of none, these are listed', () => {
  const [first, second] = sources as [(typeof sources)[0], (typeof sources)[0]];
  expect(onlySource(index, [second])).toBe(second);
  const message = 'This repository has several sources, so one must be named, or a path.';
  expect(() => onlySource(index, [second, first])).toThrow(
    error({
      code: 'SOURCE_AMBIGUOUS',
      message,
      hint: `  2  a:/z  (snapshot 2, 2026-01-02 10:00:00)\n  1  a:/x /y  (snapshot 4, 2026-01-04 10:00:00)\n${NAME_ONE}`,
    }),
  );
  expect(() => onlySource(index, [])).toThrow(error({ code: 'SOURCE_AMBIGUOUS', message }));
});

test('where an answer comes from is evident of a source that was selected, or is the only one', () => {
  expect(isOriginEvident(index, undefined)).toBe(false);
  expect(isOriginEvident(index, numbered(1))).toBe(true);
  expect(isOriginEvident(one.index, undefined)).toBe(true);
  expect(isOriginEvident(none.index, undefined)).toBe(false);
});

test('a source is shown with its number, its host and its paths, safe for a terminal', () => {
  expect(sources.map(describeSource)).toEqual(['1  a:/x /y', '2  a:/z', '3  b\\x1b:/z', '4  c:/w']);
});
