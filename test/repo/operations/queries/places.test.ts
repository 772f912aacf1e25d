import { describe, expect, test } from 'vitest';
import { snapshotsAt } from '../../../../src/repo/operations/queries/places.js';
import type { TimePoint } from '../../../../src/repo/operations/queries/time-point.js';
import { createHistory } from '../../../support/history.js';

const { index, sources } = createHistory([
  { roots: ['/a'], snapshots: [3, 5] },
  { roots: ['/b'], snapshots: [2, 6, 7] },
  { roots: ['/c'], snapshots: [] },
]);

const placesAt = (at: TimePoint) =>
  snapshotsAt(index, sources, at).map(({ source, snapshot }) => [source.id, snapshot.number]);

test.each<[TimePoint, number[][]]>([
  [
    { type: 'latest' },
    [
      [2, 7],
      [1, 5],
    ],
  ],
  [
    { type: 'back', count: 1 },
    [
      [2, 6],
      [1, 3],
    ],
  ],
  [{ type: 'back', count: 2 }, [[2, 2]]],
  [{ type: 'snapshot', number: 3 }, [[1, 3]]],
  [{ type: 'instant', epochMs: 2000 }, [[2, 2]]],
  [
    { type: 'instant', epochMs: 5500 },
    [
      [1, 5],
      [2, 2],
    ],
  ],
])('at %j each source has its own snapshot, the newest first', (at, expected) => {
  expect(placesAt(at)).toEqual(expected);
});

describe('where no source has one', () => {
  test('the oldest of all is told, for a time before it', () => {
    expect(() => placesAt({ type: 'instant', epochMs: 500 })).toThrow(
      expect.objectContaining({
        code: 'TIME_BEFORE_FIRST_SNAPSHOT',
        hint: 'Give a later time, or the number 2.',
      }),
    );
  });

  test('the longest series is told, for a number of snapshots back', () => {
    expect(() => placesAt({ type: 'back', count: 9 })).toThrow(
      expect.objectContaining({
        code: 'SNAPSHOT_NOT_FOUND',
        message: '9B goes back further than the oldest snapshot (snapshots in total: 3).',
      }),
    );
  });

  test('there are none, of a source that has none yet', () => {
    expect(() => snapshotsAt(index, [sources[2]!], { type: 'latest' })).toThrow(
      expect.objectContaining({ code: 'NO_SNAPSHOTS' }),
    );
  });
});
