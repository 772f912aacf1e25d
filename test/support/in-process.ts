/**
 * Runs the command line on this thread, from arguments to exit code, with streams that keep what was
 * written: a tenth of the time of a process of its own. What hangs on the process itself (standard
 * input, signals, how it ends) needs `varve-command.ts`.
 */
import { chdir, cwd } from 'node:process';
import { Writable } from 'node:stream';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, vi } from 'vitest';
import type { ExitCode } from '../../src/cli/exit-code.js';
import { createOutput } from '../../src/cli/output.js';
import { runProgram } from '../../src/cli/program.js';
import { workerThreads } from '../../src/platform/node-modules.js';
import { testDirectory } from './directory.js';

export interface Run {
  readonly code: ExitCode;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Standard error is a terminal. */
  readonly isTerminal?: boolean;
  /** So is standard output. */
  readonly isOutputTerminal?: boolean;
  /** Ends the command as the first interrupt does. */
  readonly signal?: AbortSignal;
  /** Called with all that standard error got so far. */
  readonly onStderr?: (text: string) => void;
}

/** An empty working directory for the commands of one file of tests, and ways to run them there. */
export function createInProcess() {
  const root = testDirectory();
  const home = join(root, 'home');
  mkdirSync(home);
  const before = cwd();
  chdir(root);
  afterAll(() => chdir(before));
  const run = async (args: readonly string[], options: RunOptions = {}): Promise<Run> => {
    const [stdout, stderr] = [sink(), sink(options.onStderr)];
    const stream = Object.assign(stderr.stream, { isTTY: options.isTerminal ?? false });
    const shown = { isTTY: options.isOutputTerminal ?? false, columns: 80 };
    const code = await runProgram(args, {
      output: createOutput(Object.assign(stdout.stream, shown) as unknown as NodeJS.WriteStream),
      stderr: Object.assign(stream, { columns: 80 }) as unknown as NodeJS.WriteStream,
      env: { HOME: home, ...options.env },
      interrupts: { takeSignal: () => options.signal ?? new AbortController().signal },
    });
    return { code, stdout: stdout.text(), stderr: stderr.text() };
  };
  /** Writes files, named below the root, and the directories that they need. */
  const write = (files: Readonly<Record<string, string | Uint8Array>>): void => {
    for (const [name, content] of Object.entries(files)) {
      mkdirSync(dirname(join(root, name)), { recursive: true });
      writeFileSync(join(root, name), content);
    }
  };
  /** The document that `args` with `--json` give. */
  const json = async <Document = Record<string, unknown>>(...args: string[]): Promise<Document> => {
    const { stdout } = await run(['--json', ...args]);
    return JSON.parse(stdout) as Document;
  };
  return {
    root,
    home,
    path: (...names: string[]) => join(root, ...names),
    write,
    run,
    json,
  };
}

/** How many threads are started while `action` runs. */
export async function threadsOf(action: () => Promise<unknown>): Promise<number> {
  const Real = workerThreads().Worker;
  let count = 0;
  const spy = vi.spyOn(workerThreads(), 'Worker').mockImplementation(function (...given) {
    count += 1;
    return new Real(...given);
  });
  try {
    await action();
    return count;
  } finally {
    spy.mockRestore();
  }
}

function sink(onText?: (text: string) => void) {
  const chunks: Buffer[] = [];
  const text = (): string => Buffer.concat(chunks).toString('utf8');
  const stream = new Writable({
    decodeStrings: true,
    write(chunk: Buffer, _encoding, done) {
      chunks.push(Buffer.from(chunk));
      onText?.(text());
      done();
    },
  });
  return { stream, text };
}
