/** Assembles the commands and runs the one that was asked for. */
import { Command, CommanderError, type Help } from 'commander';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { CodedError } from '../errors.js';
import { packageFile } from '../platform/package-files.js';
import { COMMANDS } from './command-table.js';
import type { CliCommand } from './command.js';
import { ExitCode } from './exit-code.js';
import { addGlobalOptions, globalFlags } from './global-options.js';
import { NotReported, OutputClosed, OutputFailed, terminalColumns } from './output.js';
import { describeTerm, USUAL_COLUMNS, wrapText } from './render/help.js';
import type { Surroundings } from './surroundings.js';

/** Runs `args` (without node and script) to the end; failures are reported and become an exit code. */
export async function runProgram(
  args: readonly string[],
  surroundings: Surroundings,
): Promise<ExitCode> {
  const named = args.find((arg) => Object.hasOwn(COMMANDS, arg));
  try {
    return await parseAndRun(args, named, surroundings);
  } catch (error) {
    if (error instanceof OutputClosed) return ExitCode.done;
    const { reportFailure } = await import('./report.js');
    return reportFailure(error, { args, ...surroundings });
  }
}

async function parseAndRun(
  args: readonly string[],
  named: string | undefined,
  around: Surroundings,
): Promise<ExitCode> {
  let helpText = '';
  let exitCode: ExitCode = ExitCode.done;
  const program = createProgram(around, (text) => (helpText += text));
  for (const [name, { summary, load }] of Object.entries(COMMANDS)) {
    const command = program.command(name).summary(summary);
    // The others are shown by their summaries only.
    if (!args.includes(name)) continue;
    const loaded = await load();
    defineCommand(command, loaded, async () => {
      const { openSession } = await import('./session.js');
      const session = openSession(globalFlags(program, command), around);
      try {
        exitCode = await loaded.run(session, command);
      } catch (error) {
        const { settled } = session;
        throw settled && error instanceof OutputFailed ? new NotReported(settled, error) : error;
      } finally {
        session.end();
      }
    });
  }
  await addRdiff(program, args);
  addHelpCommand(program);
  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (!isHelp(error)) {
      const { usageError } = await import('./usage.js');
      const command = program.commands.find((each) => each.name() === named);
      throw usageError(error, { program, command, args });
    }
    // Asked for, it is output; shown because no command was named, it is a complaint.
    if (error.exitCode === 0) await around.output.write(helpText);
    else around.stderr.write(helpText);
    return error.exitCode === 0 ? ExitCode.done : ExitCode.usage;
  }
  return exitCode;
}

/** It has its own grammar, so that it is run by `varve.ts` where it is the first word; here it is explained. */
async function addRdiff(program: Command, args: readonly string[]): Promise<void> {
  const command = program
    .command('rdiff')
    .summary("work with librsync's signatures, deltas and patches")
    .allowExcessArguments()
    .allowUnknownOption()
    .action(() => {
      throw new CodedError('USAGE', 'Nothing may stand before rdiff, not even options.', {
        hint: 'It has options of its own: see `varve help rdiff`.',
      });
    });
  if (!args.includes('rdiff')) return;
  const { helpText } = await import('./rdiff/usage.js');
  command.configureHelp({ formatHelp: (_, { helpWidth }) => helpText(helpWidth) });
}

/** `varve help X` says what `varve X --help` says, and what `varve X` says where there is no X. */
function addHelpCommand(program: Command): void {
  program
    .helpCommand(false)
    .command('help')
    .argument('[command]')
    .summary('show what a command does, with its options and examples')
    .allowExcessArguments()
    .action(async (name: string | undefined, _: object, { args }: Command) => {
      if (name === undefined) program.help();
      if (args.length > 1) {
        throw new CodedError('USAGE', '`varve help` explains one command at a time.', {
          hint: `See \`varve help ${name}\`.`,
        });
      }
      program.commands.find((command) => command.name() === name)?.help();
      await program.parseAsync(['--', name], { from: 'user' });
    });
}

function createProgram({ output, stderr }: Surroundings, onHelp: (text: string) => void): Command {
  const { version } = createRequire(import.meta.url)(
    fileURLToPath(packageFile('package.json')),
  ) as { version: string };
  const program = new Command('varve')
    .description(
      'A versioned backup store: the newest state of every file whole, older states as reverse deltas.',
    )
    .version(version, '-V, --version', 'show the version')
    .helpOption('-h, --help', 'show help')
    .enablePositionalOptions()
    .showSuggestionAfterError(false)
    .exitOverride()
    .configureOutput({
      writeOut: onHelp,
      writeErr: onHelp,
      outputError: () => undefined,
      getOutHelpWidth: () => output.columns ?? USUAL_COLUMNS,
      getErrHelpWidth: () => terminalColumns(stderr) ?? USUAL_COLUMNS,
    })
    .configureHelp({ minWidthToWrap: 1, formatItem, styleUsage });
  addGlobalOptions(program);
  return program;
}

function defineCommand(command: Command, loaded: CliCommand, run: () => Promise<void>): void {
  loaded.define(command);
  addGlobalOptions(command);
  command.action(run);
}

function isHelp({ code }: CommanderError): boolean {
  return ['commander.help', 'commander.helpDisplayed', 'commander.version'].includes(code);
}

/** What commander puts beside a term even where there is no room, goes below it. */
function formatItem(term: string, termWidth: number, text: string, { helpWidth }: Help): string {
  return describeTerm(term, text, { termWidth, columns: helpWidth ?? USUAL_COLUMNS }).join('\n');
}

function styleUsage(this: Help, usage: string): string {
  const { length } = 'Usage: ';
  return wrapText(usage, (this.helpWidth ?? USUAL_COLUMNS) - length).join(
    `\n${' '.repeat(length)}`,
  );
}
