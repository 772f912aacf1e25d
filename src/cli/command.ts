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

/** Adds examples to a command's help, one a line: what to type, and what it does. */
export function addExamples(
  command: Command,
  examples: readonly (readonly [string, string])[],
): void {
  const width = Math.max(...examples.map(([line]) => line.length));
  const lines = examples.map(([line, what]) =>
    width > 44 ? `  # ${what}\n  ${line}` : `  ${line.padEnd(width)}   # ${what}`,
  );
  const heading = examples.length === 1 ? 'Example:' : 'Examples:';
  command.addHelpText('after', `\n${heading}\n${lines.join('\n')}`);
}
