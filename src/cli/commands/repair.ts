/** `varve repair`: finds damage and sets it aside, or rebuilds the index. */
import { escapeUnsafe, repair, type RepairResult } from '../../store.js';
import { addExamples, type CliCommand } from '../command.js';
import { ExitCode } from '../exit-code.js';
import { describeDamage, jsonDamage } from '../render/damage.js';
import type { Session } from '../session.js';
import { addJobsOption, jobsOption, type JobsFlag } from '../shared-options.js';
import { count } from '../../platform/count.js';

interface RepairFlags extends JobsFlag {
  readonly rebuildIndex?: boolean;
  readonly dryRun?: boolean;
}

export const repairCommand: CliCommand = {
  define(command) {
    command
      .description(
        'Finds damage and sets it aside, so that the next backup stores again whatever ' +
          'still exists. With --rebuild-index, rebuilds the index from the packs. A healthy ' +
          'repository is left unchanged. Exits with 4 if something is lost.',
      )
      .option('--rebuild-index', 'rebuild the index from the packs')
      .option('-n, --dry-run', 'show what would be done, but change nothing');
    addJobsOption(command);
    addExamples(command, [
      ['varve repair -n', 'what is damaged, and what would be done'],
      ['varve repair --rebuild-index', 'after the index was lost or damaged'],
    ]);
  },

  async run(session, command) {
    const flags = command.opts<RepairFlags>();
    const options = {
      rebuildsIndex: flags.rebuildIndex ?? false,
      isDryRun: flags.dryRun ?? false,
      ...jobsOption(flags),
      signal: session.takeSignal(),
    };
    const result = await repair(
      await session.openRepository(flags.dryRun ? 'read' : 'write'),
      options,
    );
    const isLost = result.lost > 0 || result.damage.length > 0;
    const exitCode = isLost ? ExitCode.damage : ExitCode.done;
    if (!flags.dryRun) session.settle('The repair was done', exitCode);
    if (session.isJson) await session.output.json(toJson(result));
    else await showResult(result, session);
    return exitCode;
  },
};

async function showResult(result: RepairResult, session: Session): Promise<void> {
  const { snapshots, blobs, lost, actions, damage } = result;
  for (const line of describeDamage(damage, session.isVerbose)) session.problem(line);
  if (session.isQuiet) return;
  const summary =
    lost > 0
      ? `Lost: ${lost} of ${count(blobs, 'blob')} in ${count(snapshots, 'snapshot')}.`
      : `Nothing is lost: ${count(blobs, 'blob')} in ${count(snapshots, 'snapshot')}.`;
  await session.output.prose(`${[...actions, summary].map(escapeUnsafe).join('\n')}\n`);
}

function toJson({ snapshots, blobs, lost, actions, damage }: RepairResult): object {
  return { snapshots, blobs, lost, actions, damage: jsonDamage(damage) };
}
