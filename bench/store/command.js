/**
 * Running other programs: plainly, or measured from outside by GNU time.
 *
 * GNU time forks the program and reads `wait4`'s accounting, which covers the program and all the
 * children it waited for. It is the same for every tool, and the peak is that of the largest single
 * process. (Node's own `spawn` would not do: after `vfork` a child's peak starts at Node's.)
 *
 * @module
 */

import { spawn } from 'node:child_process';
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';

export const TIME_PROGRAM = '/usr/bin/time';

/** How much of a failed program's output is shown. */
const TAIL_BYTES = 4000;

/**
 * @typedef {object} Command
 * @property {string[]} argv the program and its arguments
 * @property {string} [cwd]
 * @property {Record<string, string>} [env] the whole environment; absent: this process's own
 */

/**
 * @typedef {object} Timing
 * @property {number} wallMs from before the start to after the end
 * @property {number} userMs processor time in user mode, all processes
 * @property {number} systemMs processor time in the kernel, all processes
 * @property {number} peakRssBytes largest resident set of any one process
 */

/** The program now running; each is the leader of its own process group. */
/** @type {import('node:child_process').ChildProcess | undefined} */
let running;

/** Ends the running program and its children, for a run that is interrupted. */
export function stopRunning() {
  if (running?.pid !== undefined && running.exitCode === null)
    process.kill(-running.pid, 'SIGKILL');
}

/**
 * Runs a command to its end; output goes into `logFile`, standard input is empty.
 *
 * @param {Command} command
 * @param {string} logFile overwritten
 * @returns {Promise<number>} milliseconds from before the start to after the end
 * @throws {Error} when the exit code is not 0, with the end of the output
 */
async function runLogged(command, logFile) {
  const [program = '', ...args] = command.argv;
  const log = await open(logFile, 'w');
  const startedAt = performance.now();
  const outcome = await new Promise((resolve) => {
    running = spawn(program, args, {
      cwd: command.cwd,
      env: command.env ?? process.env,
      stdio: ['ignore', log.fd, log.fd],
      detached: true,
    });
    running.on('error', (error) => resolve(error.message));
    running.on('exit', (code, signal) => resolve(signal ?? code));
  });
  const wallMs = performance.now() - startedAt;
  running = undefined;
  await log.close();
  if (outcome !== 0) {
    const output = await readFile(logFile, 'utf8');
    throw new Error(
      `${command.argv.join(' ')}\n  ended with ${String(outcome)}, expected 0:\n${output.slice(-TAIL_BYTES)}`,
    );
  }
  return wallMs;
}

/**
 * Runs a command and measures it.
 *
 * @param {Command} command
 * @param {string} scratch a directory for the log and the accounting
 * @returns {Promise<Timing>}
 * @throws {Error} when the exit code is not 0
 */
export async function measure(command, scratch) {
  const accounting = join(scratch, 'time.txt');
  const argv = [TIME_PROGRAM, '-q', '-f', '%U %S %M', '-o', accounting, ...command.argv];
  const wallMs = await runLogged({ ...command, argv }, join(scratch, 'measured.log'));
  const fields = (await readFile(accounting, 'utf8')).trim().split(/\s+/u).map(Number);
  const [user, system, peakKiB] = fields;
  if (user === undefined || system === undefined || peakKiB === undefined) {
    throw new Error(`${TIME_PROGRAM} wrote no accounting for: ${command.argv.join(' ')}`);
  }
  return {
    wallMs,
    userMs: user * 1000,
    systemMs: system * 1000,
    peakRssBytes: peakKiB * 1024,
  };
}

/**
 * Runs a command outside the measured part.
 *
 * @param {Command} command
 * @param {string} scratch a directory for the log
 * @returns {Promise<string>} what it printed
 * @throws {Error} when the exit code is not 0
 */
export async function run(command, scratch) {
  const logFile = join(scratch, 'plain.log');
  await runLogged(command, logFile);
  return readFile(logFile, 'utf8');
}

/**
 * The first line that `program` prints with `args`, or undefined when it cannot be run.
 *
 * @param {string[]} argv
 * @param {Record<string, string>} [env]
 * @returns {Promise<string | undefined>}
 */
export function firstLine(argv, env) {
  const [program = '', ...args] = argv;
  return new Promise((resolve) => {
    let text = '';
    const child = spawn(program, args, {
      env: env ?? process.env,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    child.stdout.on('data', (/** @type {Buffer} */ chunk) => (text += chunk.toString()));
    child.on('error', () => resolve(undefined));
    child.on('close', (code) => resolve(code === 0 ? text.split('\n')[0]?.trim() : undefined));
  });
}
