/**
 * The command: arguments to one action, its report to text. Loads the library only when there is
 * something to do with it.
 */
import {
  parseArguments,
  SyntaxFailure,
  usesStdout,
  type RdiffAction,
  type RdiffCommand,
} from './arguments.js';
import { helpText, VERSION_TEXT } from './usage.js';

const DONE = 0;
const SYNTAX_ERROR = 101;
const INTERNAL_ERROR = 107;

/** Loaded when there is something to complain about. */
async function say(text: string): Promise<void> {
  const { escapeLines } = await import('../render/names.js');
  process.stderr.write(escapeLines(text));
}

/**
 * Runs `rdiff` with these arguments (without program and command name).
 * @returns the exit code: librsync's results, or 128 plus the signal's number
 */
export async function runRdiff(argv: readonly string[]): Promise<number> {
  try {
    return await execute(parseArguments(argv));
  } catch (error) {
    if (!(error instanceof SyntaxFailure)) throw error;
    const { escapeUnsafe } = await import('../../store.js');
    await say(
      `rdiff: ${escapeUnsafe(error.message)}\n\nTry \`rdiff --help' for more information.\n`,
    );
    return SYNTAX_ERROR;
  }
}

async function execute(command: RdiffCommand): Promise<number> {
  if (command.action === 'help' || command.action === 'version') {
    const { isTTY, columns } = process.stdout;
    const text = command.action === 'help' ? helpText(isTTY ? columns : undefined) : VERSION_TEXT;
    process.stdout.write(text);
    return DONE;
  }
  return act(command);
}

async function act(command: RdiffAction): Promise<number> {
  const { runAction } = await import('./actions.js');
  const { Interrupted, withInterrupts } = await import('./interrupts.js');
  try {
    await withInterrupts((signal) => runAction(command, signal));
    return DONE;
  } catch (error) {
    return error instanceof Interrupted ? error.exitCode : reportFailure(error, command);
  }
}

async function reportFailure(error: unknown, command: RdiffAction): Promise<number> {
  const { failureOf } = await import('./failures.js');
  const { exitCode, text, document } = failureOf(error, INTERNAL_ERROR);
  if (command.options.json !== true) await say(text);
  else if (usesStdout(command)) process.stderr.write(`${JSON.stringify(document)}\n`);
  else process.stdout.write(`${JSON.stringify(document)}\n`);
  return exitCode;
}
