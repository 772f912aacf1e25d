/** `varve restore`: writes a snapshot, or some of its paths, into a directory or onto the original. */
import { Option } from 'commander';
import {
  CodedError,
  restore,
  type OverwriteRule,
  type RestoreOptions,
  type RestoreResult,
} from '../../store.js';
import { addExamples, type CliCommand } from '../command.js';
import { exitCodeOfIssues } from '../exit-code.js';
import { openListing } from '../listing.js';
import { addRuleOptions, type FilterFlags } from '../parse/filter.js';
import { requireLocal } from '../parse/address.js';
import { addTimeHelp } from '../time-help.js';
import { formatBytes } from '../render/bytes.js';
import { count } from '../../platform/count.js';
import { jsonIssues } from '../render/issues.js';
import { formatName, formatNameText, jsonPath } from '../render/names.js';
import { formatSource } from '../render/source.js';
import { formatElapsed } from '../render/times.js';
import type { Session } from '../session.js';
import {
  addAtOption,
  addLastSeenOption,
  addJobsOption,
  addSourceOption,
  jobsOption,
  sourceOption,
  timePoint,
  type AtFlag,
  type LastSeenFlag,
  type JobsFlag,
  type SourceFlag,
} from '../shared-options.js';

interface RestoreFlags
  extends AtFlag, LastSeenFlag, SourceFlag, JobsFlag, Pick<FilterFlags, 'rules'> {
  readonly to?: string;
  readonly inPlace?: boolean;
  readonly overwrite?: OverwriteRule;
  readonly delete?: boolean;
  readonly ignoreErrors?: boolean;
  readonly verify?: boolean;
  readonly dryRun?: boolean;
  readonly numericOwner?: boolean;
  readonly mapUser?: string;
  readonly mapGroup?: string;
}

const OVERWRITE_RULES: readonly OverwriteRule[] = ['always', 'if-changed', 'if-newer', 'never'];

export const restoreCommand: CliCommand = {
  define(command) {
    command
      .description(
        'Writes files and directories as they were at a point in time. Each PATH becomes ' +
          'DIR/its-name; without PATH, DIR becomes the root of the source (or, for several ' +
          'roots, holds each as DIR/its-name). With --in-place, only what differs is written, ' +
          'to DIR or, without --to, over the originals; to finish an interrupted restore, run ' +
          'it again in place. -v lists each path that is new, changed, removed or kept, or would ' +
          'be with -n.',
      )
      .argument('[path...]', 'absolute, or relative to the current directory or to the root')
      .option('--to <dir>', 'the target directory; new or empty, unless --in-place is given')
      .option('--in-place', 'restore over what is there, writing only what differs')
      .addOption(
        new Option(
          '--overwrite <rule>',
          'in place: always (read and compare every file), if-changed (skip files whose size and ' +
            'time are the same; the default), if-newer or never',
        ).choices(OVERWRITE_RULES),
      )
      .option('--delete', 'in place: delete what the snapshot does not contain')
      .option('--ignore-errors', 'with --delete: even if the snapshot may be incomplete')
      .option('--verify', 'read everything back and compare it')
      .option('--numeric-owner', 'restore owners by number, not by name')
      .option('--map-user <file>', 'map users to others, one old:new per line')
      .option('--map-group <file>', 'likewise for groups');
    addRuleOptions(command);
    addAtOption(command);
    addLastSeenOption(command);
    addSourceOption(command);
    command.option('-n, --dry-run', 'count what would be restored, but write nothing');
    addJobsOption(command);
    addExamples(command, [
      ['varve restore --to ~/back', 'everything, as it was at the last backup'],
      ['varve restore ~/thesis --to ~/back --at yesterday', 'one directory, a day ago'],
      ['varve restore ~/thesis --in-place -n --delete', 'what an in-place restore would change'],
    ]);
    addTimeHelp(command);
  },

  async run(session, command) {
    const flags = command.opts<RestoreFlags>();
    const { progress } = session;
    const listing = openListing(session);
    const options: RestoreOptions = {
      paths: command.args,
      at: await timePoint(flags, session),
      isLastSeen: flags.lastSeen ?? false,
      ...sourceOption(flags),
      ...targetOptions(flags),
      rules: flags.rules ?? [],
      verifies: flags.verify ?? false,
      isDryRun: flags.dryRun ?? false,
      isNumericOwner: flags.numericOwner ?? false,
      ...(flags.mapUser !== undefined && { userMap: flags.mapUser }),
      ...(flags.mapGroup !== undefined && { groupMap: flags.mapGroup }),
      ...jobsOption(flags),
      signal: session.takeSignal(),
      ...(listing.onPath && { onPath: listing.onPath }),
      onStart(expected) {
        if (!listing.isOnTerminal) progress.start({ label: 'restore', expected });
      },
      onProgress: (done) => progress.update(done),
    };
    const result = await restore(await session.openRepository('read'), options);
    progress.finish();
    await listing.finish();
    const exitCode = exitCodeOfIssues(result.issues);
    if (!flags.dryRun) session.settle(`Snapshot ${result.snapshot} was restored`, exitCode);
    session.listIssues(result.issues);
    if (session.isJson) await session.output.json(toJson(result));
    else if (!session.isQuiet) await session.output.prose(describe(result, flags, session));
    return exitCode;
  },
};

/** @throws CodedError USAGE for options that need another one */
function targetOptions({
  to,
  inPlace,
  overwrite,
  delete: deletes,
  ignoreErrors,
}: RestoreFlags): Pick<RestoreOptions, 'to' | 'inPlace'> {
  const target = to === undefined ? {} : { to: requireLocal('--to', to) };
  if (ignoreErrors && !deletes) throw needs('--ignore-errors', '--delete');
  if (!inPlace) {
    if (overwrite) throw needs('--overwrite', '--in-place');
    if (deletes) throw needs('--delete', '--in-place');
    if (to !== undefined) return target;
    throw new CodedError('USAGE', 'restore needs a target.', {
      hint: 'Name a new directory with --to, or restore onto the original with --in-place.',
    });
  }
  return {
    ...target,
    inPlace: {
      ...(overwrite && { overwrite }),
      ...(deletes && { deletes: ignoreErrors ? 'always' : 'if-certain' }),
    },
  };
}

function needs(option: string, other: string): CodedError {
  return new CodedError('USAGE', `${option} requires ${other}.`, {
    hint: 'See `varve help restore`.',
  });
}

function describe(
  result: RestoreResult,
  { to, inPlace, dryRun }: RestoreFlags,
  { isVerbose }: Session,
): string {
  const { snapshot, files, directories, symlinks, bytesWritten, removed, durationMs } = result;
  const there = inPlace ? ` (${formatBytes(result.bytesUnchanged)} already there)` : '';
  const what = [
    count(files, 'file'),
    count(directories, 'directory'),
    count(symlinks, 'link'),
    `${formatBytes(bytesWritten)}${there}`,
  ].join(', ');
  const kept = result.kept > 0 ? `, ${result.kept} left as is` : '';
  const where = to === undefined ? 'the original' : formatNameText(to);
  const from = result.isEvident ? '' : ` of ${formatSource(result.source)}`;
  const first = dryRun
    ? `Would restore snapshot ${snapshot}${from} to ${where}: ${what}${kept}\n`
    : `Restored snapshot ${snapshot}${from} to ${where}: ${what}${kept}, in ${formatElapsed(durationMs)}\n`;
  // Listed with everything else.
  if (isVerbose) return first;
  const word = dryRun ? 'Would delete' : 'Deleted';
  return first + removed.map((path) => `${word} ${formatName(path)}\n`).join('');
}

function toJson(result: RestoreResult): object {
  return {
    snapshot: result.snapshot,
    source: result.source.id,
    files: result.files,
    files_unchanged: result.filesUnchanged,
    kept: result.kept,
    directories: result.directories,
    symlinks: result.symlinks,
    bytes_written: result.bytesWritten,
    bytes_unchanged: result.bytesUnchanged,
    removed: result.removed.map((path) => jsonPath(path)),
    duration_ms: result.durationMs,
    issues: jsonIssues(result.issues),
  };
}
