/** Reads TIME, the point in history that `--at`, `diff` and `--older-than` take. */
import type { Duration } from 'date-fns';
import { isValid } from 'date-fns/isValid';
import { sub } from 'date-fns/sub';
import { CodedError, type TimePoint } from '../../store.js';
import { TIME_HINT } from '../time-help.js';
import { parseAge, parseSpokenAge } from './age.js';
import { readMoment } from './moment.js';
import { explainMistake } from './time-mistake.js';

const EPOCH = /^@(\d{1,13})(?:\.(\d{1,9}))?$/;

/** Eight digits are a day, as in `20261128`: nobody has that many snapshots. */
const NUMBER = /^(?!(?:19|20)\d{6}$)\d{1,15}$/;

type Reader = (text: string, now: Date) => TimePoint | undefined;

const READERS: readonly Reader[] = [
  readLatest,
  readNow,
  readSnapshotNumber,
  readBack,
  readAge,
  readEpoch,
  readCalendar,
];

/**
 * The point in time that `text` says, seen from `now`; words and times without a zone are local.
 * A day without a time (`2026-11-01`, `yesterday`, `monday`) is midnight at its start, as in
 * rdiff-backup, and a month (`2026-11`) is the midnight at which it begins. `monday` is the most recent
 * Monday, today included, and `last monday` the most recent one before today; with a time, the most
 * recent such moment that is not in the future. `last week` is a week ago, as in git.
 *
 * @throws CodedError USAGE_TIME, which says what is wrong and shows the accepted forms
 */
export function parseTime(text: string, now: Date): TimePoint {
  try {
    const point = readTime(text, now);
    if (point !== undefined) return point;
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
    throw notATime(error.message);
  }
  throw notATime(explainMistake(text, (other) => isTime(other, now)));
}

/** @throws CodedError USAGE_TIME for what has a form of TIME but no calendar or clock has */
function readTime(text: string, now: Date): TimePoint | undefined {
  const tidy = text
    .trim()
    .replace(/\s+/g, ' ')
    .replace(/,(?= )/g, '')
    .replace(/(?<=\w )at (?=\w)/i, '');
  for (const read of READERS) {
    const point = read(tidy, now);
    if (point !== undefined) return point;
  }
  return undefined;
}

function isTime(text: string, now: Date): boolean {
  try {
    return readTime(text, now) !== undefined;
  } catch {
    return false;
  }
}

function notATime(message: string): CodedError {
  return new CodedError('USAGE_TIME', message, {
    hint: TIME_HINT,
  });
}

function readLatest(text: string): TimePoint | undefined {
  return text.toLowerCase() === 'latest' ? { type: 'latest' } : undefined;
}

function readNow(text: string, now: Date): TimePoint | undefined {
  return text.toLowerCase() === 'now' ? instant(now) : undefined;
}

function readSnapshotNumber(text: string): TimePoint | undefined {
  return NUMBER.test(text) ? { type: 'snapshot', number: Number(text) } : undefined;
}

function readBack(text: string): TimePoint | undefined {
  return /^\d{1,15}B$/i.test(text) ? { type: 'back', count: parseInt(text, 10) } : undefined;
}

/** `3D`, `3D ago`, `3 days ago`, `last week`. @throws CodedError USAGE_TIME */
function readAge(text: string, now: Date): TimePoint | undefined {
  const age = ageIn(text);
  if (age === undefined) return undefined;
  const point = instant(sub(now, age));
  if (point !== undefined) return point;
  throw new CodedError('USAGE_TIME', `"${text}" is not a time: no calendar goes back that far.`);
}

function ageIn(text: string): Duration | undefined {
  const [, last] = /^last (week|month|year)$/i.exec(text) ?? [];
  if (last !== undefined) return parseSpokenAge(`1 ${last}`);
  const [, before] = /^(.+) ago$/i.exec(text) ?? [];
  return parseAge(before ?? text) ?? (before === undefined ? undefined : parseSpokenAge(before));
}

/** @throws CodedError USAGE_TIME */
function readEpoch(text: string): TimePoint | undefined {
  const [, seconds, fraction = ''] = EPOCH.exec(text) ?? [];
  if (seconds === undefined) return undefined;
  const ms = Number(seconds) * 1000 + Number(fraction.padEnd(3, '0').slice(0, 3));
  const point = instant(new Date(ms));
  if (point !== undefined) return point;
  throw new CodedError('USAGE_TIME', `"${text}" is not a time: no calendar goes that far.`);
}

/** @throws CodedError USAGE_TIME */
function readCalendar(text: string, now: Date): TimePoint | undefined {
  const moment = readMoment(text, now);
  return moment && instant(moment);
}

function instant(date: Date): TimePoint | undefined {
  return isValid(date) ? { type: 'instant', epochMs: date.getTime() } : undefined;
}
