/** The options that every command takes, before its name or after it. */
import { Option, type Command } from 'commander';

export interface GlobalFlags {
  readonly repo?: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly verbose?: number;
  readonly progress: boolean;
  readonly lockWait?: string;
}

const HEADING = 'Global options:';

/** Declares them on the program or on a command, there under a heading of their own. */
export function addGlobalOptions(command: Command): void {
  const options = [
    new Option(
      '-r, --repo <path>',
      'the repository (default: $VARVE_REPOSITORY, else the default one)',
    ),
    new Option('--json', 'write one JSON document to standard output'),
    new Option('-q, --quiet', 'print only problems and the requested output'),
    new Option(
      '-v, --verbose',
      'print more: each path that changes; twice: also stack traces of failures',
    ).argParser((_: string, previous: number | undefined) => (previous ?? 0) + 1),
    new Option('--no-progress', 'show no progress line on a terminal'),
    new Option('--ignore-hup', 'go on after SIGHUP, unless run on a terminal: for nohup'),
    new Option('--lock-wait <duration>', 'wait for another writer, e.g. 10m (default: 0s)'),
  ];
  for (const option of options) command.addOption(option.helpGroup(HEADING));
}

export function isGlobalOption({ helpGroupHeading }: Option): boolean {
  return helpGroupHeading === HEADING;
}

/** What was given before and after the command's name; the latter wins. */
export function globalFlags(program: Command, command: Command): GlobalFlags {
  const before = program.opts<GlobalFlags>();
  const after = command.opts<GlobalFlags>();
  return {
    ...before,
    ...after,
    progress: before.progress && after.progress,
    verbose: (before.verbose ?? 0) + (after.verbose ?? 0),
  };
}
