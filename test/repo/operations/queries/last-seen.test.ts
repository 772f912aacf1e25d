/** When a path was there, where a snapshot does not have it, and what to type to get it. */
import { describe, expect, test, vi } from 'vitest';
import { bytesFromText } from '../../../../src/platform/bytes.js';
import { lastSeen, notThere, spansOf } from '../../../../src/repo/operations/queries/last-seen.js';
import { locate, locateSource, rootOf } from '../../../../src/repo/operations/queries/locate.js';
import { snapshotsAt } from '../../../../src/repo/operations/queries/places.js';
import type { TimePoint } from '../../../../src/repo/operations/queries/time-point.js';
import { historyOf, type History } from '../../../support/history.js';

vi.stubEnv('TZ', 'UTC');

const day = (number: number): string => `2026-01-0${number}T10:00:00Z`;
const ms = (number: number): number => Date.parse(day(number));
const at = (number: number): TimePoint => ({ type: 'snapshot', number });
const LATEST = { type: 'latest' } as const;
/** Snapshots 1 to 8 with the second and the fifth gone; `gone` comes back and goes again. */
const kept = Object.fromEntries([1, 3, 4, 6, 7, 8].map((number) => [number, day(number)]));
const history = historyOf({
  roots: ['/r'],
  snapshots: kept,
  paths: {
    '/r': [[1, 0]],
    '/r/stays': [
      [1, 4],
      [4, 0],
    ],
    '/r/gone': [
      [1, 3],
      [4, 7],
    ],
    '/r/pruned': [[2, 3]],
    '/r/late': [[7, 0]],
    '/r/old dir': [[1, 4]],
    '/r/old dir/in': [[1, 4]],
  },
});

/** The place of each source, and a path as the library names it. */
const placesOf = ({ index, sources }: History, point: TimePoint) =>
  snapshotsAt(index, sources, point);
const spans = (path: string): object[] =>
  spansOf(history.index, { source: history.sources[0]! }, bytesFromText(path));
const span = (firstSnapshot: number, lastSnapshot: number): object => ({
  firstSnapshot,
  lastSnapshot,
  firstMs: ms(firstSnapshot),
  lastMs: ms(lastSnapshot),
});

test('a path was in the snapshots of its versions that are still there', () => {
  expect(spans('/r/stays')).toEqual([span(1, 3), span(4, 8)]);
  expect(spans('/r/gone')).toEqual([span(1, 1), span(4, 6)]);
  expect(spans('/r/old dir/in')).toEqual([span(1, 3)]);
  for (const never of ['/r/pruned', '/r/never', '/r/never/below', '/elsewhere', '/rr']) {
    expect(spans(never), never).toEqual([]);
  }
});

test('it was last seen in the newest snapshot that is not later', () => {
  const seen = (path: string, number: number): number | undefined =>
    lastSeen(history.index, placesOf(history, at(number))[0]!, bytesFromText(path));
  for (const [path, row] of [
    ['/r/stays', [1, 3, 4, 6, 7, 8]],
    ['/r/gone', [1, 1, 4, 6, 6, 6]],
    ['/r/late', [undefined, undefined, undefined, undefined, 7, 8]],
    ['/r/old dir/in', [1, 3, 3, 3, 3, 3]],
    ['/r/pruned', [undefined, undefined, undefined, undefined, undefined, undefined]],
  ] as const) {
    expect(
      Object.keys(kept).map((number) => seen(path, Number(number))),
      path,
    ).toEqual(row);
  }
});

test('a node is located in the snapshots that have it, and in no other', () => {
  const [source] = history.sources as [(typeof history.sources)[0]];
  const isThere = (path: string): boolean[] =>
    Object.keys(kept).map((number) => {
      const [place] = placesOf(history, at(Number(number)));
      const found = locate(history.index, place!, bytesFromText(path));
      if (found) expect(found).toMatchObject({ path, id: found.version?.path });
      return found !== undefined;
    });
  expect(isThere('/r')).toEqual([true, true, true, true, true, true]);
  expect(isThere('/r/gone')).toEqual([true, false, true, true, false, false]);
  expect(isThere('/r/old dir/in')).toEqual([true, true, false, false, false, false]);
  expect(isThere('/r/never')).not.toContain(true);
  expect(isThere('/')).not.toContain(true);
  expect(locateSource(source)).toEqual({ path: '', version: undefined, id: -1 });
  expect(['/r', '/r/x/y', '/rr', '/'].map((path) => rootOf(source, bytesFromText(path)))).toEqual([
    '/r',
    '/r',
    undefined,
    undefined,
  ]);
});

describe('what is said of a path that is not there', () => {
  const suggest = (path: string, number: number): string => `varve cat ${path} --at ${number}`;
  const told = (
    text: string,
    point: TimePoint = LATEST,
    { of = history, suggests = true } = {},
  ): string[] => {
    const held = { index: of.index, platform: of.platform() };
    const { code, message, hint } = notThere(
      held,
      placesOf(of, point),
      text,
      suggests ? suggest : undefined,
    );
    expect(code).toBe('PATH_NOT_FOUND');
    return [message, hint ?? ''];
  };

  test('when it was last there before, and how to get it', () => {
    expect(told('/r/gone')).toEqual([
      '/r/gone is not in snapshot 8; it was last in snapshot 6, of 2026-01-06 10:00:00.',
      'Get it with `varve cat /r/gone --at 6`, or add --last-seen.',
    ]);
    expect(told('gone', at(3))).toEqual([
      'gone is not in snapshot 3; it was last in snapshot 1, of 2026-01-01 10:00:00.',
      'Get it with `varve cat /r/gone --at 1`, or add --last-seen.',
    ]);
    expect(told('old dir')[1]).toBe(
      "Get it with `varve cat '/r/old dir' --at 3`, or add --last-seen.",
    );
  });

  test('when it came, where it was not there before', () => {
    expect(told('late', at(4))).toEqual([
      'late is not in snapshot 4; it was first in snapshot 7, of 2026-01-07 10:00:00.',
      'Get it with `varve cat /r/late --at 7`.',
    ]);
  });

  test('its log, where no snapshot can be named', () => {
    expect(told('gone', LATEST, { suggests: false })[1]).toBe('See `varve log /r/gone`.');
    expect(told('old dir', LATEST, { suggests: false })[1]).toBe("See `varve log '/r/old dir'`.");
  });

  test('where to look for what never was', () => {
    for (const [point, number] of [
      [LATEST, 8],
      [at(3), 3],
    ] as const) {
      expect(told('never', point)).toEqual([
        `never is not in snapshot ${number}.`,
        `List what is there with \`varve ls --at ${number}\`, or look for it with \`varve find\`.`,
      ]);
    }
  });

  test('the newest before any of several sources; only what had it is named', () => {
    const ofSource = (
      numbers: readonly number[],
      spans: readonly (readonly [number, number])[],
    ) => ({
      roots: ['/r'],
      snapshots: Object.fromEntries(numbers.map((number) => [number, day(number)])),
      paths: { '/r': [[numbers[0]!, 0]], '/r/x': spans } as const,
    });
    const several = historyOf(
      ofSource([1, 4], [[1, 2]]),
      ofSource([2, 5], [[2, 3]]),
      ofSource([3, 6], []),
    );
    expect(told('/r/x', LATEST, { of: several })).toEqual([
      '/r/x is not in snapshots 4 and 5; it was last in snapshot 2, of 2026-01-02 10:00:00.',
      'Get it with `varve cat /r/x --at 2`, or add --last-seen.',
    ]);
    expect(told('/r/never', LATEST, { of: several })[0]).toBe(
      '/r/never is not in snapshots 4, 5 and 6.',
    );
    // Before is nearer than after, whatever the numbers.
    const mixed = historyOf(
      { ...ofSource([1, 3], [[1, 2]]) },
      { ...ofSource([2, 4, 5], [[5, 0]]) },
    );
    const held = { index: mixed.index, platform: mixed.platform() };
    const places = mixed.sources.map((source, i) => ({
      source,
      snapshot: mixed.index.snapshots.get(i === 0 ? 3 : 4)!,
    }));
    expect(notThere(held, places, '/r/x', suggest).message).toBe(
      '/r/x is not in snapshots 3 and 4; it was last in snapshot 1, of 2026-01-01 10:00:00.',
    );
  });

  test('more than five snapshots are not named one by one', () => {
    const many = (count: number): History =>
      historyOf(
        ...Array.from({ length: count }, (_, i) => ({
          host: `h${i}`,
          roots: ['/r'],
          snapshots: { [i + 1]: day(i + 1) },
          paths: { '/r': [[i + 1, 0]] } as const,
        })),
      );
    expect(told('/r/x', LATEST, { of: many(5) })[0]).toBe(
      '/r/x is not in snapshots 1, 2, 3, 4 and 5.',
    );
    expect(told('/r/x', LATEST, { of: many(6) })[0]).toBe(
      '/r/x is not in the snapshots of 6 sources at that time.',
    );
  });
});
