/** `--stdin`, `--stdin-name` and `--command`: bytes to back up that are in no file. */
import { isatty } from 'node:tty';
import type { Command } from 'commander';
import { isGlobalOption } from '../global-options.js';
import { requireText } from './text.js';
import { CodedError, commandOutput, standardInput, type ByteStream } from '../../store.js';

export interface StreamFlags {
  readonly stdin?: boolean;
  readonly stdinName?: string;
  readonly command?: string;
}

/** A stream, and the name that its file gets. */
export interface NamedStream {
  readonly name: string;
  readonly stream: ByteStream;
}

/** As restic calls it. */
const DEFAULT_NAME = 'stdin';
/** Options of `backup` that mean something for one file without a path. */
const USABLE = [
  'stdin',
  'stdinName',
  'command',
  'tag',
  'host',
  'dryRun',
  'skipIfUnchanged',
  'level',
  'minFree',
  'jobs',
];
const STANDARD_INPUT = 0;

export function addStreamOptions(command: Command): void {
  command
    .option('--stdin', 'back up standard input as one file')
    .option('--stdin-name <name>', 'name of that file (default: stdin)')
    .option(
      '--command <name>',
      'back up the output of CMD... as the file NAME: --command NAME -- CMD...',
    );
}

/**
 * The stream that the options name, if any; `args`: the operands, which are the command's words.
 *
 * @throws CodedError USAGE when the options do not go together, or standard input is a terminal
 */
export async function streamOption(
  flags: StreamFlags,
  command: Command,
): Promise<NamedStream | undefined> {
  const { args } = command;
  if (flags.stdinName !== undefined && !flags.stdin) {
    throw usage('--stdin-name requires --stdin.', 'Add --stdin.');
  }
  if (!flags.stdin && flags.command === undefined) return undefined;
  refuseOthers(command);
  if (flags.command === undefined) return readStandardInput(flags.stdinName, args);
  if (flags.stdin)
    throw usage('--stdin and --command cannot be combined.', 'Give only one of them.');
  const [program, ...rest] = args.map((word) => requireText('--command', word));
  if (program === undefined) {
    throw usage('--command needs a command to run.', 'Write it after two dashes: -- CMD...');
  }
  return { name: flags.command, stream: await commandOutput(program, rest) };
}

async function readStandardInput(
  name: string | undefined,
  paths: readonly string[],
): Promise<NamedStream> {
  if (paths.length > 0) {
    throw usage(
      '--stdin cannot be combined with paths.',
      'Back up the paths with a separate command.',
    );
  }
  if (isatty(STANDARD_INPUT)) {
    throw usage('Standard input is a terminal.', 'Pipe or redirect the bytes to back up into it.');
  }
  return { name: name ?? DEFAULT_NAME, stream: await standardInput() };
}

/** What says how to walk and read files is refused, not passed over. */
function refuseOthers(command: Command): void {
  const isGiven = (name: string): boolean => command.getOptionValueSource(name) === 'cli';
  const stray = command.options.find((option) => {
    const name = option.attributeName();
    return isGiven(name) && !USABLE.includes(name) && !isGlobalOption(option);
  });
  if (!stray) return;
  throw usage(`${stray.long ?? stray.flags} applies to files, not to a stream.`, 'Omit it.');
}

function usage(message: string, hint: string): CodedError {
  return new CodedError('USAGE', message, { hint });
}
