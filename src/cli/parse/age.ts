/** Ages such as `1W2D`: the one grammar behind points in time, durations and `--keep-within`. */
import type { Duration } from 'date-fns';

/**
 * The units by their letter. Only `m` (minutes) and `M` (months) differ by case; of the others
 * both cases are taken, since rdiff-backup writes `3D` and restic `3d`.
 */
const UNITS = {
  s: 'seconds',
  S: 'seconds',
  m: 'minutes',
  h: 'hours',
  H: 'hours',
  d: 'days',
  D: 'days',
  w: 'weeks',
  W: 'weeks',
  M: 'months',
  y: 'years',
  Y: 'years',
} as const satisfies Record<string, keyof Duration>;

type Unit = (typeof UNITS)[keyof typeof UNITS];

const AGE = /^(?:\d{1,9}[smhdwySHDWMY])+$/;

/** The span that `text` says, the same units added up; undefined when it is not an age. */
export function parseAge(text: string): Duration | undefined {
  if (!AGE.test(text)) return undefined;
  return addUp(
    Array.from(text.matchAll(/(\d+)(\D)/g), ([, amount, letter]) => {
      return [Number(amount), UNITS[letter as keyof typeof UNITS]] as const;
    }),
  );
}

/** The units as people spell them, the usual name first. */
const UNIT_WORDS: Readonly<Record<Unit, readonly string[]>> = {
  seconds: ['second', 'seconds', 'sec', 'secs'],
  minutes: ['minute', 'minutes', 'min', 'mins'],
  hours: ['hour', 'hours', 'hr', 'hrs'],
  days: ['day', 'days'],
  weeks: ['week', 'weeks'],
  months: ['month', 'months'],
  years: ['year', 'years'],
};

const NUMBER_WORDS = [
  '',
  'one',
  'two',
  'three',
  'four',
  'five',
  'six',
  'seven',
  'eight',
  'nine',
  'ten',
];

/** What a word or digits count; NaN for none. */
function numberOf(text: string): number {
  if (text === 'a' || text === 'an') return 1;
  const word = NUMBER_WORDS.indexOf(text);
  return word > 0 ? word : Number(text || NaN);
}

/** The words of ages, for who looks for a misspelt one. */
export const AGE_WORDS: readonly string[] = [
  ...Object.values(UNIT_WORDS).flat(),
  ...NUMBER_WORDS,
  'ago',
];

/** The span that words say: `3 days`, `an hour`, `1 week and 2 days`; undefined when they say none. */
export function parseSpokenAge(text: string): Duration | undefined {
  const parts = text.toLowerCase().split(/ and | (?=\d)/);
  const read = parts.map((part) => {
    const [, amount = '', word = ''] = /^(\d{1,9}|[a-z]+) ([a-z]+)$/.exec(part) ?? [];
    const unit = (Object.keys(UNIT_WORDS) as Unit[]).find((name) =>
      UNIT_WORDS[name].includes(word),
    );
    const number = numberOf(amount);
    return unit === undefined || Number.isNaN(number) ? undefined : ([number, unit] as const);
  });
  return read.every((part) => part !== undefined) ? addUp(read) : undefined;
}

function addUp(parts: readonly (readonly [number, Unit])[]): Duration {
  const age: Duration = {};
  for (const [amount, unit] of parts) age[unit] = (age[unit] ?? 0) + amount;
  return age;
}

/** `3D` for `{ days: 3 }`: what to type. */
export function formatAge(age: Duration): string {
  const letters = [
    ['years', 'Y'],
    ['months', 'M'],
    ['weeks', 'W'],
    ['days', 'D'],
    ['hours', 'h'],
    ['minutes', 'm'],
    ['seconds', 's'],
  ] as const;
  return letters
    .map(([unit, letter]) => (age[unit] === undefined ? '' : `${age[unit]}${letter}`))
    .join('');
}
