/** What a command of the command line is made of. */
import type { Command } from 'commander';
import type { ExitCode } from './exit-code.js';
import { describeExamples, USUAL_COLUMNS } from './render/help.js';
import type { Session } from './session.js';

export interface CliCommand {
  /** Declares description, arguments, options and examples. */
  define(command: Command): void;
  /** Calls the operation with what was given and shows what came of it. */
  run(session: Session, command: Command): Promise<ExitCode>;
}

/** Adds examples to a command's help: what to type, and what it does. */
export function addExamples(
  command: Command,
  examples: readonly (readonly [line: string, what: string])[],
): void {
  addHelp(command, (columns) => describeExamples(examples, columns));
}

/** Adds to the end of a command's help what `render` makes for a width. */
export function addHelp(command: Command, render: (columns: number) => string): void {
  command.addHelpText('after', ({ error }) => `\n${render(helpColumns(command, error))}`);
}

function helpColumns(command: Command, isError: boolean): number {
  const output = command.configureOutput();
  return (isError ? output.getErrHelpWidth?.() : output.getOutHelpWidth?.()) ?? USUAL_COLUMNS;
}
