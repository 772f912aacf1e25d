/** `varve backup`: takes a snapshot of some paths. */
import type { Command } from 'commander';
import {
  backup,
  backupStream,
  CodedError,
  escapeUnsafe,
  initRepository,
  isRepository,
  rootNames,
  type MinFree,
  type BackupOptions,
  type BackupResult,
  type SnapshotOptions,
} from '../../store.js';
import { addExamples, type CliCommand } from '../command.js';
import { exitCodeOfIssues } from '../exit-code.js';
import { openListing, type Listing } from '../listing.js';
import { looksRemote, requireLocal } from '../parse/address.js';
import { addFilterOptions, checkedFilterOptions, type FilterFlags } from '../parse/filter.js';
import { parseMinFree } from '../parse/min-free.js';
import { readPathList, type PathListFlags } from '../parse/path-list.js';
import {
  addStreamOptions,
  streamOption,
  type NamedStream,
  type StreamFlags,
} from '../parse/stream.js';
import { parseTags } from '../parse/tags.js';
import { requireText } from '../parse/text.js';
import { wholeNumber } from '../parse/whole-number.js';
import { formatBytes } from '../render/bytes.js';
import { count } from '../../platform/count.js';
import { jsonIssues, jsonNotices } from '../render/issues.js';
import { formatName, formatNameText } from '../render/names.js';
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
  readonly minFree?: string;
}

const ZSTD_LEVELS = [1, 19] as const;

export const backupCommand: CliCommand = {
  define(command) {
    command
      .description(
        'Takes a snapshot of files and directories. Paths backed up together form one ' +
          'source; the next backup of the same paths stores only what has changed. The first ' +
          'backup into the default repository creates it. -v lists each path that is new, ' +
          'changed or removed.',
      )
      .argument('[path...]', 'what to back up')
      .option(
        '--files-from <file>',
        'also back up the paths listed in a file, one per line; - is standard input',
      )
      .option('--null', 'the listed paths end with NUL, as written by `find -print0`');
    addStreamOptions(command);
    command
      .addOption(listOption('--tag <tags>', 'tag the snapshot; a,b is two tags; repeatable'))
      .option('--host <name>', 'the host name of the source (default: that of this machine)')
      .option('--skip-if-unchanged', 'take no snapshot if nothing has changed')
      .option(
        '--min-free <amount>',
        'leave this much of the disk of the repository free: 10% or 20G (default: $VARVE_MIN_FREE)',
      )
      .option('--level <n>', 'zstd level, 1 to 19 (default: 3)');
    addRereadOptions(command);
    addFilterOptions(command);
    command.option('-n, --dry-run', 'show what would be backed up, but write nothing');
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
    const listing = openListing(session);
    const options = snapshotOptions(session, flags, listing);
    if (!flags.dryRun) await makeDefaultRepository(session);
    const repository = await session.openRepository(flags.dryRun ? 'read' : 'write');
    const result =
      'stream' in source
        ? await backupStream(repository, { ...options, ...source })
        : await backup(repository, { ...options, ...source });
    session.progress.finish();
    await listing.finish();
    const exitCode = exitCodeOfIssues(result.issues);
    if (!flags.dryRun) session.settle(describeDone(result), exitCode);
    session.listIssues(result.issues);
    if (!session.isJson) result.notices.forEach(({ message }) => session.notice(message));
    if (!session.platform.files.at.attributes) session.notice(WITHOUT_ATTRIBUTES);
    if (session.isJson) await session.output.json(toJson(result));
    else if (!session.isQuiet) await session.output.prose(describe(result, flags, session));
    return exitCode;
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
  const elsewhere = paths.find((path) => looksRemote(path) && !session.platform.files.stat(path));
  if (elsewhere !== undefined) requireLocal('backup', elsewhere);
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

function snapshotOptions(
  session: Session,
  flags: BackupFlags,
  { onPath, isOnTerminal }: Listing,
): SnapshotOptions {
  const { progress } = session;
  const level = optionValue('--level', wholeNumber(...ZSTD_LEVELS), flags.level);
  const minFree = minFreeOption(flags, session);
  return {
    tags: [
      ...new Set(
        flags.tag?.flatMap((tags) => optionValue('--tag', parseTags, requireText('--tag', tags))),
      ),
    ],
    skipsIfUnchanged: flags.skipIfUnchanged ?? false,
    isDryRun: flags.dryRun ?? false,
    signal: session.takeSignal(),
    ...(onPath && { onPath }),
    onStart(expected) {
      if (!isOnTerminal) progress.start({ label: 'backup', ...(expected && { expected }) });
    },
    ...(progress.isShown && { onEstimate: (expected) => progress.expect(expected) }),
    onProgress: (done) => progress.update(done),
    ...(flags.host !== undefined && { host: requireText('--host', flags.host) }),
    ...(level !== undefined && { level }),
    ...(minFree && { minFree }),
    ...jobsOption(flags),
  };
}

/** An empty variable counts as none. @throws CodedError USAGE_SIZE */
function minFreeOption({ minFree }: BackupFlags, { env }: Session): MinFree | undefined {
  const { VARVE_MIN_FREE: inherited = '' } = env;
  if (minFree !== undefined) return optionValue('--min-free', parseMinFree, minFree);
  return inherited === '' ? undefined : optionValue('$VARVE_MIN_FREE', parseMinFree, inherited);
}

/** Only the default repository: a mistyped path must not become one. */
async function makeDefaultRepository(session: Session): Promise<void> {
  const { repository, platform } = session;
  if (!repository.isDefault || (await isRepository(repository.path, platform))) return;
  try {
    await initRepository(repository.path, platform, { makesParents: true });
  } catch (error) {
    // Something else is there: opening it says what is wrong.
    if (error instanceof CodedError && error.code === 'REPOSITORY_EXISTS') return;
    throw error;
  }
  session.notice(`Created the default repository, ${escapeUnsafe(repository.path)}.`);
}

function describeDone({ snapshot, source }: BackupResult): string {
  const paths = rootNames(source.roots);
  return snapshot === undefined
    ? `Nothing has changed in ${paths}, so no snapshot was taken`
    : `Snapshot ${snapshot} of ${paths} was taken`;
}

function describe(result: BackupResult, flags: BackupFlags, { repository }: Session): string {
  const { snapshot, source, files, bytes, durationMs } = result;
  const paths = rootNames(source.roots, (root) => formatName(root));
  const size = `${count(files, 'file')}, ${formatBytes(bytes)}`;
  const head =
    snapshot !== undefined
      ? `Snapshot ${snapshot} of ${paths}: ${size}, in ${formatElapsed(durationMs)}`
      : flags.dryRun
        ? `A snapshot of ${paths} would contain ${size}`
        : `Nothing has changed in ${paths}, so no snapshot was taken: ${size}`;
  const { filesNew, filesChanged, filesUnchanged, filesRemoved } = result;
  const counts = `${filesNew} new, ${filesChanged} changed, ${filesUnchanged} unchanged, ${filesRemoved} removed`;
  const stored = `${formatBytes(result.bytesRead)} read, ${formatBytes(result.bytesStored)} stored in ${formatNameText(repository.path)}`;
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
