/** `varve diff`: what changed between two times, or since one. */
import {
  CodedError,
  diffLive,
  diffSnapshots,
  type Change,
  type LiveDiff,
  type OnContents,
  type SnapshotDiff,
  type TimePoint,
} from '../../store.js';
import { addExamples, type CliCommand } from '../command.js';
import { ExitCode, exitCodeOfIssues } from '../exit-code.js';
import { nameOrigin } from '../origin.js';
import { addFilterOptions, checkedFilterOptions, type FilterFlags } from '../parse/filter.js';
import { parseTime } from '../parse/time.js';
import {
  changeDocument,
  describeChange,
  isToldElsewhere,
  summariseChanges,
  summariseLines,
} from '../render/changes.js';
import { jsonIssues } from '../render/issues.js';
import { lineChunks, mapped } from '../render/lines.js';
import { escapeLines } from '../render/names.js';
import type { FilePatch } from '../render/patch.js';
import type { Session } from '../session.js';
import { addSourceOption, sourceOption, type SourceFlag } from '../shared-options.js';
import { addTimeHelp } from '../time-help.js';

interface DiffFlags extends SourceFlag, FilterFlags {
  readonly patch?: boolean;
  readonly stat?: boolean;
  readonly readAll?: boolean;
  readonly exitCode?: boolean;
}

export const diffCommand: CliCommand = {
  define(command) {
    command
      .description(
        'Shows what changed between two points in time; given one, what changed from then ' +
          'until now; given none, what changed since the latest snapshot. With PATHs, only ' +
          'what changed there. Each line begins with + (added), - (removed), M (modified), R ' +
          '(renamed: the same bytes under another name), U (only owner, mode or time changed) ' +
          'or T (type changed), and says by how much the file grew or shrank.',
      )
      .usage('[options] [time [time]] [path...]')
      .argument(
        '[argument...]',
        'up to two TIMEs, the start (default: latest) and the end (default: the files as they ' +
          'are now), then PATHs; write ./12 for a path that looks like a TIME',
      )
      .option('-p, --patch', 'show the changed lines of text files, as a unified diff')
      .option('--stat', 'show how many lines of each text file were added and removed')
      .option('--read-all', 'read and compare every current file, not only those that look changed')
      .option('--exit-code', 'exit with 5 if there are differences');
    addFilterOptions(command);
    addSourceOption(command);
    addExamples(command, [
      ['varve diff', 'what the next backup would find'],
      ['varve diff 1B latest', 'what the last backup found'],
      ['varve diff -p yesterday ~/thesis/chapter1.tex', 'the lines that changed since'],
      ['varve diff --exit-code --read-all yesterday', 'for scripts'],
    ]);
    addTimeHelp(command);
  },

  async run(session, command) {
    const flags = command.opts<DiffFlags>();
    if (session.isJson && (flags.patch || flags.stat)) throw noDocument();
    const { output, palette } = session;
    const contents = flags.patch || flags.stat ? await showContents(session, flags) : undefined;
    const diff = await compare(session, splitArguments(command.args, session.now), {
      ...flags,
      onContents: contents?.onContents,
    });
    const issues = 'issues' in diff ? diff.issues : [];
    nameOrigin(session, diff);
    session.listIssues(issues);
    if (session.isJson) {
      await output.json({
        source: diff.source.id,
        from: diff.from,
        to: diff.to ?? null,
        changes: mapped(diff.changes, changeDocument),
        issues: jsonIssues(issues),
      });
    } else if (diff.changes.length > 0) {
      const shown = contents ? [] : diff.changes.filter((change) => !isToldElsewhere(change));
      const toLine = (change: Change): string => describeChange(change, palette);
      await output.writeAll(lineChunks(mapped(shown, toLine)));
      const lines = contents ? `; ${contents.summary()}` : '';
      await output.prose(`${summariseChanges(diff.changes)}${lines}\n`);
    }
    if (flags.exitCode && diff.changes.length > 0) return ExitCode.differences;
    return exitCodeOfIssues(issues);
  },
};

/** What was given beside the options. */
interface DiffArguments {
  readonly times: readonly TimePoint[];
  readonly paths: readonly string[];
  /** What is wrong with the first path as a TIME, where it may have been meant as one. */
  readonly mistake: CodedError | undefined;
}

/** The first that is no TIME, and all that follow, are paths. */
function splitArguments(args: readonly string[], now: Date): DiffArguments {
  const times: TimePoint[] = [];
  for (const text of args) {
    if (times.length === 2) break;
    try {
      times.push(parseTime(text, now));
    } catch (error) {
      if (!(error instanceof CodedError)) throw error;
      const mistake = text.includes('/') ? undefined : error;
      return { times, paths: args.slice(times.length), mistake };
    }
  }
  return { times, paths: args.slice(times.length), mistake: undefined };
}

type CompareFlags = DiffFlags & { readonly onContents: OnContents | undefined };

async function compare(
  session: Session,
  { times, paths, mistake }: DiffArguments,
  flags: CompareFlags,
): Promise<SnapshotDiff | LiveDiff> {
  const [from = { type: 'latest' } as const, to] = times;
  const { onContents } = flags;
  const options = { from, paths, ...sourceOption(flags), ...(onContents && { onContents }) };
  const filter = await checkedFilterOptions(flags, session);
  if (to !== undefined && (flags.readAll || Object.keys(filter).length > 0)) {
    const message =
      '--read-all and the options that leave files out do not apply to two points in time.';
    throw new CodedError('USAGE', message, { hint: 'Omit them, or give only one point in time.' });
  }
  const repository = await session.openRepository('read');
  try {
    if (to !== undefined) return await diffSnapshots(repository, { ...options, to });
    return await diffLive(repository, { ...options, filter, readsAll: flags.readAll ?? false });
  } catch (error) {
    const isNoPath = error instanceof CodedError && error.code === 'PATH_NOT_FOUND';
    throw isNoPath && mistake ? neither(mistake, error) : error;
  }
}

/** A mistyped TIME, most likely. */
function neither({ code, message, hint }: CodedError, error: CodedError): CodedError {
  const more = hint === undefined ? '' : ` ${hint}`;
  return new CodedError(code, message, {
    hint: `It is no path either: ${error.message}${more}`,
    cause: error,
  });
}

interface ShownContents {
  readonly onContents: OnContents;
  /** `3 lines added, 1 removed`. */
  summary(): string;
}

/** Writes each change with its lines, or with their number. What makes patches is loaded for it. */
async function showContents(session: Session, { patch }: DiffFlags): Promise<ShownContents> {
  const { patchOf } = await import('../render/patch.js');
  const { output, palette } = session;
  const totals = { added: 0, removed: 0 };
  const show = (found: FilePatch): string | Buffer => {
    if (found.type === 'none') return '';
    if (found.type === 'opaque') return `   ${found.message}.\n`;
    if (!patch) return `   ${summariseLines(found.added, found.removed)}\n`;
    const bytes = Buffer.from(found.text, 'latin1');
    return output.stream.isTTY ? escapeText(bytes.toString()) : bytes;
  };
  return {
    async onContents(change, contents) {
      if (isToldElsewhere(change)) return;
      await output.write(`${describeChange(change, palette)}\n`);
      if (change.renamedFrom !== undefined) return;
      const found = patchOf(change, contents);
      if (found.type === 'text') {
        totals.added += found.added;
        totals.removed += found.removed;
      }
      await output.write(show(found));
    },
    summary: () => summariseLines(totals.added, totals.removed),
  };
}

/** The lines of a file for a terminal, which may keep their tabs. */
function escapeText(text: string): string {
  return text.split('\t').map(escapeLines).join('\t');
}

function noDocument(): CodedError {
  return new CodedError('USAGE', '--patch and --stat show text, which no document has.', {
    hint: 'Omit --json, or compare what `varve cat` writes.',
  });
}
