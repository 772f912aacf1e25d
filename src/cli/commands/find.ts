/** `varve find`: paths in all history, by name, by what they were, or by content. */
import {
  CodedError,
  findContent,
  findPaths,
  listSnapshots,
  type FindOptions,
  type FoundPath,
  type Repository,
} from '../../store.js';
import { addExamples, type CliCommand } from '../command.js';
import { ExitCode } from '../exit-code.js';
import type { Output } from '../output.js';
import { parseSize } from '../parse/size.js';
import { formatBytes } from '../render/bytes.js';
import { formatName, jsonPath } from '../render/names.js';
import { renderTable, type Column } from '../render/table.js';
import { formatIsoTime, formatLocalDay } from '../render/times.js';
import { optionValue } from '../session.js';
import { addSourceOption, sourceOption, type SourceFlag } from '../shared-options.js';
import { addTimeHelp } from '../time-help.js';

interface FindFlags extends SourceFlag, TestFlags {
  readonly ignoreCase?: boolean;
  readonly content?: string;
}

/** What a version must be. */
interface TestFlags {
  readonly larger?: string;
  readonly smaller?: string;
  readonly newer?: string;
  readonly older?: string;
  readonly deleted?: boolean;
}

export const findCommand: CliCommand = {
  define(command) {
    command
      .description(
        'Finds paths in the whole history, each with the first and the last snapshot that has ' +
          'it. PATTERN is a part of a name or, if it contains a slash, of a path; with wildcards ' +
          '(* ? [ ]) it is a pattern in gitignore syntax that the whole name or path must match.',
      )
      .argument('[pattern]', 'such as notes, "*.tex" or "/home/**/thesis"')
      .option('-i, --ignore-case', 'match letters in either case')
      .option('--larger <size>', 'only files that were larger than this: 10M')
      .option('--smaller <size>', 'only files that were smaller than this')
      .option('--newer <time>', 'only what was modified at this TIME or later; see below')
      .option('--older <time>', 'only what was modified before this TIME')
      .option('--deleted', 'only what the latest snapshot of its source no longer has')
      .option('--content <file>', 'find this file under any name, by its contents');
    addSourceOption(command);
    addExamples(command, [
      ['varve find notes', 'names with "notes" in them'],
      ["varve find -i '*.tex' --deleted", 'by the whole name, what is gone'],
      ['varve find --larger 1G --older 1Y', 'large and not touched for a year'],
      ['varve find --content photo.jpg', 'by content, before deleting it here'],
    ]);
    addTimeHelp(command);
  },

  async run(session, command) {
    const flags = command.opts<FindFlags>();
    checkFlags(command.args[0], flags);
    const repository = await session.openRepository('read');
    const matches = await search(repository, command.args[0], flags, session.now);
    if (session.isJson) await session.output.json({ matches: matches.map(toJson) });
    else if (matches.length === 0) session.notice(nothingFound(command.args[0], flags));
    else {
      const snapshots = flags.source === undefined ? await listSnapshots(repository) : [];
      const isOfSeveral = new Set(snapshots.map(({ source }) => source.id)).size > 1;
      await session.output.write(describe(matches, isOfSeveral, session.output));
    }
    return ExitCode.done;
  },
};

/** @throws CodedError USAGE when it is not said what to look for, or more than goes together */
function checkFlags(pattern: string | undefined, flags: FindFlags): void {
  const { content, larger, smaller, newer, older, deleted } = flags;
  const isTested = [larger, smaller, newer, older, deleted].some((value) => value !== undefined);
  if ((content === undefined) === (pattern !== undefined || isTested)) return;
  const message =
    content === undefined
      ? 'find needs a PATTERN, or an option that says what to look for.'
      : '--content goes with --source alone, not with a PATTERN or another option.';
  throw new CodedError('USAGE', message, { hint: 'See `varve help find`.' });
}

async function search(
  repository: Repository,
  pattern: string | undefined,
  flags: FindFlags,
  now: Date,
): Promise<FoundPath[]> {
  const source = sourceOption(flags);
  if (flags.content !== undefined) {
    return findContent(repository, { ...source, file: flags.content });
  }
  const ignoresCase = flags.ignoreCase ?? false;
  const times = await timeTests(repository, flags, now);
  return findPaths(repository, { ...source, ...sizeTests(flags), ...times, pattern, ignoresCase });
}

/** @throws CodedError USAGE_SIZE */
function sizeTests({ larger, smaller, deleted }: TestFlags): FindOptions {
  const largerThan = optionValue('--larger', parseSize, larger);
  const smallerThan = optionValue('--smaller', parseSize, smaller);
  return {
    ...(largerThan !== undefined && { largerThan }),
    ...(smallerThan !== undefined && { smallerThan }),
    ...(deleted && { isGone: true }),
  };
}

/** What reads TIME is loaded when there is one. @throws CodedError USAGE_TIME, SNAPSHOT_NOT_FOUND */
async function timeTests(
  repository: Repository,
  { newer, older, ...flags }: TestFlags & SourceFlag,
  now: Date,
): Promise<FindOptions> {
  if (newer === undefined && older === undefined) return {};
  const { instantOf } = await import('../parse/instant.js');
  const all = await listSnapshots(repository);
  const source = sourceOption(flags);
  const meant = source.source ? await listSnapshots(repository, source) : all;
  const snapshots = { all, meant };
  const seconds = (text: string): number => Math.floor(instantOf(text, snapshots, now) / 1000);
  const modifiedFrom = optionValue('--newer', seconds, newer);
  const modifiedBefore = optionValue('--older', seconds, older);
  return {
    ...(modifiedFrom !== undefined && { modifiedFrom }),
    ...(modifiedBefore !== undefined && { modifiedBefore }),
  };
}

/** What was looked for, and what else to try. */
function nothingFound(pattern: string | undefined, { ignoreCase, content }: FindFlags): string {
  if (content !== undefined) return `Nothing found: no snapshot has the contents of ${content}.`;
  if (pattern === undefined) return 'Nothing found.';
  const hasCase = pattern.toLowerCase() !== pattern.toUpperCase();
  return `Nothing found for "${pattern}".${hasCase && !ignoreCase ? ' (-i ignores case.)' : ''}`;
}

function describe(
  matches: readonly FoundPath[],
  isOfSeveral: boolean,
  { columns: width }: Output,
): string {
  const columns: Column<FoundPath>[] = [
    { head: 'FIRST', align: 'right', cell: (found) => dated(found.firstSnapshot, found.firstMs) },
    { head: 'LAST', align: 'right', cell: (found) => dated(found.lastSnapshot, found.lastMs) },
    { head: 'SIZE', align: 'right', cell: ({ sizeBytes }) => formatBytes(sizeBytes) },
    { head: 'PATH', cell: ({ path }) => formatName(path) },
  ];
  if (isOfSeveral) {
    columns.unshift({ head: 'SOURCE', align: 'right', cell: ({ source }) => String(source) });
  }
  return renderTable(columns, matches, width);
}

function dated(snapshot: number, takenMs: number): string {
  return `${snapshot}  ${formatLocalDay(takenMs)}`;
}

function toJson(found: FoundPath): object {
  return {
    ...jsonPath(found.path),
    source: found.source,
    first_snapshot: found.firstSnapshot,
    first_time: formatIsoTime(found.firstMs),
    last_snapshot: found.lastSnapshot,
    last_time: formatIsoTime(found.lastMs),
    size: found.sizeBytes,
  };
}
