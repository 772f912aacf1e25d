/** `varve backup`: takes a snapshot of some paths. */
import type { Command } from 'commander';
import {
  backup,
  backupStream,
  CodedError,
  initRepository,
  isRepository,
  rootNames,
  type BackupOptions,
  type BackupResult,
  type SnapshotOptions,
} from '../../store.js';
import { addExamples, type CliCommand } from '../command.js';
import { exitCodeOfIssues } from '../exit-code.js';
import { addFilterOptions, checkedFilterOptions, type FilterFlags } from '../parse/filter.js';
import { readPathList, type PathListFlags } from '../parse/path-list.js';
import {
  addStreamOptions,
  streamOption,
  type NamedStream,
  type StreamFlags,
} from '../parse/stream.js';
import { parseTags } from '../parse/tags.js';
import { wholeNumber } from '../parse/whole-number.js';
import { formatBytes } from '../render/bytes.js';
import { count } from '../render/count.js';
import { jsonIssues, jsonNotices } from '../render/issues.js';
import { formatElapsed } from '../render/times.js';
import { optionValue, type Session } from '../session.js';
import {
  addJobsOption,
  addRereadOptions,
  jobsOption,
  listOption,
  rereadOptions,
  type JobsFlag,
  type RereadFlags,
} from '../shared-options.js';

interface BackupFlags extends JobsFlag, FilterFlags, PathListFlags, RereadFlags, StreamFlags {
  readonly tag?: readonly string[];
  readonly host?: string;
  readonly dryRun?: boolean;
  readonly skipIfUnchanged?: boolean;
  readonly level?: string;
}

const ZSTD_LEVELS = [1, 19] as const;

export const backupCommand: CliCommand = {
  define(command) {
    command
      .description(
        'Takes a snapshot of files and directories. Paths backed up together form one ' +
          'source; the next backup of the same paths stores only what has changed. The first ' +
          'backup into the default repository creates it.',
      )
      .argument('[path...]', 'what to back up')
      .option(
        '--files-from <file>',
        'also back up the paths listed in a file, one per line; - is standard input',
      )
      .option('--null', 'the listed paths end with NUL, as written by `find -print0`');
    addFilterOptions(command);
    command
      .addOption(listOption('--tag <tags>', 'tag the snapshot; a,b is two tags; repeatable'))
      .option('--host <name>', 'the host name of the source (default: that of this machine)')
      .option('-n, --dry-run', 'show what would be backed up, but write nothing')
      .option('--skip-if-unchanged', 'take no snapshot if nothing has changed')
      .option('--level <n>', 'zstd level, 1 to 19 (default: 3)');
    addRereadOptions(command);
    addStreamOptions(command);
    addJobsOption(command);
    addExamples(command, [
      ['varve backup ~/documents', 'into the default repository'],
      ["varve backup --exclude '*.tmp' --tag daily ~", 'without temporary files'],
      ['find ~ -name "*.tex" -print0 | varve backup --files-from - --null', 'whatever find lists'],
      ['varve backup -n /etc', 'what it would do'],
      [
        'varve backup --command db.sql -- pg_dump shop',
        'the output of a command, run without a shell',
      ],
    ]);
  },

  async run(session, command) {
    const flags = command.opts<BackupFlags>();
    const source = await chooseSource(command, flags, session);
    const options = snapshotOptions(session, flags);
    if (!flags.dryRun) await makeDefaultRepository(session);
    const repository = await session.openRepository('write');
    const result =
      'stream' in source
        ? await backupStream(repository, { ...options, ...source })
        : await backup(repository, { ...options, ...source });
    session.progress.finish();
    session.listIssues(result.issues);
    if (!session.isJson) result.notices.forEach(({ message }) => session.notice(message));
    if (!session.platform.files.at.attributes) session.notice(WITHOUT_ATTRIBUTES);
    if (session.isJson) await session.output.json(toJson(result));
    else if (!session.isQuiet) await session.output.write(describe(result, flags, session));
    return exitCodeOfIssues(result.issues);
  },
};

const WITHOUT_ATTRIBUTES =
  'Extended attributes, access control lists and inode flags are not saved: ' +
  'that requires Linux with glibc.';

/** What is backed up, and how it is read. @throws CodedError USAGE, USAGE_SHARE */
async function chooseSource(
  command: Command,
  flags: BackupFlags,
  session: Session,
): Promise<Omit<BackupOptions, keyof SnapshotOptions> | NamedStream> {
  const stream = await streamOption(flags, command);
  if (stream) return stream;
  const paths = [...command.args, ...(await readPathList(flags, session.platform))];
  const hasList = flags.filesFrom !== undefined;
  if (paths.length === 0) {
    const message = hasList ? 'The list names no paths.' : 'There is nothing to back up.';
    const hint =
      'Name paths, list them with --files-from FILE, or pipe something into `varve backup --stdin`.';
    throw new CodedError('USAGE', message, { hint });
  }
  return {
    paths,
    toleratesMissing: hasList,
    filter: await checkedFilterOptions(flags, session),
    ...rereadOptions(flags),
  };
}

function snapshotOptions(session: Session, flags: BackupFlags): SnapshotOptions {
  const { progress } = session;
  const level = optionValue('--level', wholeNumber(...ZSTD_LEVELS), flags.level);
  return {
    tags: [...new Set(flags.tag?.flatMap((tags) => optionValue('--tag', parseTags, tags)))],
    skipsIfUnchanged: flags.skipIfUnchanged ?? false,
    isDryRun: flags.dryRun ?? false,
    signal: session.takeSignal(),
    onStart: (expected) => progress.start({ label: 'backup', ...(expected && { expected }) }),
    onProgress: (done) => progress.update(done),
    ...(flags.host !== undefined && { host: flags.host }),
    ...(level !== undefined && { level }),
    ...jobsOption(flags),
  };
}

/** Only the default repository: a mistyped path must not become one. */
async function makeDefaultRepository(session: Session): Promise<void> {
  const { repository, platform } = session;
  if (!repository.isDefault || (await isRepository(repository.path, platform))) return;
  try {
    await initRepository(repository.path, platform, { makesParents: true });
  } catch (error) {
    // Something else lies there: opening it says what is wrong.
    if (error instanceof CodedError && error.code === 'REPOSITORY_EXISTS') return;
    throw error;
  }
  session.notice(`Created the default repository, ${repository.path}.`);
}

function describe(result: BackupResult, flags: BackupFlags, { repository }: Session): string {
  const { snapshot, source, files, bytes, durationMs } = result;
  const paths = rootNames(source.roots);
  const size = `${count(files, 'file')}, ${formatBytes(bytes)}`;
  const head =
    snapshot !== undefined
      ? `Snapshot ${snapshot} of ${paths}: ${size}, in ${formatElapsed(durationMs)}`
      : flags.dryRun
        ? `A snapshot of ${paths} would contain ${size}`
        : `Nothing has changed in ${paths}, so no snapshot was taken: ${size}`;
  const { filesNew, filesChanged, filesUnchanged, filesRemoved } = result;
  const counts = `${filesNew} new, ${filesChanged} changed, ${filesUnchanged} unchanged, ${filesRemoved} removed`;
  const stored = `${formatBytes(result.bytesRead)} read, ${formatBytes(result.bytesStored)} stored in ${repository.path}`;
  return `${[head, `  ${counts}`, ...(flags.dryRun ? [] : [`  ${stored}`])].join('\n')}\n`;
}

function toJson(result: BackupResult): object {
  return {
    snapshot: result.snapshot ?? null,
    files: result.files,
    bytes: result.bytes,
    files_new: result.filesNew,
    files_changed: result.filesChanged,
    files_unchanged: result.filesUnchanged,
    files_removed: result.filesRemoved,
    bytes_read: result.bytesRead,
    bytes_stored: result.bytesStored,
    duration_ms: result.durationMs,
    issues: jsonIssues(result.issues),
    notices: jsonNotices(result.notices),
  };
}
