/** The snapshots in which an answer may lie: one of each source at a point in time. */
import { describe, expect, test, vi } from 'vitest';
import { snapshotsAt } from '../../../../src/repo/operations/queries/places.js';
import type { TimePoint } from '../../../../src/repo/operations/queries/time-point.js';
import { historyOf } from '../../../support/history.js';

vi.stubEnv('TZ', 'UTC');

/** The clock went back before the fourth. */
const { index, sources } = historyOf(
  { roots: ['/a'], snapshots: { 2: '2026-01-02T10:00Z', 3: '2026-01-03T10:00Z' } },
  {
    roots: ['/b'],
    snapshots: { 1: '2026-01-01T10:00Z', 4: '2026-01-01T12:00Z', 5: '2026-01-05T10:00Z' },
  },
  { roots: ['/c'], snapshots: {} },
);
const at = (text: string): TimePoint => ({ type: 'instant', epochMs: Date.parse(text) });
const back = (count: number): TimePoint => ({ type: 'back', count });
const placesAt = (point: TimePoint, of = sources): string[] =>
  snapshotsAt(index, of, point).map(({ source, snapshot }) => `${source.id}: ${snapshot.number}`);
const error = (fields: object): Error => expect.objectContaining(fields) as Error;

describe('each source that had one by then has one, the newest first', () => {
  test.each([
    [{ type: 'latest' } as const, ['2: 5', '1: 3']],
    [back(0), ['2: 5', '1: 3']],
    [back(1), ['2: 4', '1: 2']],
    [back(2), ['2: 1']],
    [{ type: 'snapshot', number: 3 } as const, ['1: 3']],
    [{ type: 'snapshot', number: 4 } as const, ['2: 4']],
    [at('2026-01-04T00:00Z'), ['2: 4', '1: 3']],
    [at('2026-01-02T10:00Z'), ['2: 4', '1: 2']],
    [at('2026-01-02T09:59Z'), ['2: 4']],
    [at('2026-01-01T11:00Z'), ['2: 1']],
  ])('%j', (point, places) => {
    expect(placesAt(point)).toEqual(places);
  });

  test('of those that may be meant alone', () => {
    expect(placesAt({ type: 'latest' }, sources.slice(0, 1))).toEqual(['1: 3']);
    expect(placesAt(back(1), sources.slice(1))).toEqual(['2: 4']);
  });
});

describe('where none had one, what is nearest is told', () => {
  test('of the longest series, whichever it is', () => {
    const total = (count: number): Error =>
      error({
        code: 'SNAPSHOT_NOT_FOUND',
        message: `9B goes back further than the oldest snapshot (snapshots in total: ${count}).`,
      });
    expect(() => placesAt(back(9))).toThrow(total(3));
    expect(() => placesAt(back(9), [...sources].reverse())).toThrow(total(3));
    expect(() => placesAt(back(9), sources.slice(0, 1))).toThrow(total(2));
  });

  test('the oldest of all for a time before it', () => {
    const oldest = (number: number, time: string): Error =>
      error({
        code: 'TIME_BEFORE_FIRST_SNAPSHOT',
        message: `No snapshot is as old as 2025-12-31 00:00:00; the oldest is number ${number}, from ${time}.`,
      });
    const before = at('2025-12-31T00:00Z');
    expect(() => placesAt(before)).toThrow(oldest(1, '2026-01-01 10:00:00'));
    expect(() => placesAt(before, sources.slice(0, 1))).toThrow(oldest(2, '2026-01-02 10:00:00'));
  });

  test('that there is none yet', () => {
    expect(() => placesAt({ type: 'latest' }, sources.slice(2))).toThrow(
      error({ code: 'NO_SNAPSHOTS' }),
    );
    expect(() => placesAt(at('2026-01-02T10:00Z'), sources.slice(2))).toThrow(
      error({ code: 'NO_SNAPSHOTS' }),
    );
  });
});
