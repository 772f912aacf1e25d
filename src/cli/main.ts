#!/usr/bin/env node
/** The `varve` command: the one place that ends the process. */
import { ExitCode } from './exit-code.js';
import { listenForInterrupts } from './interrupts.js';
import { createOutput } from './output.js';
import { runProgram } from './program.js';

process.stderr.on('error', () => undefined);
const args = process.argv.slice(2);
// It has rdiff's own grammar, exit codes and signals, from the first word on.
if (args[0] === 'rdiff') {
  const { runRdiff } = await import('./rdiff/run.js');
  process.exit(await runRdiff(args.slice(1)));
}
const interrupts = listenForInterrupts(
  process,
  () => process.stderr.write('varve: Stopping cleanly; interrupt again to end at once.\n'),
  () => process.exit(ExitCode.interrupted),
);
const { stdout, stderr, env } = process;
process.exit(
  await runProgram(args, {
    output: createOutput(stdout),
    stderr,
    env,
    interrupts,
  }),
);
