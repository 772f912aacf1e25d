/**
 * Which snapshot a point in time means. Order is the snapshot number, never the clock: a clock that
 * jumped may have given a later snapshot an earlier time.
 */
import { CodedError } from '../../../errors.js';
import { formatLocalTime } from '../../../platform/local-time.js';

/** A point in the history of one source, before it is resolved to a snapshot. */
export type TimePoint =
  | { readonly type: 'latest' }
  | { readonly type: 'snapshot'; readonly number: number }
  /** So many snapshots before the latest; 0 is the latest. */
  | { readonly type: 'back'; readonly count: number }
  | { readonly type: 'instant'; readonly epochMs: number };

/** What {@link resolveTimePoint} needs to know of a snapshot. */
export interface DatedSnapshot {
  readonly number: number;
  /** When its backup started, milliseconds since the epoch. */
  readonly startedMs: number;
}

/**
 * The number of the snapshot that `point` means among `snapshots` (of one source, in any order).
 * An instant means the highest number whose start is not later; an instant of whole seconds takes
 * in all of its second, since seconds are what tables show and what people paste.
 *
 * @throws CodedError NO_SNAPSHOTS, SNAPSHOT_NOT_FOUND or TIME_BEFORE_FIRST_SNAPSHOT
 */
export function resolveTimePoint(point: TimePoint, snapshots: readonly DatedSnapshot[]): number {
  const inOrder = [...snapshots].sort((a, b) => a.number - b.number);
  const number = numberAt(point, inOrder);
  if (number === undefined) throw noneAt(point, inOrder);
  return number;
}

/** Why there is no snapshot at `point`; `inOrder`: those that there are. */
export function noneAt(point: TimePoint, inOrder: readonly DatedSnapshot[]): CodedError {
  const [oldest] = inOrder;
  if (oldest === undefined) return noSnapshots();
  switch (point.type) {
    case 'latest':
      return noSnapshots();
    case 'snapshot':
      return snapshotNotFound(point.number, inOrder);
    case 'back':
      return notFound(
        `${point.count}B goes back further than the oldest snapshot (snapshots in total: ${inOrder.length}).`,
      );
    case 'instant':
      return beforeFirst(point.epochMs, oldest);
  }
}

/** What {@link resolveTimePoint} gives, of snapshots in order of their numbers; undefined: none. */
export function numberAt(point: TimePoint, inOrder: readonly DatedSnapshot[]): number | undefined {
  switch (point.type) {
    case 'latest':
      return inOrder.at(-1)?.number;
    case 'snapshot':
      return inOrder.find(({ number }) => number === point.number)?.number;
    case 'back':
      return inOrder.at(-1 - point.count)?.number;
    case 'instant':
      return inOrder.findLast((s) => startedBy(s, point.epochMs))?.number;
  }
}

function startedBy(snapshot: DatedSnapshot, epochMs: number): boolean {
  const lastMs = epochMs % 1000 === 0 ? epochMs + 999 : epochMs;
  return snapshot.startedMs <= lastMs;
}

function noSnapshots(): CodedError {
  return new CodedError('NO_SNAPSHOTS', 'There are no snapshots yet.', {
    hint: 'Take the first one with `varve backup PATH`.',
  });
}

/** `snapshots`: those that there are, in order of their numbers. */
export function snapshotNotFound(number: number, snapshots: readonly DatedSnapshot[]): CodedError {
  const [oldest] = snapshots;
  const latest = snapshots.at(-1);
  if (!oldest || !latest) return noSnapshots();
  return notFound(
    `There is no snapshot ${number}; the numbers range from ${oldest.number} to ${latest.number}.`,
  );
}

function notFound(message: string): CodedError {
  return new CodedError('SNAPSHOT_NOT_FOUND', message, {
    hint: 'List them with `varve snapshots`.',
  });
}

function beforeFirst(epochMs: number, oldest: DatedSnapshot): CodedError {
  return new CodedError(
    'TIME_BEFORE_FIRST_SNAPSHOT',
    `No snapshot is as old as ${formatLocalTime(epochMs)}; the oldest is number ${oldest.number}, from ${formatLocalTime(oldest.startedMs)}.`,
    { hint: `Give a later time, or the number ${oldest.number}.` },
  );
}
