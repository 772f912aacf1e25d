/** Reads a TIME that stands for an instant rather than for a snapshot. */
import { CodedError, resolveTimePoint, type ListedSnapshot } from '../../store.js';
import { parseTime } from './time.js';

/** Where TIME may look: a number is that of any snapshot, `latest` and `3B` are those of what is meant. */
export interface DatedSnapshots {
  readonly all: readonly ListedSnapshot[];
  readonly meant: readonly ListedSnapshot[];
}

/**
 * The instant that TIME means, in milliseconds since 1970; for a snapshot, when it was taken.
 * @throws CodedError USAGE_TIME, SNAPSHOT_NOT_FOUND, NO_SNAPSHOTS
 */
export function instantOf(text: string, { all, meant }: DatedSnapshots, now: Date): number {
  const point = parseTime(text, now);
  if (point.type === 'instant') return point.epochMs;
  const isNumber = point.type === 'snapshot';
  const sources = new Set(meant.map(({ source }) => source.id));
  if (!isNumber && sources.size > 1) {
    throw new CodedError('USAGE_TIME', `"${text}" means a different time for each source.`, {
      hint: 'Name one with --source, or give a snapshot number, an age or a date.',
    });
  }
  const dated = (isNumber ? all : meant).map(({ snapshot }) => snapshot);
  const number = resolveTimePoint(point, dated);
  return dated.find((snapshot) => snapshot.number === number)?.startedMs ?? NaN;
}
