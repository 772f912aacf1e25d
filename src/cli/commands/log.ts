/** `varve log`: every version of one path. */
import { logPath, VersionFlag, type LoggedVersion, type PathLog } from '../../store.js';
import { formatLocalTime } from '../../platform/local-time.js';
import { addExamples, type CliCommand } from '../command.js';
import { ExitCode } from '../exit-code.js';
import { nameOrigin } from '../origin.js';
import { formatBytes } from '../render/bytes.js';
import { formatName, jsonPath } from '../render/names.js';
import { renderTable, type Column } from '../render/table.js';
import { formatIsoTime, formatLocalDay } from '../render/times.js';
import { formatBtime, formatMtime, typeName } from '../render/versions.js';
import {
  addSourceOption,
  sourceOption,
  type LastSeenFlag,
  type SourceFlag,
} from '../shared-options.js';

export const logCommand: CliCommand = {
  define(command) {
    command
      .description(
        'Lists every version of one path: the snapshots that contain it, its size, and how ' +
          'it is stored: whole ("full"), or as a delta with the number of deltas to apply. A ' +
          'note marks a version whose contents changed although its size and times did not: ' +
          'possible bit rot.',
      )
      .argument('<path>', 'absolute, or relative to the current directory or to the root');
    command.option('--last-seen', 'only the newest version');
    addSourceOption(command);
    addExamples(command, [['varve log ~/thesis/chapter1.tex', 'how a file changed']]);
  },

  async run(session, command) {
    const [path = ''] = command.args;
    const { output, palette } = session;
    const flags = command.opts<SourceFlag & LastSeenFlag>();
    const options = { path, ...sourceOption(flags) };
    const log = await logPath(await session.openRepository('read'), options);
    const versions = flags.lastSeen ? log.versions.slice(-1) : log.versions;
    if (session.isJson) {
      const { path: name, source } = log;
      await output.json({ ...jsonPath(name), source: source.id, versions: versions.map(toJson) });
      return ExitCode.done;
    }
    nameOrigin(session, log);
    tellMore((text) => session.notice(text), log);
    const name = formatName(log.path);
    await output.write(
      `${palette.bold(name)}\n${renderTable(columnsFor(versions), versions, output.columns)}`,
    );
    return ExitCode.done;
  },
};

/** What the table does not show: where else the path is, and that it is gone. */
function tellMore(notice: (text: string) => void, log: PathLog): void {
  for (const { id } of log.others) notice(`Source ${id} has it, too: --source ${id}.`);
  const { lastSnapshot, lastMs } = log.versions.at(-1) ?? { lastSnapshot: 0, lastMs: 0 };
  if (lastSnapshot === log.latestSnapshot) return;
  notice(
    `It is not in snapshot ${log.latestSnapshot}; it was last in snapshot ${lastSnapshot}, of ` +
      `${formatLocalDay(lastMs)}. Get it with \`varve restore PATH --last-seen --to DIR\`.`,
  );
}

const COLUMNS: readonly Column<LoggedVersion>[] = [
  { head: 'SNAPSHOTS', align: 'right', cell: formatSpan },
  { head: 'TAKEN', cell: formatDays },
  { head: 'TYPE', cell: ({ version }) => typeName(version) },
  { head: 'SIZE', align: 'right', cell: ({ version }) => formatBytes(version.sizeBytes) },
  { head: 'MODIFIED', cell: ({ version }) => formatLocalTime(version.mtime.seconds * 1000) },
  { head: 'STORED', cell: formatStorage },
  { head: 'HASH', cell: ({ hash }) => hash?.toString('hex', 0, 6) ?? '' },
];

/** Shown only where there is something to say. */
const NOTE: Column<LoggedVersion> = {
  head: 'NOTE',
  cell: (logged) => (isSuspect(logged) ? 'possible bit rot' : ''),
};

function columnsFor(versions: readonly LoggedVersion[]): readonly Column<LoggedVersion>[] {
  return versions.some(isSuspect) ? [...COLUMNS, NOTE] : COLUMNS;
}

/** Its contents changed although its size and times did not. */
function isSuspect({ version }: LoggedVersion): boolean {
  return (version.flags & VersionFlag.suspect) !== 0;
}

function formatSpan({ firstSnapshot, lastSnapshot }: LoggedVersion): string {
  return firstSnapshot === lastSnapshot ? `${firstSnapshot}` : `${firstSnapshot}-${lastSnapshot}`;
}

/** When its snapshots were taken. */
function formatDays({ firstMs, lastMs }: LoggedVersion): string {
  const [first, last] = [formatLocalDay(firstMs), formatLocalDay(lastMs)];
  return first === last ? first : `${first} to ${last}`;
}

function formatStorage({ stored, chainLength }: LoggedVersion): string {
  if (stored === 'none') return '';
  return stored === 'delta' ? `delta, ${chainLength}` : stored;
}

function toJson(logged: LoggedVersion): object {
  const { version, hash } = logged;
  return {
    first_snapshot: logged.firstSnapshot,
    first_time: formatIsoTime(logged.firstMs),
    last_snapshot: logged.lastSnapshot,
    last_time: formatIsoTime(logged.lastMs),
    type: typeName(version),
    size: version.sizeBytes,
    mtime: formatMtime(version),
    btime: formatBtime(version),
    hash: hash?.toString('hex') ?? null,
    stored: logged.stored,
    chain_length: logged.chainLength,
    possible_bit_rot: isSuspect(logged),
  };
}
