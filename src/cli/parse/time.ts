/** Reads TIME, the point in history that `--at`, `diff` and `--older-than` take. */
import type { Day } from 'date-fns';
import { isValid } from 'date-fns/isValid';
import { parseISO } from 'date-fns/parseISO';
import { previousDay } from 'date-fns/previousDay';
import { set } from 'date-fns/set';
import { startOfDay } from 'date-fns/startOfDay';
import { sub } from 'date-fns/sub';
import { subDays } from 'date-fns/subDays';
import { subWeeks } from 'date-fns/subWeeks';
import { CodedError, type TimePoint } from '../../store.js';
import { TIME_HELP } from '../time-help.js';
import { parseAge } from './age.js';

const WEEKDAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];

const ISO =
  /^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?: ?(?:Z|[+-](?:[01]\d|2[0-3])(?::?[0-5]\d)?))?)?$/i;
const EPOCH = /^@(\d{1,13})(?:\.(\d{1,9}))?$/;
const WORDS = /^(?:(last) )?([a-z]+)(?: (\d{1,2}):(\d\d)(?::(\d\d))?)?$/;

type Reader = (text: string, now: Date) => TimePoint | undefined;

const READERS: readonly Reader[] = [
  readLatest,
  readNow,
  readSnapshotNumber,
  readBack,
  readAge,
  readIso,
  readEpoch,
  readWords,
];

/**
 * The point in time that `text` says, seen from `now`; words and times without a zone are local.
 * A day without a time (`2026-11-01`, `yesterday`, `monday`) is midnight at its start, as in
 * rdiff-backup. `monday` is the most recent Monday, today included, and `last monday` the most
 * recent one before today; with a time, the most recent such moment that is not in the future.
 *
 * @throws CodedError USAGE_TIME, which shows the accepted forms
 */
export function parseTime(text: string, now: Date): TimePoint {
  const tidy = text.trim().replace(/\s+/g, ' ');
  for (const read of READERS) {
    const point = read(tidy, now);
    if (point !== undefined) return point;
  }
  throw new CodedError('USAGE_TIME', `"${text}" is not a time.`, {
    hint: `${TIME_HELP}\nList the snapshots and their times with \`varve snapshots\`.`,
  });
}

function readLatest(text: string): TimePoint | undefined {
  return text.toLowerCase() === 'latest' ? { type: 'latest' } : undefined;
}

function readNow(text: string, now: Date): TimePoint | undefined {
  return text.toLowerCase() === 'now' ? instant(now) : undefined;
}

function readSnapshotNumber(text: string): TimePoint | undefined {
  return /^\d{1,15}$/.test(text) ? { type: 'snapshot', number: Number(text) } : undefined;
}

function readBack(text: string): TimePoint | undefined {
  return /^\d{1,15}B$/i.test(text) ? { type: 'back', count: parseInt(text, 10) } : undefined;
}

function readAge(text: string, now: Date): TimePoint | undefined {
  const age = parseAge(text);
  return age && instant(sub(now, age));
}

function readIso(text: string): TimePoint | undefined {
  if (!ISO.test(text)) return undefined;
  return instant(
    parseISO(
      text
        .toUpperCase()
        .replace(/^(.{10}) /, '$1T')
        .replace(' ', ''),
    ),
  );
}

function readEpoch(text: string): TimePoint | undefined {
  const [, seconds, fraction = ''] = EPOCH.exec(text) ?? [];
  if (seconds === undefined) return undefined;
  return instant(new Date(Number(seconds) * 1000 + Number(fraction.padEnd(3, '0').slice(0, 3))));
}

function readWords(text: string, now: Date): TimePoint | undefined {
  const [, last, word, hours = '0', minutes = '0', seconds = '0'] =
    WORDS.exec(text.toLowerCase()) ?? [];
  const time = { hours: Number(hours), minutes: Number(minutes), seconds: Number(seconds) };
  if (word === undefined || time.hours > 23 || time.minutes > 59 || time.seconds > 59) {
    return undefined;
  }
  if (last === undefined) {
    if (word === 'today') return instant(set(startOfDay(now), time));
    if (word === 'yesterday') return instant(set(startOfDay(subDays(now, 1)), time));
  }
  const weekday = WEEKDAYS.indexOf(word);
  if (weekday < 0) return undefined;
  return instant(recentWeekday(weekday as Day, time, now, last === undefined));
}

/** The most recent such weekday and time that is not after `now`, today counted or not. */
function recentWeekday(
  weekday: Day,
  time: { hours: number; minutes: number; seconds: number },
  now: Date,
  countToday: boolean,
): Date {
  const today = startOfDay(now);
  if (!countToday || today.getDay() !== weekday) return set(previousDay(today, weekday), time);
  const thisDay = set(today, time);
  return thisDay > now ? set(subWeeks(today, 1), time) : thisDay;
}

function instant(date: Date): TimePoint | undefined {
  return isValid(date) ? { type: 'instant', epochMs: date.getTime() } : undefined;
}
