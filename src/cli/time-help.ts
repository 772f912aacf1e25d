/** What TIME may be: for the help, and for the error about a text that is not a time. */
import type { Command } from 'commander';

/** The forms that `parse/time.ts` reads. */
export const TIME_HELP = `TIME is one of
  latest, now
  12                          the snapshot with that number
  3B                          three backups before the latest
  3D, 1W2D, 36h, 90m          this long ago: s m h D W M Y (m minutes, M months)
  2026-11-01                  the start of that day, midnight
  2026-11-01 18:30[:15]       local time
  2026-11-01T18:30:15+01:00   ISO 8601, with or without a zone
  @1793554215                 seconds since 1970
  today, yesterday, monday, last friday
  yesterday 18:00             any of these with a time
and stands for the newest snapshot taken no later. A day without a time is its
first moment, so "2026-11-01" is the state before anything was saved that day.`;

/** Puts the forms of TIME at the end of a command's help. */
export function addTimeHelp(command: Command): void {
  command.addHelpText('after', `\n${TIME_HELP}`);
}
