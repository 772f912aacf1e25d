/** Bytes that come from somewhere else than a file: standard input, the output of a command. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs';
import { addAbortSignal, type Readable } from 'node:stream';
import { CodedError } from '../errors.js';
import { reasonOf } from './system-errors.js';

export interface ByteStream {
  /**
   * Begins to give the bytes, in buffers that stay as they are. They end, or fail, soon after `signal` is aborted; what they fail with
   * then does not matter.
   */
  open(signal: AbortSignal | undefined): AsyncIterable<Uint8Array>;
  /**
   * Whether an end says that all bytes came. That of a pipe does not: it also ends when the program
   * that writes to it dies.
   */
  readonly isProvedByEnd: boolean;
}

const STANDARD_INPUT = 0;
/** Bytes that are read of a file at once. */
const READ_BYTES = 1024 * 1024;

/** Standard input of this process. @throws CodedError SOURCE_UNREADABLE from its iteration */
export function standardInput(): ByteStream {
  return {
    isProvedByEnd: false,
    async *open(signal) {
      try {
        const input = openStandardInput();
        yield* (signal ? addAbortSignal(signal, input) : input) as AsyncIterable<Uint8Array>;
      } catch (cause) {
        const why = reasonOf(cause);
        throw new CodedError('SOURCE_UNREADABLE', `Standard input cannot be read: ${why}.`, {
          hint: 'Pipe or redirect the bytes to back up into it.',
          cause,
        });
      }
    },
  };
}

/** `process.stdin` knows pipes, sockets and files: a directory or a disk seems an empty file to it. */
function openStandardInput(): Readable {
  const stat = fs.fstatSync(STANDARD_INPUT);
  if (stat.isFIFO() || stat.isSocket()) return process.stdin;
  return fs.createReadStream('', {
    fd: STANDARD_INPUT,
    autoClose: false,
    highWaterMark: READ_BYTES,
  });
}

/** A command that does not end when it is asked to is killed after this, milliseconds. */
const PATIENCE_MS = 5000;

/**
 * What `program` writes to its standard output, run without a shell and with nothing to read; its
 * standard error is that of this process. It starts with `open`, and fails with COMMAND_FAILED when it
 * cannot be started, when it exits with another code than 0, and when a signal ends it. It is asked to
 * end (SIGTERM) when `signal` is aborted, and when nobody reads on.
 */
export function commandOutput(program: string, args: readonly string[]): ByteStream {
  return {
    isProvedByEnd: true,
    async *open(signal) {
      const child = await start(program, args);
      const stop = (): void => {
        child.kill();
        child.stdout.destroy();
      };
      signal?.addEventListener('abort', stop);
      try {
        if (signal?.aborted) stop();
        yield* child.stdout as AsyncIterable<Uint8Array>;
        await ended(child);
        throwIfFailed(program, child);
      } finally {
        signal?.removeEventListener('abort', stop);
        await end(child);
      }
    },
  };
}

type OutputProcess = ChildProcess & { readonly stdout: Readable };

async function start(program: string, args: readonly string[]): Promise<OutputProcess> {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    await once(child, 'spawn');
  } catch (cause) {
    const why = reasonOf(cause);
    throw new CodedError('COMMAND_FAILED', `${program} cannot be started: ${why}.`, {
      hint: 'The command runs without a shell: give a program in your PATH, then its arguments.',
      cause,
    });
  }
  return child;
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}

async function ended(child: ChildProcess): Promise<void> {
  if (!hasEnded(child)) await once(child, 'exit');
}

async function end(child: ChildProcess): Promise<void> {
  if (hasEnded(child)) return;
  child.kill();
  const killer = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS);
  await ended(child);
  clearTimeout(killer);
}

function throwIfFailed(program: string, { exitCode, signalCode }: ChildProcess): void {
  if (exitCode === 0) return;
  const how = signalCode === null ? `with exit code ${exitCode ?? ''}` : `by ${signalCode}`;
  throw new CodedError('COMMAND_FAILED', `${program} ended ${how}; no snapshot was taken.`, {
    hint: 'Check its messages, and run it by itself; what it already wrote is not stored twice.',
  });
}
