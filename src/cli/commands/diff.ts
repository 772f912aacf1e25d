/** `varve diff`: what changed between two times, or since one. */
import {
  CodedError,
  diffLive,
  diffSnapshots,
  type Change,
  type ChangeType,
  type LiveDiff,
  type SnapshotDiff,
  type TimePoint,
} from '../../store.js';
import { addExamples, type CliCommand } from '../command.js';
import { ExitCode, exitCodeOfIssues } from '../exit-code.js';
import { nameOrigin } from '../origin.js';
import { addFilterOptions, checkedFilterOptions, type FilterFlags } from '../parse/filter.js';
import { parseTime } from '../parse/time.js';
import type { Palette } from '../render/colour.js';
import { jsonIssues } from '../render/issues.js';
import { lineChunks, mapped } from '../render/lines.js';
import { formatName, jsonPath, type Medium } from '../render/names.js';
import type { Session } from '../session.js';
import { addSourceOption, sourceOption, type SourceFlag } from '../shared-options.js';
import { addTimeHelp } from '../time-help.js';

interface DiffFlags extends SourceFlag, FilterFlags {
  readonly readAll?: boolean;
  readonly exitCode?: boolean;
}

export const diffCommand: CliCommand = {
  define(command) {
    command
      .description(
        'Shows what changed between two points in time; given one, what changed from then ' +
          'until now; given none, what changed since the latest snapshot. Each line begins ' +
          'with + (added), - (removed), M (modified), U (only owner, mode or time changed) or ' +
          'T (type changed).',
      )
      .argument('[time]', 'start (default: latest); see below')
      .argument('[time]', 'end (default: the files as they are now)')
      .option('--read-all', 'read and compare every current file, not only those that look changed')
      .option('--exit-code', 'exit with 5 if there are differences');
    addFilterOptions(command);
    addSourceOption(command);
    addExamples(command, [
      ['varve diff', 'what the next backup would find'],
      ['varve diff 1B latest', 'what the last backup found'],
      ['varve diff --exit-code --read-all yesterday', 'for scripts'],
    ]);
    addTimeHelp(command);
  },

  async run(session, command) {
    const flags = command.opts<DiffFlags>();
    const [from, to] = command.args.map((text) => parseTime(text, session.now));
    const diff = await compare(session, from ?? { type: 'latest' }, to, flags);
    const issues = 'issues' in diff ? diff.issues : [];
    nameOrigin(session, diff);
    session.listIssues(issues);
    const { output, palette } = session;
    if (session.isJson) {
      await output.json({
        source: diff.source.id,
        from: diff.from,
        to: diff.to ?? null,
        changes: mapped(diff.changes, toJson),
        issues: jsonIssues(issues),
      });
    } else {
      const toLine = (change: Change) => describe(change, palette, output.medium);
      await output.writeAll(lineChunks(mapped(diff.changes, toLine)));
    }
    if (flags.exitCode && diff.changes.length > 0) return ExitCode.differences;
    return exitCodeOfIssues(issues);
  },
};

async function compare(
  session: Session,
  from: TimePoint,
  to: TimePoint | undefined,
  flags: DiffFlags,
): Promise<SnapshotDiff | LiveDiff> {
  const options = { from, ...sourceOption(flags) };
  const filter = await checkedFilterOptions(flags, session);
  if (to === undefined) {
    const readsAll = flags.readAll ?? false;
    return diffLive(await session.openRepository('read'), { ...options, filter, readsAll });
  }
  if (flags.readAll || Object.keys(filter).length > 0) {
    const message =
      '--read-all and the options that leave files out do not apply to two points in time.';
    throw new CodedError('USAGE', message, { hint: 'Omit them, or give only one point in time.' });
  }
  return diffSnapshots(await session.openRepository('read'), { ...options, to });
}

/** The letters of `restic diff`. */
const LETTERS: Readonly<Record<ChangeType, string>> = {
  added: '+',
  removed: '-',
  modified: 'M',
  metadata: 'U',
  type: 'T',
};

function describe({ path, change }: Change, palette: Palette, medium: Medium): string {
  const line = `${LETTERS[change]}  ${formatName(path, medium)}`;
  if (change === 'added') return palette.green(line);
  return change === 'removed' ? palette.red(line) : line;
}

function toJson({ path, change }: Change): object {
  return { ...jsonPath(path), change };
}
