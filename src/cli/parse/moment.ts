/** Reads a moment by the calendar and the clock: a day, a time of day, or both. */
import { CodedError } from '../../store.js';

/** A day of the calendar; `month` is 1 to 12. */
interface Day {
  readonly year: number;
  readonly month: number;
  readonly day: number;
}

interface ClockTime {
  readonly hours: number;
  readonly minutes: number;
  readonly seconds: number;
  readonly ms: number;
}

/** The days that a text may mean, the latest first. */
interface Days {
  readonly days: readonly Day[];
  /** The most recent one is meant whose moment has come; else the first, whenever that is. */
  readonly isRecent: boolean;
}

export const WEEKDAYS = [
  'sunday',
  'monday',
  'tuesday',
  'wednesday',
  'thursday',
  'friday',
  'saturday',
];
export const MONTHS = [
  'january',
  'february',
  'march',
  'april',
  'may',
  'june',
  'july',
  'august',
  'september',
  'october',
  'november',
  'december',
];

const MIDNIGHT: ClockTime = { hours: 0, minutes: 0, seconds: 0, ms: 0 };

const CLOCK = String.raw`\d{1,2}:\d\d(?::\d\d(?:\.\d{1,9})?)?|\d{1,2}(?::\d\d)? ?[ap]m|noon|midnight`;
const ZONE = String.raw`Z|[+-]\d\d(?::?\d\d)?`;
const WITH_CLOCK = new RegExp(`^(?:(.*?)[T ])?(${CLOCK})(?: ?(${ZONE}))?$`, 'i');
const COMPACT = /^(\d{8})[T ](\d\d)(\d\d)((?:\d\d)?)(?=$| ?(?:Z|[+-]))/i;

/**
 * The moment that `text` says, seen from `now`; undefined when it does not look like one. Without a zone
 * it is local. A day or a month without a time of day is its first moment; a time without a day, a
 * weekday or a day without a year is the most recent such moment that is not in the future.
 *
 * @throws CodedError USAGE_TIME for what no calendar or clock has
 */
export function readMoment(text: string, now: Date): Date | undefined {
  const spelt = text.replace(COMPACT, '$1T$2:$3$4').replace(/(T\d\d:\d\d)(?=\d\d)/i, '$1:');
  const match = WITH_CLOCK.exec(spelt);
  const [dayText, clockText, zone] = match ? match.slice(1) : [spelt];
  const found = dayText === undefined ? recentDays(now) : readDays(dayText.toLowerCase(), now);
  if (found === undefined) return undefined;
  const time = clockText === undefined ? MIDNIGHT : readClock(clockText.toLowerCase(), text);
  const [first] = found.days;
  if (first === undefined) return undefined;
  if (zone !== undefined) {
    if (found.isRecent) return undefined;
    return new Date(inUtc(first, time) - offsetOf(zone, text));
  }
  return found.isRecent ? mostRecent(found.days, time, now) : momentOf(first, time);
}

const wrong = (text: string, what: string, why: string): CodedError =>
  new CodedError('USAGE_TIME', `"${text}" is not a ${what}: ${why}.`);

/** @throws CodedError USAGE_TIME */
function readClock(clock: string, text: string): ClockTime {
  if (clock === 'midnight') return MIDNIGHT;
  if (clock === 'noon') return { ...MIDNIGHT, hours: 12 };
  const [, h = '', m = '0', s = '0', fraction = '', half] =
    /^(\d+)(?::(\d+))?(?::(\d+))?(?:\.(\d+))? ?([ap]m)?$/.exec(clock) ?? [];
  const [hours, minutes, seconds] = [Number(h), Number(m), Number(s)];
  const isHour = half === undefined ? hours <= 23 : hours >= 1 && hours <= 12;
  if (!isHour) throw wrong(text, 'time', `there is no hour ${h}${half ? ` ${half}` : ''}`);
  if (minutes > 59) throw wrong(text, 'time', `there is no minute ${m}`);
  if (seconds > 59) throw wrong(text, 'time', `there is no second ${s}`);
  return {
    hours: half === undefined ? hours : (hours % 12) + (half === 'pm' ? 12 : 0),
    minutes,
    seconds,
    ms: Number(fraction.padEnd(3, '0').slice(0, 3)),
  };
}

/** @throws CodedError USAGE_TIME */
function readDays(text: string, now: Date): Days | undefined {
  const today = dayOf(now);
  if (text === 'today') return fixed(today);
  if (text === 'yesterday') return fixed(daysBefore(today, 1));
  return readDate(text) ?? readWeekday(text, today) ?? readNamedMonth(text, today);
}

/** `2026-11-28`, `20261128` or, for its first day, `2026-11`. */
function readDate(text: string): Days | undefined {
  const [, year, month, day = '01'] =
    /^(\d{4})-(\d\d)(?:-(\d\d))?$/.exec(text) ?? /^((?:19|20)\d\d)(\d\d)(\d\d)$/.exec(text) ?? [];
  if (year === undefined) return undefined;
  return fixed(existing({ year: Number(year), month: Number(month), day: Number(day) }, text));
}

function readWeekday(text: string, today: Day): Days | undefined {
  const [, last, name = ''] = /^(last )?([a-z]+)$/.exec(text) ?? [];
  const weekday = WEEKDAYS.indexOf(name);
  if (weekday < 0) return undefined;
  const back = (startOf(today).getDay() - weekday + 7) % 7;
  if (last !== undefined) return fixed(daysBefore(today, back === 0 ? 7 : back));
  return { days: [daysBefore(today, back), daysBefore(today, back + 7)], isRecent: true };
}

/** `28 nov`, `nov 28 2026`, `28 november 2026`, and `nov 2026` for its first day. */
function readNamedMonth(text: string, today: Day): Days | undefined {
  const [, dayBefore, name = '', dayAfter, year] =
    /^(?:(\d{1,2}) )?([a-z]{3,9})\.?(?: (\d{1,2}))?(?: (\d{4}))?$/.exec(text) ?? [];
  const month = MONTHS.findIndex((full) => name.length >= 3 && full.startsWith(name)) + 1;
  if (month === 0 || (dayBefore !== undefined && dayAfter !== undefined)) return undefined;
  const day = dayBefore ?? dayAfter;
  if (year !== undefined) {
    return fixed(existing({ year: Number(year), month, day: Number(day ?? 1) }, text));
  }
  if (day === undefined) return undefined;
  // 2024 was a leap year: what it has not got, no year has.
  existing({ year: 2024, month, day: Number(day) }, text, 'of any year');
  const years = Array.from({ length: 10 }, (_, back) => today.year - back);
  const days = years.map((each) => ({ year: each, month, day: Number(day) }));
  return { days: days.filter((each) => each.day <= daysIn(each)), isRecent: true };
}

/** @throws CodedError USAGE_TIME when no calendar has the day */
function existing(day: Day, text: string, year: 'of any year' | number = day.year): Day {
  const name = MONTHS[day.month - 1];
  if (name === undefined) throw wrong(text, 'date', `there is no month ${twoDigits(day.month)}`);
  if (day.day === 0) throw wrong(text, 'date', 'there is no day 00');
  const most = daysIn(day);
  if (day.day <= most) return day;
  const month = `${name.charAt(0).toUpperCase()}${name.slice(1)}`;
  const ofYear = day.month === 2 && year !== 'of any year' ? ` ${year}` : '';
  throw wrong(text, 'date', `${month}${ofYear} has ${most} days`);
}

function recentDays(now: Date): Days {
  const today = dayOf(now);
  return { days: [0, 1, 2].map((back) => daysBefore(today, back)), isRecent: true };
}

const fixed = (day: Day): Days => ({ days: [day], isRecent: false });

/** A moment that a clock set forward leaves out is no candidate; of one that comes twice, both are. */
function mostRecent(days: readonly Day[], time: ClockTime, now: Date): Date | undefined {
  for (const day of days) {
    const moment = momentOf(day, time);
    if (time !== MIDNIGHT && moment.getHours() !== time.hours) continue;
    const again = secondTime(moment);
    if (again && again <= now) return again;
    if (moment <= now) return moment;
  }
  return undefined;
}

/** When the clock shows `moment` again, because it is set back within three hours of it. */
function secondTime(moment: Date): Date | undefined {
  const later = new Date(moment.getTime() + 3 * 3_600_000);
  const back = (later.getTimezoneOffset() - moment.getTimezoneOffset()) * 60_000;
  const again = new Date(moment.getTime() + back);
  // Lord Howe sets its clocks back by half an hour: the hour alone can agree before that, too.
  const showsSame =
    again.getHours() === moment.getHours() && again.getMinutes() === moment.getMinutes();
  return back > 0 && showsSame ? again : undefined;
}

/** The local moment; the first of those that the clock shows twice. */
function momentOf({ year, month, day }: Day, { hours, minutes, seconds, ms }: ClockTime): Date {
  const moment = new Date(2000, 0, 1);
  moment.setFullYear(year, month - 1, day);
  moment.setHours(hours, minutes, seconds, ms);
  return moment;
}

/** The moment as UTC has it, in milliseconds. */
function inUtc(day: Day, { hours, minutes, seconds, ms }: ClockTime): number {
  const moment = new Date(0);
  moment.setUTCFullYear(day.year, day.month - 1, day.day);
  return moment.setUTCHours(hours, minutes, seconds, ms);
}

/** How far a zone is ahead of UTC, in milliseconds. @throws CodedError USAGE_TIME */
function offsetOf(zone: string, text: string): number {
  const [, sign, hours = 0, minutes = 0] = /^([+-])(\d\d):?(\d\d)?$/.exec(zone) ?? [];
  if (Number(hours) > 23 || Number(minutes) > 59) {
    throw wrong(text, 'time', `there is no zone ${zone}`);
  }
  return (Number(hours) * 60 + Number(minutes)) * (sign === '-' ? -1 : 1) * 60_000;
}

const dayOf = (moment: Date): Day => ({
  year: moment.getFullYear(),
  month: moment.getMonth() + 1,
  day: moment.getDate(),
});

const startOf = (day: Day): Date => momentOf(day, MIDNIGHT);

/** Noon has no change of the clock. */
const daysBefore = (day: Day, back: number): Day =>
  dayOf(momentOf({ ...day, day: day.day - back }, { ...MIDNIGHT, hours: 12 }));

const daysIn = ({ year, month }: Day): number => {
  const last = new Date(0);
  last.setUTCFullYear(year, month, 0);
  return last.getUTCDate();
};

const twoDigits = (number: number): string => String(number).padStart(2, '0');
