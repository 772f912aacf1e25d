/** What a command of the command line is made of. */
import type { Command } from 'commander';
import type { ExitCode } from './exit-code.js';
import type { Session } from './session.js';

export interface CliCommand {
  /** Declares description, arguments, options and examples. */
  define(command: Command): void;
  /** Calls the operation with what was given and shows what came of it. */
  run(session: Session, command: Command): Promise<ExitCode>;
}

const COLUMNS = 80;

/** Adds examples to a command's help: what to type, and what it does, beside it where that fits. */
export function addExamples(
  command: Command,
  examples: readonly (readonly [line: string, what: string])[],
): void {
  const width = Math.max(...examples.map(([line]) => line.length));
  const beside = examples.map(([line, what]) => `  ${line.padEnd(width)}  # ${what}`);
  const above = examples.map(([line, what]) => `  # ${what}\n  ${line}`);
  const fits = beside.every((line) => line.length <= COLUMNS);
  const heading = examples.length === 1 ? 'Example:' : 'Examples:';
  command.addHelpText('after', `\n${heading}\n${(fits ? beside : above).join('\n')}`);
}
