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

const AGE = /^(?:\d{1,9}[smhdwySHDWMY])+$/;

/** The span that `text` says, the same units added up; undefined when it is not an age. */
export function parseAge(text: string): Duration | undefined {
  if (!AGE.test(text)) return undefined;
  const age: Duration = {};
  for (const [, count, letter] of text.matchAll(/(\d+)(\D)/g)) {
    const unit = UNITS[letter as keyof typeof UNITS];
    age[unit] = (age[unit] ?? 0) + Number(count);
  }
  return age;
}
