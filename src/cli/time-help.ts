/** What TIME may be: for the help, and for the error about a text that is not a time. */
import type { Command } from 'commander';
import { addHelp } from './command.js';
import { describeTerm, wrapText } from './render/help.js';

/** The forms that `parse/time.ts` reads, separated by commas, and what they stand for. */
export const TIME_FORMS: readonly (readonly [forms: string, meaning: string])[] = [
  ['latest, now', ''],
  ['12', 'the snapshot with that number'],
  ['3B', 'three backups before the latest'],
  ['3D, 1W2D, 36h, 90m', 'this long ago: s m h D W M Y (m minutes, M months)'],
  ['3 days ago, an hour ago', 'likewise'],
  ['last week, last month', 'a week, a month ago'],
  ['2026-11-01', 'the start of that day, midnight'],
  ['20261101', 'likewise'],
  ['1 nov, nov 1 2026', 'likewise; without a year, the most recent one'],
  ['2026-11, nov 2026', 'the start of that month'],
  ['today, yesterday', 'the start of that day'],
  ['monday, last friday', 'likewise; monday may be today, last monday is before'],
  ['18:30, 18:30:15, noon', 'the most recent such moment'],
  ['2026-11-01 18:30', 'local time; any of these days may have a time'],
  ['2026-11-01T18:30:15+01:00', 'ISO 8601, with or without a zone'],
  ['20261101T1830', 'likewise'],
  ['@1793554215', 'seconds since 1970'],
];

const NOTE =
  'and stands for the newest snapshot taken no later. A day without a time is its first moment, so ' +
  '"2026-11-01" is the state before anything was saved that day. A plain number is a snapshot, 2026, ' +
  'too; only eight digits that begin with 19 or 20 are a day.';

const FORMS_WIDTH = 26;

/** Below an error: the forms that most people need. */
export const TIME_HINT =
  'Such as latest, 12 (a snapshot), "3 days ago", 3D, 2026-11-01, "2026-11-01 18:30", yesterday, 18:30; ' +
  'all forms are in `varve help ls`. `varve snapshots` lists the snapshots with their times.';

/** All forms of TIME, in lines of at most `columns`. */
export function renderTimeHelp(columns: number): string {
  const forms = TIME_FORMS.flatMap(([form, meaning]) => {
    return describeTerm(form, meaning, { termWidth: FORMS_WIDTH, columns });
  });
  return ['TIME is one of', ...forms, ...wrapText(NOTE, columns)].join('\n');
}

/** Puts the forms of TIME at the end of a command's help. */
export function addTimeHelp(command: Command): void {
  addHelp(command, renderTimeHelp);
}
