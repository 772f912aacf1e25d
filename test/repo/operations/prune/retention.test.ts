import { getISOWeek, getISOWeekYear } from 'date-fns';
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import {
  chooseSnapshots,
  type RetainedSnapshot,
  type Retention,
  type RetentionPolicy,
} from '../../../../src/repo/operations/prune/retention.js';

vi.stubEnv('TZ', 'Europe/Berlin');

const NOW = new Date('2026-11-04T12:00:00+01:00');

/** Snapshots 1, 2, ... of source 1, started at these local times. */
function series(...times: string[]): RetainedSnapshot[] {
  return times.map((time, i) => ({
    number: i + 1,
    source: 1,
    startedMs: new Date(time).getTime(),
    tags: [],
  }));
}

/** `number: reasons` of what is kept, as one readable object. */
function reasons(retention: Retention): Record<number, string[]> {
  return Object.fromEntries(retention.kept.map((v) => [v.number, [...v.reasons]]));
}

const choose = (snapshots: RetainedSnapshot[], policy: RetentionPolicy) =>
  reasons(chooseSnapshots(snapshots, policy, NOW));

describe('keep-last', () => {
  const history = series('2026-11-01T10:00', '2026-11-02T10:00', '2026-11-03T10:00');

  test('keeps the newest by number', () => {
    expect(choose(history, { keepLast: 2 })).toEqual({
      2: ['last snapshot'],
      3: ['last snapshot'],
    });
  });

  test('is not misled by a clock that jumped back', () => {
    const jumped = series('2026-11-01T10:00', '2026-11-03T10:00', '2020-01-01T00:00');
    expect(choose(jumped, { keepLast: 1 })).toEqual({ 3: ['last snapshot'] });
  });

  test.each([-1, 'unlimited'] as const)('%s keeps all', (keepLast) => {
    expect(Object.keys(choose(history, { keepLast }))).toEqual(['1', '2', '3']);
  });

  test('removes a snapshot from the future, since it does not go by the clock', () => {
    const future = series('2027-01-01T00:00', '2026-11-02T10:00');
    expect(choose(future, { keepLast: 1 })).toEqual({ 2: ['last snapshot'] });
  });

  test('lists kept and removed in the order of their numbers', () => {
    const [first, second, third] = history.map(({ startedMs }) => ({ source: 1, startedMs }));
    expect(chooseSnapshots([...history].reverse(), { keepLast: 1 }, NOW)).toEqual({
      kept: [{ ...third, number: 3, reasons: ['last snapshot'] }],
      removed: [
        { ...first, number: 1, reasons: [] },
        { ...second, number: 2, reasons: [] },
      ],
    });
  });
});

describe('periods', () => {
  test('the newest of each day is kept, for the last days that have one', () => {
    const history = series(
      '2026-10-20T09:00',
      '2026-10-28T09:00',
      '2026-10-28T18:00',
      '2026-11-03T09:00',
      '2026-11-03T18:00',
    );
    expect(choose(history, { keepDaily: 2 })).toEqual({
      3: ['daily snapshot'],
      5: ['daily snapshot'],
    });
  });

  test('days end at local midnight, not at that of UTC', () => {
    const history = series('2026-11-02T23:30:00+01:00', '2026-11-03T00:30:00+01:00');
    expect(choose(history, { keepDaily: 2 })).toEqual({
      1: ['daily snapshot'],
      2: ['daily snapshot'],
    });
  });

  test('weeks start on Monday and do not end with the year', () => {
    const history = series('2025-12-28T12:00', '2025-12-29T12:00', '2026-01-04T12:00');
    expect(choose(history, { keepWeekly: 1 })).toEqual({ 3: ['weekly snapshot'] });
    expect(choose(history, { keepWeekly: 2 })).toEqual({
      1: ['weekly snapshot'],
      3: ['weekly snapshot'],
    });
  });

  // Each rule: two in one period, then the first moment of the next one.
  test.each<[keyof RetentionPolicy, string, string, string]>([
    ['keepHourly', '2026-03-10T09:00:00', '2026-03-10T09:59:59', '2026-03-10T10:00:00'],
    ['keepDaily', '2026-03-10T00:00:00', '2026-03-10T23:59:59', '2026-03-11T00:00:00'],
    ['keepWeekly', '2026-03-09T00:00:00', '2026-03-15T23:59:59', '2026-03-16T00:00:00'],
    ['keepMonthly', '2026-03-01T00:00:00', '2026-03-31T23:59:59', '2026-04-01T00:00:00'],
    ['keepYearly', '2025-01-01T00:00:00', '2025-12-31T23:59:59', '2026-01-01T00:00:00'],
  ])('%s: from %s to %s is one, and %s the next', (rule, first, last, next) => {
    const name = rule.replace('keep', '').toLowerCase();
    const history = series(first, last, next);
    const reasons = [`${name} snapshot`];
    expect(choose(history, { [rule]: 1 })).toEqual({ 3: reasons });
    expect(choose(history, { [rule]: 2 })).toEqual({ 2: reasons, 3: reasons });
    expect(choose(history, { [rule]: 3 })).toEqual({
      1: [`oldest ${name} snapshot`],
      2: reasons,
      3: reasons,
    });
    for (const all of [-1, 'unlimited'] as const) {
      expect(choose(history, { [rule]: all })).toEqual(choose(history, { [rule]: 3 }));
    }
    expect(() => choose(history, { [rule]: -2 })).toThrow('A rule cannot keep -2 snapshots');
  });

  test.each<RetentionPolicy>([
    { keepLast: 1 },
    { keepHourly: 1 },
    { keepDaily: 1 },
    { keepWeekly: 1 },
    { keepMonthly: 1 },
    { keepYearly: 1 },
    { keepWithin: { hours: 1 } },
    { keepTags: [['a']] },
    { olderThan: 0 },
  ])('%j is a rule by itself', (policy) => {
    expect(Object.keys(choose(series('2026-11-01'), policy))).toEqual(['1']);
  });

  test('a snapshot of this very moment is not from the future', () => {
    const now = { ...series('2026-11-01')[0]!, startedMs: NOW.getTime() };
    expect(choose([now], { keepDaily: 1 })).toEqual({ 1: ['daily snapshot'] });
    const later = { ...now, startedMs: NOW.getTime() + 1 };
    expect(choose([later], { keepDaily: 1 })).toEqual({ 1: ['dated in the future'] });
  });

  test('within a span is what is younger than it, not as old', () => {
    const history = series('2026-10-01T10:00:00', '2026-10-01T10:00:01', '2026-10-01T12:00:00');
    expect(Object.keys(choose(history, { keepWithin: { hours: 2 } }))).toEqual(['2', '3']);
  });

  test('the oldest is kept as well while a rule is not used up', () => {
    const history = series('2026-11-01T09:00', '2026-11-01T10:00', '2026-11-02T10:00');
    expect(choose(history, { keepDaily: 3 })).toEqual({
      1: ['oldest daily snapshot'],
      2: ['daily snapshot'],
      3: ['daily snapshot'],
    });
    expect(choose(history, { keepDaily: 2 })).toEqual({
      2: ['daily snapshot'],
      3: ['daily snapshot'],
    });
  });

  test('one snapshot may serve several rules', () => {
    const history = series('2026-11-03T09:00', '2026-11-03T09:30');
    const policy = { keepHourly: 1, keepDaily: 1, keepWeekly: 1, keepMonthly: 1, keepYearly: 1 };
    expect(choose(history, policy)).toEqual({
      2: [
        'hourly snapshot',
        'daily snapshot',
        'weekly snapshot',
        'monthly snapshot',
        'yearly snapshot',
      ],
    });
  });

  test('the hour that comes twice at the end of summer time counts once', () => {
    const history = series('2026-10-25T02:30:00+02:00', '2026-10-25T02:30:00+01:00');
    expect(choose(history, { keepHourly: 1 })).toEqual({ 2: ['hourly snapshot'] });
  });

  test('a clock that went back and forth uses up no day twice', () => {
    const history = series(
      '2026-10-30T10:00',
      '2026-11-02T10:00',
      '2026-11-01T10:00',
      '2026-11-02T11:00',
    );
    expect(choose(history, { keepDaily: 3 })).toEqual({
      1: ['daily snapshot'],
      3: ['daily snapshot'],
      4: ['daily snapshot'],
    });
  });

  test('unlimited yearly keeps one a year', () => {
    const history = series('2020-05-01', '2021-05-01', '2021-06-01', '2022-05-01');
    expect(Object.keys(choose(history, { keepYearly: 'unlimited' }))).toEqual(['1', '3', '4']);
  });
});

describe('keep-within', () => {
  test('is measured back from the newest snapshot, not from now', () => {
    const history = series('2020-01-01T00:00', '2020-01-05T00:00', '2020-01-08T12:00');
    expect(choose(history, { keepWithin: { days: 7 } })).toEqual({
      2: ['within 7 days'],
      3: ['within 7 days'],
    });
  });

  test('leaves out a snapshot from the future when it looks for the newest', () => {
    const history = series('2026-10-01T00:00', '2026-11-03T00:00', '2099-01-01T00:00');
    expect(choose(history, { keepWithin: { days: 1 } })).toEqual({
      2: ['within 1 day'],
      3: ['dated in the future'],
    });
  });

  test('keeps all when the span is beyond all dates', () => {
    const history = series('2000-01-01', '2026-11-03');
    expect(Object.keys(choose(history, { keepWithin: { years: 1e9 } }))).toEqual(['1', '2']);
  });
});

describe('keep-tag', () => {
  const tagged = series('2026-11-01', '2026-11-02', '2026-11-03', '2026-11-04').map((s, i) => ({
    ...s,
    tags: [['release'], ['release', 'signed'], ['test'], []][i] ?? [],
  }));

  test('keeps what bears all tags of a list', () => {
    expect(choose(tagged, { keepTags: [['release', 'signed']] })).toEqual({
      2: ['tag release, signed'],
      4: ['newest of its source'],
    });
  });

  test('a list without a tag keeps nothing', () => {
    expect(choose(tagged, { keepTags: [[], ['signed']] })).toEqual({
      2: ['tag signed'],
      4: ['newest of its source'],
    });
  });

  test.each(['', 'a,b', ' a', 'a '])('%j, which no snapshot can bear, is refused', (tag) => {
    expect(() => choose(tagged, { keepTags: [['release'], ['release', tag]] })).toThrow(
      expect.objectContaining({ code: 'USAGE' }),
    );
  });

  test('several lists are alternatives', () => {
    expect(choose(tagged, { keepTags: [['release'], ['test']] })).toEqual({
      1: ['tag release'],
      2: ['tag release'],
      3: ['tag test'],
      4: ['newest of its source'],
    });
  });
});

describe('older-than', () => {
  const history = series('2026-10-01T00:00', '2026-11-01T00:00', '2026-11-02T00:00');
  const olderThan = new Date('2026-11-01T00:00').getTime();

  test('alone removes all that is older', () => {
    expect(choose(history, { olderThan })).toEqual({
      2: ['not older than 2026-11-01 00:00:00'],
      3: ['not older than 2026-11-01 00:00:00'],
    });
  });

  test('restrains the other rules', () => {
    expect(choose(history, { olderThan, keepMonthly: 2 })).toMatchObject({
      1: ['monthly snapshot'],
      2: ['not older than 2026-11-01 00:00:00'],
    });
  });

  test('never removes the last snapshot of a source', () => {
    const all = { olderThan: NOW.getTime() };
    expect(choose(history, all)).toEqual({ 3: ['newest of its source'] });
  });

  test('never removes a snapshot from the future', () => {
    const jumped = series('2027-01-01T00:00', '2026-11-02T00:00');
    expect(choose(jumped, { olderThan: new Date('2030-01-01').getTime() })).toEqual({
      1: ['dated in the future'],
      2: ['newest of its source'],
    });
  });
});

describe('sources', () => {
  test('are judged each by itself', () => {
    const two = series('2026-11-01', '2026-11-02', '2026-11-03', '2026-11-04').map((s) => ({
      ...s,
      source: s.number % 2,
    }));
    expect(choose(two, { keepLast: 1 })).toEqual({ 3: ['last snapshot'], 4: ['last snapshot'] });
  });
});

describe('a wrong policy', () => {
  test.each<RetentionPolicy>([
    {},
    { keepLast: 0, keepDaily: 0 },
    { keepTags: [] },
    { keepTags: [[]] },
    { keepWithin: {} },
    { keepWithin: { days: 0 } },
  ])('without a rule is refused: %j', (policy) => {
    expect(() => chooseSnapshots(series('2026-11-01'), policy, NOW)).toThrow(
      expect.objectContaining({
        code: 'PRUNE_EMPTY_POLICY',
        message: 'The policy has no rules, so it would keep nothing.',
      }),
    );
  });

  test.each([-2, 1.5, NaN])('with the count %d is refused', (keepDaily) => {
    expect(() => chooseSnapshots(series('2026-11-01'), { keepDaily }, NOW)).toThrow(
      expect.objectContaining({
        code: 'PRUNE_INVALID_COUNT',
        message: `A rule cannot keep ${keepDaily} snapshots: expected a whole number, or -1 or "unlimited" for all.`,
      }),
    );
  });
});

describe('for every history and policy', () => {
  const HOUR_MS = 3_600_000;
  const snapshots = fc
    .array(
      fc.record({
        source: fc.integer({ min: 1, max: 3 }),
        startedMs: fc
          .integer({ min: -20_000, max: 100 })
          .map((hours) => NOW.getTime() + hours * HOUR_MS),
        tags: fc.subarray(['a', 'b']),
      }),
      { maxLength: 40 },
    )
    .map((list) => list.map((s, i) => ({ ...s, number: i + 1 })));
  const count = fc.oneof(fc.integer({ min: -1, max: 6 }), fc.constant('unlimited' as const));
  const policy: fc.Arbitrary<RetentionPolicy> = fc.record(
    {
      keepLast: count,
      keepHourly: count,
      keepDaily: count,
      keepWeekly: count,
      keepMonthly: count,
      keepYearly: count,
      keepWithin: fc.record({ days: fc.nat(400) }),
      keepTags: fc.array(fc.subarray(['a', 'b'])),
    },
    { requiredKeys: [] },
  );

  test('each snapshot is either kept for a reason or removed without one', () => {
    fc.assert(
      fc.property(snapshots, policy, (list, p) => {
        const { kept, removed } = chooseSnapshots(list, { ...p, keepLast: 1 }, NOW);
        const numbers = [...kept, ...removed].map((v) => v.number).sort((a, b) => a - b);
        expect(numbers).toEqual(list.map((s) => s.number));
        expect(kept.every((v) => v.reasons.length > 0)).toBe(true);
        expect(removed.every((v) => v.reasons.length === 0)).toBe(true);
      }),
    );
  });

  test('the newest of each source stays', () => {
    fc.assert(
      fc.property(snapshots, (list) => {
        const { kept } = chooseSnapshots(list, { olderThan: NOW.getTime() }, NOW);
        const newest = new Map(list.map((s) => [s.source, s.number]));
        for (const number of newest.values()) expect(kept.map((v) => v.number)).toContain(number);
      }),
    );
  });

  test('one more rule never removes more', () => {
    fc.assert(
      fc.property(snapshots, policy, policy, (list, less, more) => {
        const both: RetentionPolicy = { ...more, ...less, keepLast: 1 };
        const kept = chooseSnapshots(list, both, NOW).kept.map((v) => v.number);
        const fewer = chooseSnapshots(list, { ...less, keepLast: 1 }, NOW).kept;
        expect(kept).toEqual(expect.arrayContaining(fewer.map((v) => v.number)));
      }),
    );
  });

  test('pruning twice is pruning once', () => {
    fc.assert(
      fc.property(snapshots, policy, (list, p) => {
        const policyTwice = { ...p, keepLast: 1 };
        const { kept } = chooseSnapshots(list, policyTwice, NOW);
        const left = list.filter((s) => kept.some((v) => v.number === s.number));
        expect(chooseSnapshots(left, policyTwice, NOW).removed).toEqual([]);
      }),
    );
  });

  test('weekly agrees with the week number of ISO 8601', () => {
    fc.assert(
      fc.property(snapshots, (list) => {
        const one = list.filter((s) => s.source === 1 && s.startedMs <= NOW.getTime());
        const weeks = new Map(
          one.map((s) => {
            const week = `${getISOWeekYear(s.startedMs)}-${getISOWeek(s.startedMs)}`;
            return [week, s.number];
          }),
        );
        const { kept } = chooseSnapshots(one, { keepWeekly: 1000 }, NOW);
        const weekly = kept.filter((v) => v.reasons.includes('weekly snapshot'));
        expect(new Set(weekly.map((v) => v.number))).toEqual(new Set(weeks.values()));
      }),
    );
  });
});
