/**
 * Which snapshots a retention policy keeps, with the reasons, and which it removes. A decision over
 * plain data: nothing is read or removed here.
 *
 * The meaning is restic's: rules are OR-ed and each source is judged by itself; a period rule of
 * `n` keeps the newest snapshot of each of the last `n` periods that hold one; while a period rule
 * is not used up, the oldest snapshot is kept too. It differs where restic trusts the clock:
 * snapshots are ordered by number, and one whose clock is later than `now` is never removed by
 * a rule that goes by the clock.
 */
import type { Duration } from 'date-fns';
import { formatLocalTime } from '../../../platform/local-time.js';
import { formatDuration } from 'date-fns/formatDuration';
import { startOfDay } from 'date-fns/startOfDay';
import { startOfHour } from 'date-fns/startOfHour';
import { startOfISOWeek } from 'date-fns/startOfISOWeek';
import { startOfMonth } from 'date-fns/startOfMonth';
import { startOfYear } from 'date-fns/startOfYear';
import { sub } from 'date-fns/sub';
import { CodedError } from '../../../errors.js';
import { checkTags, tagsOf } from '../tags.js';

/** How many snapshots a rule keeps: 0 means no rule; -1 and `unlimited` keep all. */
export type KeepCount = number | 'unlimited';

/** What to keep. A snapshot stays when any rule keeps it. */
export interface RetentionPolicy {
  /** This many of the newest, by number. */
  readonly keepLast?: KeepCount;
  /** The newest of each of the last n hours, days, ... in the local time zone. */
  readonly keepHourly?: KeepCount;
  readonly keepDaily?: KeepCount;
  /** Weeks start on Monday. */
  readonly keepWeekly?: KeepCount;
  readonly keepMonthly?: KeepCount;
  readonly keepYearly?: KeepCount;
  /** All taken within this span before the newest snapshot of the source (not before now). */
  readonly keepWithin?: Duration;
  /** All that have every tag in at least one of these lists. */
  readonly keepTags?: readonly (readonly string[])[];
  /** Epoch milliseconds: all that started at this instant or later. */
  readonly olderThan?: number;
}

/** What the rules look at. */
export interface RetainedSnapshot {
  readonly number: number;
  /** The source that the snapshot belongs to; each is judged by itself. */
  readonly source: number;
  /** When its backup started, milliseconds since the epoch. */
  readonly startedMs: number;
  readonly tags: readonly string[];
}

/** A snapshot and the rules that keep it; none when it is removed. */
export interface Verdict {
  readonly number: number;
  readonly source: number;
  readonly startedMs: number;
  readonly reasons: readonly string[];
}

/** Both lists in the order of the numbers. */
export interface Retention {
  readonly kept: readonly Verdict[];
  readonly removed: readonly Verdict[];
}

/** Says why it keeps a snapshot, if it does. Is asked from the newest to the oldest, once each. */
type Rule = (snapshot: RetainedSnapshot) => string | undefined;

/**
 * Divides `snapshots` (of any sources, in any order) by `policy`. The newest snapshot of a source
 * is always kept.
 *
 * @throws CodedError PRUNE_EMPTY_POLICY when no rule is given, PRUNE_INVALID_COUNT, USAGE for a tag
 */
export function chooseSnapshots(
  snapshots: readonly RetainedSnapshot[],
  policy: RetentionPolicy,
  now: Date,
): Retention {
  refuseEmpty(policy);
  policy.keepTags?.forEach(checkTags);
  const verdicts = groupBySource(snapshots)
    .flatMap((series) => judgeSource(series, policy, now.getTime()))
    .sort((a, b) => a.number - b.number);
  return {
    kept: verdicts.filter(({ reasons }) => reasons.length > 0),
    removed: verdicts.filter(({ reasons }) => reasons.length === 0),
  };
}

function groupBySource(snapshots: readonly RetainedSnapshot[]): RetainedSnapshot[][] {
  const bySource = new Map<number, RetainedSnapshot[]>();
  for (const snapshot of snapshots) {
    const series = bySource.get(snapshot.source);
    if (series === undefined) bySource.set(snapshot.source, [snapshot]);
    else series.push(snapshot);
  }
  return [...bySource.values()];
}

function judgeSource(
  series: readonly RetainedSnapshot[],
  policy: RetentionPolicy,
  nowMs: number,
): Verdict[] {
  const newestFirst = [...series].sort((a, b) => b.number - a.number);
  const rules = [keepLast(policy), keepTags(policy), byClock(policy, newestFirst, nowMs)].flat();
  return newestFirst.map((snapshot, position) => {
    const reasons = rules.map((rule) => rule(snapshot)).filter((reason) => reason !== undefined);
    if (position === 0 && reasons.length === 0) reasons.push('newest of its source');
    const { number, source, startedMs } = snapshot;
    return { number, source, startedMs, reasons };
  });
}

function keepLast({ keepLast = 0 }: RetentionPolicy): Rule[] {
  let left = countOf(keepLast);
  return left === 0 ? [] : [() => (left-- > 0 ? 'last snapshot' : undefined)];
}

function keepTags({ keepTags = [] }: RetentionPolicy): Rule[] {
  return keepTags
    .filter((wanted) => wanted.length > 0)
    .map((wanted) => (snapshot) => {
      const tags = tagsOf(snapshot);
      return wanted.every((tag) => tags.includes(tag)) ? `tag ${wanted.join(', ')}` : undefined;
    });
}

/** The rules that go by the clock, blind to snapshots from the future, and one that keeps those. */
function byClock(
  policy: RetentionPolicy,
  newestFirst: readonly RetainedSnapshot[],
  nowMs: number,
): Rule[] {
  const isPast = ({ startedMs }: RetainedSnapshot) => startedMs <= nowMs;
  const past = newestFirst.filter(isPast);
  const rules = [byPeriods(policy, past), keepWithin(policy, past), notOlder(policy)].flat();
  if (rules.length === 0) return [];
  return [
    (snapshot) => (isPast(snapshot) ? undefined : 'dated in the future'),
    ...rules.map(
      (rule): Rule =>
        (snapshot) =>
          isPast(snapshot) ? rule(snapshot) : undefined,
    ),
  ];
}

function byPeriods(policy: RetentionPolicy, newestFirst: readonly RetainedSnapshot[]): Rule[] {
  const oldest = newestFirst.at(-1)?.number;
  return [
    keepPeriod('hourly', policy.keepHourly, startOfHour, oldest),
    keepPeriod('daily', policy.keepDaily, startOfDay, oldest),
    keepPeriod('weekly', policy.keepWeekly, startOfISOWeek, oldest),
    keepPeriod('monthly', policy.keepMonthly, startOfMonth, oldest),
    keepPeriod('yearly', policy.keepYearly, startOfYear, oldest),
  ].flat();
}

/**
 * Keeps the first that it is asked about in each period. Periods are remembered, not compared with
 * the previous one, so that a clock that went back and forth uses up no period twice.
 */
function keepPeriod(
  name: string,
  count: KeepCount = 0,
  startOf: (epochMs: number) => Date,
  oldest: number | undefined,
): Rule[] {
  const limit = countOf(count);
  if (limit === 0) return [];
  const seen = new Set<number>();
  return [
    ({ number, startedMs }) => {
      if (seen.size >= limit) return undefined;
      const period = startOf(startedMs).getTime();
      if (seen.has(period)) return number === oldest ? `oldest ${name} snapshot` : undefined;
      seen.add(period);
      return `${name} snapshot`;
    },
  ];
}

function keepWithin(policy: RetentionPolicy, newestFirst: readonly RetainedSnapshot[]): Rule[] {
  const { keepWithin = {} } = policy;
  const [newest] = newestFirst;
  if (isEmpty(keepWithin)) return [];
  const untilMs = newest === undefined ? 0 : sub(newest.startedMs, keepWithin).getTime();
  const reason = `within ${formatDuration(keepWithin)}`;
  // Negated, so that a span beyond all dates (NaN) keeps everything.
  return [({ startedMs }) => (!(startedMs <= untilMs) ? reason : undefined)];
}

function notOlder({ olderThan }: RetentionPolicy): Rule[] {
  if (olderThan === undefined) return [];
  const reason = `not older than ${formatLocalTime(olderThan)}`;
  return [({ startedMs }) => (startedMs >= olderThan ? reason : undefined)];
}

/** @throws CodedError PRUNE_EMPTY_POLICY */
export function refuseEmpty(policy: RetentionPolicy): void {
  const counts = [
    policy.keepLast,
    policy.keepHourly,
    policy.keepDaily,
    policy.keepWeekly,
    policy.keepMonthly,
    policy.keepYearly,
  ];
  const isSet =
    counts.some((count = 0) => countOf(count) > 0) ||
    !isEmpty(policy.keepWithin ?? {}) ||
    (policy.keepTags ?? []).some((wanted) => wanted.length > 0) ||
    policy.olderThan !== undefined;
  if (isSet) return;
  throw new CodedError('PRUNE_EMPTY_POLICY', 'The policy has no rules, so it would keep nothing.', {
    hint: 'Say what to keep, such as --keep-last 10 or --keep-daily 7, or what to remove: --older-than 1Y, or a snapshot by its number.',
  });
}

function isEmpty(duration: Duration): boolean {
  return Object.values(duration).every((amount) => amount === 0);
}

function countOf(count: KeepCount): number {
  if (count === 'unlimited' || count === -1) return Infinity;
  if (Number.isSafeInteger(count) && count >= 0) return count;
  throw new CodedError(
    'PRUNE_INVALID_COUNT',
    `A rule cannot keep ${count} snapshots: expected a whole number, or -1 or "unlimited" for all.`,
  );
}
