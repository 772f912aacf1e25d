/** `varve prune`: removes snapshots by a policy and frees their space. */
import { Option } from 'commander';
import {
  CodedError,
  escapeUnsafe,
  listSnapshots,
  prune,
  textFromBytes,
  type PruneOptions,
  type PruneResult,
  type RetentionPolicy,
  type Verdict,
} from '../../store.js';
import { formatLocalTime } from '../../platform/local-time.js';
import { addExamples, type CliCommand } from '../command.js';
import { ExitCode } from '../exit-code.js';
import { parseKeepCount } from '../parse/count.js';
import { parseCalendarDuration } from '../parse/duration.js';
import { instantOf, type DatedSnapshots } from '../parse/instant.js';
import { parseTags } from '../parse/tags.js';
import { requireText } from '../parse/text.js';
import { formatBytes } from '../render/bytes.js';
import { count } from '../../platform/count.js';
import { jsonPath } from '../render/names.js';
import { renderTable } from '../render/table.js';
import { optionValue, type Session } from '../session.js';
import { addSourceOption, sourceOption, type SourceFlag } from '../shared-options.js';
import { addTimeHelp } from '../time-help.js';

interface PruneFlags extends SourceFlag {
  readonly host?: string;
  readonly all?: boolean;
  readonly keepLast?: string;
  readonly keepHourly?: string;
  readonly keepDaily?: string;
  readonly keepWeekly?: string;
  readonly keepMonthly?: string;
  readonly keepYearly?: string;
  readonly keepWithin?: string;
  readonly keepTag?: readonly string[];
  readonly olderThan?: string;
  readonly dropBeforeBitRot?: boolean;
  readonly dryRun?: boolean;
}

export const pruneCommand: CliCommand = {
  define(command) {
    command
      .description(
        'Removes snapshots and frees their space. By rules: a snapshot stays if any of them ' +
          'keeps it; each source is judged separately, and its newest snapshot always stays. ' +
          'Or by name: snapshots by their numbers, or those of --source or --host without a ' +
          'rule; the newest goes only with all others, and with --all. For a file with possible bit rot, one snapshot with ' +
          'its contents from before and one with those from after stay, whatever the ' +
          'rules say.',
      )
      .argument('[snapshot...]', 'numbers of snapshots to remove')
      .option('--keep-last <n>', 'keep the newest n (here and below, "unlimited" keeps all)')
      .option(
        '--keep-hourly <n>',
        'keep the newest of each of the last n hours that have a snapshot',
      )
      .option('--keep-daily <n>', 'likewise for days')
      .option('--keep-weekly <n>', 'likewise for weeks, which start on Monday')
      .option('--keep-monthly <n>', 'likewise for months')
      .option('--keep-yearly <n>', 'likewise for years')
      .option(
        '--keep-within <duration>',
        'keep all taken within this time before the newest: 7D, 1Y6M',
      )
      .addOption(
        new Option(
          '--keep-tag <tags>',
          'keep all that have every one of these tags: a,b; repeatable',
        ).argParser((tags: string, previous: readonly string[] | undefined) => [
          ...(previous ?? []),
          tags,
        ]),
      )
      .option('--older-than <time>', 'remove what is older than TIME, and keep the rest')
      .option(
        '--drop-before-bit-rot',
        'also remove the last snapshots that hold files as they were before possible bit rot',
      )
      .option('--host <name>', 'only the sources of this host')
      .option('--all', 'remove also the last snapshot of what is named, and with it the source');
    addSourceOption(command);
    command.option(
      '-n, --dry-run',
      'show what each rule keeps and how much would be freed, but change nothing',
    );
    addExamples(command, [
      ['varve prune -n --keep-daily 7 --keep-weekly 5 --keep-monthly 12', 'what would be removed'],
      ['varve prune --older-than 1Y', 'remove what is older than a year'],
      ['varve prune 12 14', 'remove two snapshots'],
      ['varve prune --source 2 --all', 'remove a source with all its snapshots'],
    ]);
    addTimeHelp(command);
  },

  async run(session, command) {
    const flags = command.opts<PruneFlags>();
    const repository = await session.openRepository(flags.dryRun ? 'read' : 'write');
    const all = await listSnapshots(repository);
    const named = sourceOption(flags);
    const ofSource = named.source ? await listSnapshots(repository, named) : all;
    const { host } = flags;
    const meant = ofSource.filter(({ source }) => host === undefined || source.host === host);
    const ruled = toPolicy(flags, { all, meant }, session.now);
    const result = await prune(repository, {
      ...toSelection(command.args, flags),
      ...ruled,
      dropsBeforeBitRot: flags.dropBeforeBitRot ?? false,
      isDryRun: flags.dryRun ?? false,
      signal: session.takeSignal(),
    });
    if (!flags.dryRun)
      session.settle(`${count(result.removed.length, 'snapshot')} removed`, ExitCode.done);
    result.dropped.forEach(({ path, snapshot }) => {
      const file = `${textFromBytes(path)} as it was before possible bit rot`;
      session.notice(`Snapshot ${snapshot} is the last to hold ${file}, and no rule keeps it.`);
    });
    if (session.isJson) await session.output.json(toJson(result));
    else if (!session.isQuiet) {
      const { palette, output } = session;
      const how = { palette, output, isRuled: ruled.policy !== undefined };
      await output.prose(describe(result, flags.dryRun ?? false, how));
    }
    return ExitCode.done;
  },
};

/** What is named: snapshots, sources. @throws CodedError USAGE */
function toSelection(args: readonly string[], flags: PruneFlags): Omit<PruneOptions, 'policy'> {
  const { host, all } = flags;
  if (all && args.length === 0 && host === undefined && flags.source === undefined) {
    throw new CodedError('USAGE', '--all requires snapshots, --source or --host.', {
      hint: 'Name what is to go: see `varve help prune`.',
    });
  }
  return {
    snapshots: args.map((text) => parseSnapshotNumber(text)),
    ...sourceOption(flags),
    ...(host !== undefined && { host }),
    takesAll: all ?? false,
  };
}

function parseSnapshotNumber(text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new CodedError('USAGE', `"${text}" is not the number of a snapshot.`, {
    hint: 'List them with `varve snapshots`; for times, see --older-than.',
  });
}

function toPolicy(
  flags: PruneFlags,
  snapshots: DatedSnapshots,
  now: Date,
): { readonly policy?: RetentionPolicy } {
  const counts = {
    keepLast: optionValue('--keep-last', parseKeepCount, flags.keepLast),
    keepHourly: optionValue('--keep-hourly', parseKeepCount, flags.keepHourly),
    keepDaily: optionValue('--keep-daily', parseKeepCount, flags.keepDaily),
    keepWeekly: optionValue('--keep-weekly', parseKeepCount, flags.keepWeekly),
    keepMonthly: optionValue('--keep-monthly', parseKeepCount, flags.keepMonthly),
    keepYearly: optionValue('--keep-yearly', parseKeepCount, flags.keepYearly),
    keepWithin: optionValue('--keep-within', parseCalendarDuration, flags.keepWithin),
    keepTags: flags.keepTag?.map((tags) =>
      optionValue('--keep-tag', parseTags, requireText('--keep-tag', tags)),
    ),
    olderThan: optionValue(
      '--older-than',
      (text) => instantOf(text, snapshots, now),
      flags.olderThan,
    ),
  };
  const rules = Object.entries(counts).filter(([, value]) => value !== undefined);
  return rules.length > 0 ? { policy: Object.fromEntries(rules) } : {};
}

function describe(
  { kept, removed, bytesFreed }: PruneResult,
  isDryRun: boolean,
  { palette, output, isRuled }: Pick<Session, 'palette' | 'output'> & { readonly isRuled: boolean },
): string {
  const why = isRuled ? 'no rule keeps it' : 'as asked';
  const verdicts = [...kept, ...removed].sort((a, b) => a.number - b.number);
  const table = renderTable<Verdict>(
    [
      { head: '#', align: 'right', cell: ({ number }) => String(number) },
      { head: 'TIME', cell: ({ startedMs }) => formatLocalTime(startedMs) },
      { head: 'SOURCE', align: 'right', cell: ({ source }) => String(source) },
      {
        head: isDryRun ? 'WOULD BE' : '',
        cell: ({ reasons }) => (reasons.length > 0 ? 'kept' : palette.red('removed')),
      },
      { head: 'BECAUSE', cell: ({ reasons }) => escapeUnsafe(reasons.join(', ')) || why },
    ],
    verdicts,
    output.columns,
  );
  const would = isDryRun ? 'would be ' : '';
  const counts = `${kept.length} kept, ${removed.length} removed`;
  return `${table}${counts}; ${formatBytes(bytesFreed)} ${would}freed\n`;
}

function toJson({ kept, removed, dropped, bytesFreed, durationMs }: PruneResult): object {
  return {
    kept: kept.map(({ number, reasons }) => ({ number, reasons })),
    removed: removed.map(({ number }) => number),
    dropped_before_bit_rot: dropped.map(({ path, snapshot }) => ({
      ...jsonPath(path),
      snapshot,
    })),
    bytes_freed: bytesFreed,
    duration_ms: durationMs,
  };
}
