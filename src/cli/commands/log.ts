/** `varve log`: every version of one path. */
import { logPath, VersionFlag, type LoggedVersion } from '../../store.js';
import { addExamples, type CliCommand } from '../command.js';
import { ExitCode } from '../exit-code.js';
import { nameOrigin } from '../origin.js';
import { formatBytes } from '../render/bytes.js';
import { formatName, jsonPath } from '../render/names.js';
import { renderTable, type Column } from '../render/table.js';
import { formatLocalTime } from '../render/times.js';
import { formatBtime, formatMtime, typeName } from '../render/versions.js';
import { addSourceOption, sourceOption, type SourceFlag } from '../shared-options.js';

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
    addSourceOption(command);
    addExamples(command, [['varve log ~/thesis/chapter1.tex', 'how a file changed']]);
  },

  async run(session, command) {
    const [path = ''] = command.args;
    const { output, palette } = session;
    const options = { path, ...sourceOption(command.opts<SourceFlag>()) };
    const log = await logPath(await session.openRepository('read'), options);
    nameOrigin(session, log);
    for (const { id } of session.isJson ? [] : log.others) {
      session.notice(`Source ${id} has it, too: --source ${id}.`);
    }
    if (session.isJson) {
      await output.json({
        ...jsonPath(log.path),
        source: log.source.id,
        versions: log.versions.map(toJson),
      });
    } else {
      const name = formatName(log.path, output.medium);
      await output.write(
        `${palette.bold(name)}\n${renderTable(columnsFor(log.versions), log.versions)}`,
      );
    }
    return ExitCode.done;
  },
};

const COLUMNS: readonly Column<LoggedVersion>[] = [
  { head: 'SNAPSHOTS', align: 'right', cell: formatSpan },
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

function formatStorage({ stored, chainLength }: LoggedVersion): string {
  if (stored === 'none') return '';
  return stored === 'delta' ? `delta, ${chainLength}` : stored;
}

function toJson(logged: LoggedVersion): object {
  const { version, hash } = logged;
  return {
    first_snapshot: logged.firstSnapshot,
    last_snapshot: logged.lastSnapshot,
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
