/** The `varve` command as a process: its signals and its end. The one place that ends the process. */
import { isatty } from 'node:tty';
import { setFlagsFromString } from 'node:v8';
import { commandArguments, environment } from '../platform/process-bytes.js';
import { endAtSecond } from '../platform/signals.js';
import { ExitCode } from './exit-code.js';
import { createInterrupts } from './interrupts.js';
import { createOutput } from './output.js';
import { runProgram } from './program.js';
import { clearLine } from './render/terminal-line.js';
import { boundYoungGeneration } from './young-generation.js';

/** Loading libc takes 10 ms, which a command that does not take the signal need not wait for. */
function guardAgainstLoops(signals: readonly NodeJS.Signals[]): void {
  try {
    endAtSecond(signals);
  } catch {
    // Without libc, what it is needed for says so; the second signal is then for our own code.
  }
}

/**
 * Whether SIGHUP is to be ignored: asked for, and nobody's terminal hangs up. (Whether `nohup` asked for it
 * cannot be seen: Node takes the signal back when it starts.)
 */
function ignoresHangUp(args: readonly string[]): boolean {
  const options = args.includes('--') ? args.slice(0, args.indexOf('--')) : args;
  return options.includes('--ignore-hup') && ![0, 1, 2].some((descriptor) => isatty(descriptor));
}

/** Runs the arguments of this process and ends it with their exit code. */
export async function runVarve(): Promise<never> {
  const args = commandArguments();
  process.stderr.on('error', () => undefined);
  // It has rdiff's own grammar, exit codes and signals, from the first word on.
  if (args[0] === 'rdiff') {
    const { runRdiff } = await import('./rdiff/run.js');
    process.exit(await runRdiff(args.slice(1)));
  }
  // V8 lets garbage grow to several times what lives before it looks: 260 instead of 225 MB for a backup
  // of 46 600 files, and 265 instead of 246 for their restore. Collecting sooner costs 3 % of the CPU.
  setFlagsFromString('--heap-growing-percent=20');
  boundYoungGeneration();
  const interrupts = createInterrupts(process, {
    onFirst: () => say('varve: Stopping cleanly; interrupt again to end at once.\n'),
    endAtOnce() {
      say('');
      process.exit(ExitCode.interrupted);
    },
    guard: guardAgainstLoops,
    ignoresHangUp: ignoresHangUp(args),
  });
  const { stdout, stderr } = process;
  const env = environment();
  const output = createOutput(stdout);
  process.exit(await runProgram(args, { output, stderr, env, interrupts }));
}

/** Nothing half a line long stays: a line of progress, the `^C` that the terminal echoed. */
function say(text: string): void {
  process.stderr.write(clearLine(process.stderr) + text);
}
