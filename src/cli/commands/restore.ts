/** `varve restore`: writes a snapshot, or some of its paths, into a fresh directory. */
import { restore, type RestoreResult } from '../../store.js';
import { addExamples, type CliCommand } from '../command.js';
import { exitCodeOfIssues } from '../exit-code.js';
import { addTimeHelp } from '../time-help.js';
import { formatBytes } from '../render/bytes.js';
import { jsonIssues } from '../render/issues.js';
import { formatElapsed } from '../render/times.js';
import {
  addAtOption,
  addJobsOption,
  addSourceOption,
  jobsOption,
  sourceOption,
  timePoint,
  type AtFlag,
  type JobsFlag,
  type SourceFlag,
} from '../shared-options.js';

interface RestoreFlags extends AtFlag, SourceFlag, JobsFlag {
  readonly to: string;
  readonly dryRun?: boolean;
  readonly numericOwner?: boolean;
  readonly mapUser?: string;
  readonly mapGroup?: string;
}

export const restoreCommand: CliCommand = {
  define(command) {
    command
      .description(
        'Writes files and directories as they were at a point in time. Each PATH becomes ' +
          'DIR/its-name; without PATH, DIR becomes the root of the source (of several roots, each ' +
          'DIR/its-name).',
      )
      .argument('[path...]', 'absolute as backed up, or relative to here or to the root')
      .requiredOption('--to <dir>', 'where to; must be new or empty');
    addAtOption(command);
    addSourceOption(command);
    command
      .option('-n, --dry-run', 'count what would be restored, and write nothing')
      .option('--numeric-owner', 'take owners by number, not by name')
      .option('--map-user <file>', 'give files to other users: a line old:new for each')
      .option('--map-group <file>', 'the same for groups');
    addJobsOption(command);
    addExamples(command, [
      ['varve restore --to /tmp/back', 'everything, as it was at the last backup'],
      ['varve restore ~/thesis --to /tmp/back --at yesterday', 'one directory, a day ago'],
    ]);
    addTimeHelp(command);
  },

  async run(session, command) {
    const flags = command.opts<RestoreFlags>();
    const { progress, platform } = session;
    const result = await restore(session.repository.path, platform, {
      paths: command.args,
      at: await timePoint(flags, session),
      ...sourceOption(flags),
      to: flags.to,
      isDryRun: flags.dryRun ?? false,
      isNumericOwner: flags.numericOwner ?? false,
      ...(flags.mapUser !== undefined && { userMap: flags.mapUser }),
      ...(flags.mapGroup !== undefined && { groupMap: flags.mapGroup }),
      ...jobsOption(flags),
      lockWaitMs: session.lockWaitMs,
      signal: session.takeSignal(),
      onStart: (expected) => progress.start({ label: 'restore', expected }),
      onProgress: (done) => progress.update(done),
    });
    progress.finish();
    session.listIssues(result.issues);
    if (session.isJson) await session.output.json(toJson(result));
    else if (!session.isQuiet) await session.output.write(describe(result, flags));
    return exitCodeOfIssues(result.issues);
  },
};

function describe(result: RestoreResult, { to, dryRun }: RestoreFlags): string {
  const { snapshot, files, directories, symlinks, bytesWritten, durationMs } = result;
  const what = `${files} files, ${directories} directories, ${symlinks} links, ${formatBytes(bytesWritten)}`;
  return dryRun
    ? `Snapshot ${snapshot} would give ${to} ${what}\n`
    : `Restored snapshot ${snapshot} to ${to}: ${what}, in ${formatElapsed(durationMs)}\n`;
}

function toJson(result: RestoreResult): object {
  return {
    snapshot: result.snapshot,
    files: result.files,
    directories: result.directories,
    symlinks: result.symlinks,
    bytes_written: result.bytesWritten,
    bytes_unchanged: result.bytesUnchanged,
    duration_ms: result.durationMs,
    issues: jsonIssues(result.issues),
  };
}
