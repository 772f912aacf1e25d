import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import {
  resolveTimePoint,
  type DatedSnapshot,
} from '../../../../src/repo/operations/queries/time-point.js';

const at = (text: string) => Date.parse(text);
const history: DatedSnapshot[] = [
  { number: 2, startedMs: at('2026-11-01T10:00:00.400Z') },
  { number: 3, startedMs: at('2026-11-02T10:00:00.000Z') },
  { number: 7, startedMs: at('2026-11-03T10:00:00.000Z') },
];

vi.stubEnv('TZ', 'Europe/Berlin');

describe('a point without a clock', () => {
  test('the latest is the highest number, whatever the order given', () => {
    expect(resolveTimePoint({ type: 'latest' }, [...history].reverse())).toBe(7);
  });

  test('a number is itself', () => {
    expect(resolveTimePoint({ type: 'snapshot', number: 3 }, history)).toBe(3);
  });

  test('a number that was pruned is not found', () => {
    expect(() => resolveTimePoint({ type: 'snapshot', number: 5 }, history)).toThrow(
      expect.objectContaining({
        code: 'SNAPSHOT_NOT_FOUND',
        message: 'There is no snapshot 5; the numbers range from 2 to 7.',
        hint: 'List them with `varve snapshots`.',
      }),
    );
  });

  test('stepping back counts the snapshots that are there', () => {
    const back = [0, 1, 2].map((count) => resolveTimePoint({ type: 'back', count }, history));
    expect(back).toEqual([7, 3, 2]);
  });

  test('stepping back beyond the first says how many there are', () => {
    expect(() => resolveTimePoint({ type: 'back', count: 3 }, history)).toThrow(
      expect.objectContaining({
        code: 'SNAPSHOT_NOT_FOUND',
        message: '3B goes back further than the oldest snapshot (snapshots in total: 3).',
      }),
    );
  });

  test('an empty history has no snapshot for any point', () => {
    expect(() => resolveTimePoint({ type: 'latest' }, [])).toThrow(
      expect.objectContaining({ code: 'NO_SNAPSHOTS', message: 'There are no snapshots yet.' }),
    );
  });
});

describe('an instant', () => {
  const resolve = (text: string, snapshots = history) =>
    resolveTimePoint({ type: 'instant', epochMs: at(text) }, snapshots);

  test('takes a snapshot of that very moment', () => {
    expect(resolve('2026-11-02T10:00:00Z')).toBe(3);
  });

  test('takes the newest snapshot that is not later', () => {
    expect(resolve('2026-11-03T09:59:59.999Z')).toBe(3);
  });

  test('of whole seconds takes in the rest of its second', () => {
    expect(resolve('2026-11-01T10:00:00Z')).toBe(2);
  });

  test('of milliseconds is exact', () => {
    expect(() => resolve('2026-11-01T10:00:00.399Z')).toThrow(
      expect.objectContaining({ code: 'TIME_BEFORE_FIRST_SNAPSHOT' }),
    );
  });

  test('before all snapshots names the oldest', () => {
    expect(() => resolve('2026-10-01T00:00:00Z')).toThrow(
      expect.objectContaining({
        code: 'TIME_BEFORE_FIRST_SNAPSHOT',
        message:
          'No snapshot is as old as 2026-10-01 02:00:00; the oldest is number 2, from 2026-11-01 11:00:00.',
        hint: 'Give a later time, or the number 2.',
      }),
    );
  });

  test('goes by number where the clock jumped back', () => {
    const jumped = [...history, { number: 8, startedMs: at('2026-11-01T12:00:00Z') }];
    expect(resolve('2026-11-02T12:00:00Z', jumped)).toBe(8);
  });

  test('never chooses a later snapshot while one is not later', () => {
    const snapshots = fc.uniqueArray(
      fc.record({ number: fc.nat(1000), startedMs: fc.nat(100_000) }),
      { selector: (s) => s.number, minLength: 1 },
    );
    fc.assert(
      fc.property(snapshots, fc.nat(100_000), (list, seed) => {
        const epochMs = seed * 2 + 1;
        const fitting = list.filter((s) => s.startedMs <= epochMs).map((s) => s.number);
        fc.pre(fitting.length > 0);
        expect(resolveTimePoint({ type: 'instant', epochMs }, list)).toBe(Math.max(...fitting));
      }),
    );
  });
});
