#!/usr/bin/env node
/** The `varve` command: the one place that ends the process. */
import { ExitCode } from './exit-code.js';
import { listenForInterrupts } from './interrupts.js';
import { createOutput } from './output.js';
import { runProgram } from './program.js';

process.stderr.on('error', () => undefined);
const interrupts = listenForInterrupts(
  process,
  () => process.stderr.write('varve: Stopping cleanly; interrupt again to end at once.\n'),
  () => process.exit(ExitCode.interrupted),
);
const { stdout, stderr, env } = process;
process.exit(
  await runProgram(process.argv.slice(2), {
    output: createOutput(stdout),
    stderr,
    env,
    interrupts,
  }),
);
