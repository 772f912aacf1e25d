/** Reads durations: exact ones (`--lock-wait`, budgets) and ones by the calendar (`--keep-within`). */
import type { Duration } from 'date-fns';
import { CodedError } from '../../store.js';
import { formatAge, parseAge, parseSpokenAge } from './age.js';

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const WEEK_MS = 7 * DAY_MS;

const EXACT = 'such as 30s, 10m, 1h30m, 2D or 1W';
const CALENDAR = 'such as 36h, 7D, 2W, 6M or 1Y6M';

/**
 * The milliseconds that `text` says: `30s`, `10m`, `1h30m`, `2D`, `1W`. A day has 24 hours here;
 * months and years have no fixed length and are refused.
 *
 * @throws CodedError USAGE_DURATION
 */
export function parseDuration(text: string): number {
  const age = parseAge(text);
  if (age === undefined || !isExact(age)) throw wrongDuration(text, EXACT, isExact);
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
  if (age === undefined) throw wrongDuration(text, CALENDAR, () => true);
  return age;
}

const isExact = ({ months, years }: Duration): boolean =>
  months === undefined && years === undefined;

function wrongDuration(
  text: string,
  expected: string,
  isTaken: (age: Duration) => boolean,
): CodedError {
  return new CodedError('USAGE_DURATION', `"${text}" is not a duration${whyNot(text, isTaken)}`, {
    hint: `Give one ${expected}. Units are s m h D W M Y, where m is minutes and M months.`,
  });
}

/** What is wrong with it, as the end of a sentence. */
function whyNot(text: string, isTaken: (age: Duration) => boolean): string {
  const tidy = text.trim().replace(/\s+/g, ' ');
  if (tidy === '') return ': it is empty.';
  if (tidy.startsWith('-')) return ': it is negative.';
  if (/^\d+$/.test(tidy)) return ': it has no unit.';
  if (/^\d*[.,]\d+/.test(tidy)) return ': it is not whole.';
  const spoken = parseSpokenAge(tidy.replace(/(\d)(?=[a-z])/gi, '$1 '));
  const meant = spoken ?? parseAge(tidy.replace(/ /g, ''));
  if (meant !== undefined) {
    return isTaken(meant)
      ? `; did you mean ${formatAge(meant)}?`
      : ': months and years differ in length.';
  }
  if (/^[a-z]+$/i.test(tidy)) return ': it has no number.';
  const [, unit] = /^(?:\d+[smhdwySHDWMY])*\d+([^\d\s]+)$/.exec(tidy) ?? [];
  return unit === undefined ? '.' : `: there is no unit "${unit}".`;
}
