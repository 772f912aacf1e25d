/** The programs that a benchmark measures: processes of their own, from their start to their end. */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { CodedError } from '../../../errors.js';
import type { Platform } from '../../../platform/platform.js';
import { BackgroundProgram, runProgram, type Program } from '../../../platform/processes.js';

const START_TRIES = 100;
const START_MS = 50;

/**
 * Runs a program to its end, which `signal` brings about, and returns what it writes.
 * @throws CodedError INTERRUPTED, REMOTE_REQUEST when it fails
 */
export async function run(program: Program, signal: AbortSignal | undefined): Promise<string> {
  const { exitCode, output, errorOutput } = await runProgram(program, signal);
  if (signal?.aborted) {
    throw new CodedError('INTERRUPTED', 'The benchmark was interrupted.', {
      hint: 'The target is as the last copy left it.',
    });
  }
  if (exitCode === 0) return output.toString('utf8');
  const { command, args } = program;
  // With --json, what went wrong is in the document.
  const said = Buffer.concat([errorOutput, output]).toString('utf8').trim();
  throw new CodedError('REMOTE_REQUEST', `${command} ${args[0] ?? ''} failed: ${said}`, {
    hint: 'The benchmark cannot continue without it.',
  });
}

/** Whether a program can be called. */
export async function isInstalled(command: string): Promise<boolean> {
  return run({ command, args: ['--version'] }, undefined).then(
    () => true,
    () => false,
  );
}

/** A server that ends with `stop`. */
export interface ServingProcess {
  readonly port: number;
  stop(): Promise<void>;
}

/** Starts a server on a free port of loopback, and waits until it answers. */
export async function startServing(program: (port: number) => Program): Promise<ServingProcess> {
  const port = await freePort();
  const running = new BackgroundProgram(program(port));
  await untilListening(port, running);
  return { port, stop: () => running.stop() };
}

/** An rsync daemon that serves a directory as the module `files`. */
export function startRsync(
  { files }: Platform,
  workDirectory: string,
  root: string,
): Promise<ServingProcess> {
  const path = `${workDirectory}/rsyncd.conf`;
  const descriptor = files.open(path, 'create');
  files.write(descriptor, Buffer.from(`[files]\npath = ${root}\nuse chroot = no\n`), 0);
  files.close(descriptor);
  return startServing((port) => ({
    command: 'rsync',
    args: ['--daemon', '--no-detach', '--address=127.0.0.1', `--port=${port}`, `--config=${path}`],
  }));
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function untilListening(port: number, program: BackgroundProgram): Promise<void> {
  for (let tries = 0; tries < START_TRIES && !program.hasEnded; tries++) {
    const socket = connect(port, '127.0.0.1');
    const isThere = await once(socket, 'connect').then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (isThere) return;
    await sleep(START_MS);
  }
  program.kill();
  throw new CodedError('SERVE_ADDRESS', 'A server of the benchmark did not start.', {
    hint: 'Try again: another program may have taken its port.',
  });
}
