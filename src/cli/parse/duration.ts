/** Reads durations: exact ones (`--lock-wait`, budgets) and ones by the calendar (`--keep-within`). */
import type { Duration } from 'date-fns';
import { CodedError } from '../../store.js';
import { parseAge } from './age.js';

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const WEEK_MS = 7 * DAY_MS;

/**
 * The milliseconds that `text` says: `30s`, `10m`, `1h30m`, `2D`, `1W`. A day has 24 hours here;
 * months and years have no fixed length and are refused.
 *
 * @throws CodedError USAGE_DURATION
 */
export function parseDuration(text: string): number {
  const age = parseAge(text);
  if (age === undefined || age.months !== undefined || age.years !== undefined) {
    throw wrongDuration(text, 'such as 30s, 10m, 1h30m, 2D or 1W');
  }
  const { seconds = 0, minutes = 0, hours = 0, days = 0, weeks = 0 } = age;
  return (
    seconds * SECOND_MS + minutes * MINUTE_MS + hours * HOUR_MS + days * DAY_MS + weeks * WEEK_MS
  );
}

/**
 * The span of the calendar that `text` says: `7D`, `1Y6M`, `36h`. Its length depends on the day it
 * is counted from.
 *
 * @throws CodedError USAGE_DURATION
 */
export function parseCalendarDuration(text: string): Duration {
  const age = parseAge(text);
  if (age === undefined) throw wrongDuration(text, 'such as 36h, 7D, 2W, 6M or 1Y6M');
  return age;
}

function wrongDuration(text: string, expected: string): CodedError {
  return new CodedError('USAGE_DURATION', `"${text}" is not a duration ${expected}.`, {
    hint: 'Units are s m h D W M Y, where m is minutes and M months.',
  });
}
