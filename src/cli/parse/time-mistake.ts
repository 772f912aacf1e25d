/** Says what is wrong with a text that is not a TIME, and which one was probably meant. */
import { count } from '../../platform/count.js';
import { AGE_WORDS, parseSpokenAge } from './age.js';
import { MONTHS, WEEKDAYS } from './moment.js';
import { nearestWords } from '../near-miss.js';

const FUTURE = /^(?:in|next|tomorrow|after|until)\b/i;

const VOCABULARY = [
  ...['latest', 'now', 'today', 'yesterday', 'noon', 'midnight', 'last'],
  ...WEEKDAYS,
  ...AGE_WORDS,
  ...MONTHS,
];

/** Words that are right as they stand, short as they are. */
const SHORT = ['a', 'an', 'and', 'am', 'pm', ...MONTHS.map((month) => month.slice(0, 3))];

/** The first line of the error about `text`; `isTime`: whether another text is one. */
export function explainMistake(text: string, isTime: (text: string) => boolean): string {
  if (text.trim() === '') return 'An empty text is not a time.';
  if (FUTURE.test(text.trim())) {
    return `"${text}" is in the future, and TIME is a point in the past.`;
  }
  const tidy = text.trim().toLowerCase().replace(/\s+/g, ' ');
  const meant = Array.from(guesses(tidy)).find(isTime);
  if (meant !== undefined) return `"${text}" is not a time; did you mean "${meant}"?`;
  if (/^\d+[a-z]$/i.test(text)) {
    return `"${text}" is not a time: the units are s m h D W M Y, and B for backups.`;
  }
  if (/^\d{1,4}[./-]\d{1,2}[./-]\d{1,4}/.test(text)) {
    return `"${text}" is not a time: a date is year, month and day, as in 2026-11-28.`;
  }
  return `"${text}" is not a time.`;
}

/** What may have been meant, the likeliest first. */
function* guesses(text: string): Iterable<string> {
  const positive = text.replace(/^-(?=\d)/, '');
  yield positive.replace(/(\d) (?=[a-z]$)/, '$1').replace(/[dwy]$/, (unit) => unit.toUpperCase());
  const spelt = respell(positive.replace(/(\d)(?=[a-z])/g, '$1 '));
  yield* agesOf(spelt);
  yield spelt;
  yield yearFirst(spelt);
  yield spelt.replace(/\b(\d{1,2}) ?[.h]? ?(\d\d)$/, '$1:$2');
}

/** `3 day` as `3 days ago`. */
function* agesOf(text: string): Iterable<string> {
  const age = parseSpokenAge(text.replace(/ ago$/, ''));
  if (age === undefined) return;
  const parts = Object.entries(age).map(([unit, amount]: [string, number]) =>
    count(amount, unit.slice(0, -1)),
  );
  yield `${parts.join(' ')} ago`;
}

function respell(text: string): string {
  return text.replace(/[a-z]+/g, (word) => {
    if (SHORT.includes(word) || VOCABULARY.includes(word)) return word;
    const beginning = word.length >= 3 ? WEEKDAYS.find((day) => day.startsWith(word)) : undefined;
    return beginning ?? nearestWords(word, VOCABULARY)[0] ?? word;
  });
}

/** `2026/1/5` and `5.1.2026` as `2026-01-05`; which comes first in `1/5/2026`, nobody knows. */
function yearFirst(text: string): string {
  const pad = (digits: string): string => digits.padStart(2, '0');
  return text
    .replace(/^(\d{1,2})\.(\d{1,2})\.(\d{4})/, '$3-$2-$1')
    .replace(/^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?!\d)/, (_, year: string, month, day) => {
      return [year, pad(month as string), pad(day as string)].join('-');
    })
    .replace(/^(\d{4})[-/.](\d)$/, '$1-0$2');
}
