/** `varve status`: whether every source was backed up lately, and whether what is stored is sound. */
import { readStatus, type RepositoryStatus, type SourceStatus } from '../../store.js';
import { formatLocalTime } from '../../platform/local-time.js';
import { addExamples, type CliCommand } from '../command.js';
import { ExitCode } from '../exit-code.js';
import { parseDuration } from '../parse/duration.js';
import { formatBytes } from '../render/bytes.js';
import { count } from '../../platform/count.js';
import { jsonPath } from '../render/names.js';
import { formatSource } from '../render/source.js';
import { renderFacts, renderTable, type Column } from '../render/table.js';
import { formatIsoTime } from '../render/times.js';
import { optionValue, type Session } from '../session.js';
import { addSourceOption, sourceOption, type SourceFlag } from '../shared-options.js';

interface StatusFlags extends SourceFlag {
  readonly maxAge?: string;
}

export const statusCommand: CliCommand = {
  define(command) {
    command
      .description(
        'Shows when each source was last backed up, when the contents were last verified, ' +
          'whether damage is known, and how much space is free. Exits with 4 if damage is known; ' +
          'with --max-age, else with 6 if a source is overdue, or if there is none.',
      )
      .option('--max-age <duration>', 'the age from which a backup is overdue: 2D, 36h');
    addSourceOption(command);
    addExamples(command, [
      ['varve status', 'at a glance'],
      ['varve status -q --max-age 2D || mail -s "backup" ada', 'for cron and monitors'],
    ]);
  },

  async run(session, command) {
    const flags = command.opts<StatusFlags>();
    const maxAgeMs = optionValue('--max-age', parseDuration, flags.maxAge);
    const isOverdue = ({ ageMs }: Pick<SourceStatus, 'ageMs'>): boolean =>
      maxAgeMs !== undefined && ageMs > maxAgeMs;
    const status = await readStatus(await session.openRepository('read'), sourceOption(flags));
    if (session.isJson) await session.output.json(toJson(status, isOverdue));
    else if (!session.isQuiet) await session.output.write(describe(status, isOverdue, session));
    if (isDamaged(status)) return ExitCode.damage;
    const isLate = status.sources.length === 0 || status.sources.some(isOverdue);
    return maxAgeMs !== undefined && isLate ? ExitCode.overdue : ExitCode.done;
  },
};

function isDamaged({ lostBlobs, verification }: RepositoryStatus): boolean {
  return lostBlobs > 0 || verification.damaged > 0;
}

type IsOverdue = (source: SourceStatus) => boolean;

function describe(
  status: RepositoryStatus,
  isOverdue: IsOverdue,
  { output, palette }: Session,
): string {
  const columns: Column<SourceStatus>[] = [
    { head: 'SOURCE', align: 'right', cell: ({ source }) => String(source.id) },
    { head: 'LAST BACKUP', cell: ({ latest }) => formatLocalTime(latest.startedMs) },
    {
      head: 'AGE',
      align: 'right',
      cell: (source) =>
        isOverdue(source) ? palette.red(formatAge(source.ageMs)) : formatAge(source.ageMs),
    },
    { head: 'SNAPSHOTS', align: 'right', cell: ({ snapshots }) => String(snapshots) },
    { head: 'NOTE', cell: (source) => noteOf(source, isOverdue) },
    { head: 'HOST:PATHS', cell: ({ source }) => formatSource(source) },
  ];
  const hasNotes = status.sources.some((source) => noteOf(source, isOverdue) !== '');
  const shown = hasNotes ? columns : columns.filter(({ head }) => head !== 'NOTE');
  const table =
    status.sources.length > 0
      ? `${renderTable(shown, status.sources, output.columns)}\n`
      : 'No snapshots yet.\n';
  return table + renderFacts(factsOf(status), 12, output.columns);
}

function noteOf({ latest, damagedPaths, ...source }: SourceStatus, isOverdue: IsOverdue): string {
  const notes = [
    isOverdue({ latest, damagedPaths, ...source }) ? 'overdue' : '',
    latest.issues > 0 ? count(latest.issues, 'problem') : '',
    damagedPaths > 0 ? count(damagedPaths, 'damaged path') : '',
  ];
  return notes.filter((note) => note !== '').join(', ');
}

function factsOf({
  verification,
  lostBlobs,
  freeBytes,
}: RepositoryStatus): (readonly [string, string])[] {
  return [
    ['verified', describeVerification(verification)],
    ['damage', describeDamage(verification, lostBlobs)],
    ['free space', formatBytes(freeBytes)],
  ];
}

function describeVerification(verification: RepositoryStatus['verification']): string {
  const { neverVerified, oldestMs, newestMs } = verification;
  if (oldestMs === null || newestMs === null) return 'never';
  if (neverVerified > 0) return `last ${formatLocalTime(newestMs)}, but some of it never`;
  return oldestMs === newestMs
    ? `all of it, ${formatLocalTime(newestMs)}`
    : `all of it, at the earliest ${formatLocalTime(oldestMs)}`;
}

function describeDamage(
  { damaged, damagedMs }: RepositoryStatus['verification'],
  lostBlobs: number,
): string {
  const parts = [
    damaged > 0 && damagedMs !== null
      ? `found by \`varve verify\`, ${formatLocalTime(damagedMs)}: see \`varve help repair\``
      : '',
    lostBlobs > 0 ? `${count(lostBlobs, 'blob')} lost` : '',
  ];
  return parts.filter((part) => part !== '').join('; ') || 'none known';
}

const HOUR_MS = 3_600_000;

/** In the largest unit that says something: `3D`, `5h`, `12m`; as TIME reads it. */
function formatAge(ageMs: number): string {
  if (ageMs >= 48 * HOUR_MS) return `${Math.floor(ageMs / (24 * HOUR_MS))}D`;
  if (ageMs >= HOUR_MS) return `${Math.floor(ageMs / HOUR_MS)}h`;
  return `${Math.max(0, Math.floor(ageMs / 60_000))}m`;
}

function toJson(status: RepositoryStatus, isOverdue: IsOverdue): object {
  const { verification, lostBlobs, freeBytes } = status;
  const time = (ms: number | null): string | null => (ms === null ? null : formatIsoTime(ms));
  return {
    sources: status.sources.map((one) => ({
      source: one.source.id,
      host: one.source.host,
      paths: one.source.roots.map((root) => jsonPath(root).path),
      snapshots: one.snapshots,
      last_snapshot: one.latest.number,
      last_backup: formatIsoTime(one.latest.startedMs),
      age_ms: one.ageMs,
      issues: one.latest.issues,
      damaged_paths: one.damagedPaths,
      overdue: isOverdue(one),
    })),
    verified: {
      oldest: verification.neverVerified > 0 ? null : time(verification.oldestMs),
      newest: time(verification.newestMs),
      damage_found: time(verification.damagedMs),
    },
    damaged: isDamaged(status),
    lost_blobs: lostBlobs,
    free_bytes: freeBytes,
  };
}
