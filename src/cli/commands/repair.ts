/** `varve repair`: finds damage and sets it aside, or makes the index anew. */
import { repair, type RepairResult } from '../../store.js';
import { addExamples, type CliCommand } from '../command.js';
import { ExitCode } from '../exit-code.js';
import { describeDamage, jsonDamage } from '../render/damage.js';
import type { Session } from '../session.js';
import { addJobsOption, jobsOption, type JobsFlag } from '../shared-options.js';

interface RepairFlags extends JobsFlag {
  readonly rebuildIndex?: boolean;
  readonly dryRun?: boolean;
}

export const repairCommand: CliCommand = {
  define(command) {
    command
      .description(
        'Finds damage and sets it aside, so that the next backup stores anew what it still sees. ' +
          'With --rebuild-index, makes the index anew from the packs. A healthy repository is not ' +
          'changed. Ends with 4 when something is lost.',
      )
      .option('--rebuild-index', 'make the index anew from the packs')
      .option('-n, --dry-run', 'say what would be done, and change nothing');
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
    const result = await repair(await session.openRepository('write'), options);
    if (session.isJson) await session.output.json(toJson(result));
    else await showResult(result, session);
    return result.lost > 0 || result.damage.length > 0 ? ExitCode.damage : ExitCode.done;
  },
};

async function showResult(result: RepairResult, session: Session): Promise<void> {
  const { snapshots, blobs, lost, actions, damage } = result;
  for (const line of describeDamage(damage, session.isVerbose)) session.problem(line);
  if (session.isQuiet) return;
  const summary =
    lost > 0
      ? `${lost} of ${blobs} blobs in ${snapshots} snapshots are lost.`
      : `All ${blobs} blobs in ${snapshots} snapshots can be had.`;
  await session.output.write(`${[...actions, summary].join('\n')}\n`);
}

function toJson({ snapshots, blobs, lost, actions, damage }: RepairResult): object {
  return { snapshots, blobs, lost, actions, damage: jsonDamage(damage) };
}
