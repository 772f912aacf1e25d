/** Reads a TIME that stands for an instant rather than for a snapshot. */
import { CodedError, resolveTimePoint, type ListedSnapshot } from '../../store.js';
import { parseTime } from './time.js';

/**
 * The instant that TIME means, in milliseconds since 1970; for a snapshot, when it was taken.
 * @throws CodedError USAGE_TIME, SNAPSHOT_NOT_FOUND, NO_SNAPSHOTS
 */
export function instantOf(text: string, snapshots: readonly ListedSnapshot[], now: Date): number {
  const point = parseTime(text, now);
  if (point.type === 'instant') return point.epochMs;
  const sources = new Set(snapshots.map(({ source }) => source.id));
  if (point.type !== 'snapshot' && sources.size > 1) {
    throw new CodedError('USAGE_TIME', `"${text}" means a different time for each source.`, {
      hint: 'Give a snapshot number, an age or a date.',
    });
  }
  const dated = snapshots.map(({ snapshot }) => snapshot);
  const number = resolveTimePoint(point, dated);
  return dated.find((snapshot) => snapshot.number === number)?.startedMs ?? NaN;
}
