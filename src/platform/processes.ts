/** Other programs, run without a shell and with the environment of this process. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';

/** How a program is called. */
export interface Program {
  readonly command: string;
  readonly args: readonly string[];
  /** Beside what this process has. */
  readonly env?: Readonly<Record<string, string>>;
}

export interface ProgramResult {
  /** `null` if a signal ended it. */
  readonly exitCode: number | null;
  readonly output: Buffer;
  readonly errorOutput: Buffer;
}

/** Runs a program to its end, which `signal` brings about. Fails where it cannot be started. */
export async function runProgram(
  { command, args, env }: Program,
  signal: AbortSignal | undefined,
): Promise<ProgramResult> {
  const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: 'pipe' });
  const end = (): void => void child.kill('SIGTERM');
  if (signal?.aborted) end();
  signal?.addEventListener('abort', end, { once: true });
  const chunks: Buffer[] = [];
  const errors: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => errors.push(chunk));
  const [exitCode] = (await once(child, 'close').finally(() => {
    signal?.removeEventListener('abort', end);
  })) as [number | null];
  return { exitCode, output: Buffer.concat(chunks), errorOutput: Buffer.concat(errors) };
}

/** A program that runs beside this one, and whose output nobody reads. */
export class BackgroundProgram {
  private readonly child: ChildProcess;
  private readonly ended: Promise<unknown>;

  constructor({ command, args, env }: Program) {
    this.child = spawn(command, args, { env: { ...process.env, ...env }, stdio: 'ignore' });
    this.ended = once(this.child, 'close');
  }

  get hasEnded(): boolean {
    // A signal ends it without a code.
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  /** Asks it to end, and waits until it has. */
  async stop(): Promise<void> {
    this.child.kill('SIGTERM');
    await this.ended;
  }

  kill(): void {
    this.child.kill('SIGKILL');
  }
}
