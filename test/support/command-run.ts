/**
 * Runs one command on a session that writes down what it is asked for: for tests that stand in for the
 * operation itself, and look at what it is given and at each field of what it gives back.
 */
import { Writable } from 'node:stream';
import { Command } from 'commander';
import type { CliCommand } from '../../src/cli/command.js';
import type { ExitCode } from '../../src/cli/exit-code.js';
import { createOutput, type Settled } from '../../src/cli/output.js';
import { PLAIN_PALETTE, type Palette } from '../../src/cli/render/colour.js';
import type { Session } from '../../src/cli/session.js';
import { openPlatform, type Issue, type Platform } from '../../src/store.js';

export interface RunSettings {
  readonly isJson?: boolean;
  readonly isQuiet?: boolean;
  readonly isVerbose?: boolean;
  readonly env?: Readonly<Record<string, string>>;
  readonly platform?: Partial<Platform>;
  readonly repository?: Session['repository'];
  readonly signal?: AbortSignal;
  readonly palette?: Palette;
  /** A line of progress is shown, and standard output is a terminal of so many columns. */
  readonly columns?: number;
}

export interface CommandRun {
  readonly code: ExitCode;
  readonly stdout: string;
  /** Lines on standard error: notices begin with `notice: `, problems and issues do not. */
  readonly said: readonly string[];
  readonly settled: Settled | undefined;
  /** What the line of progress was told, in this order. */
  readonly progress: readonly (readonly [call: string, ...args: unknown[]])[];
  /** How the repository was opened each time. */
  readonly opened: readonly string[];
}

/** What {@link runCommand} opens; the operation that stands in gets it. */
export const STAND_IN = { name: 'the repository' };

/** @throws what the command throws */
export async function runCommand(
  name: string,
  cliCommand: CliCommand,
  args: readonly string[],
  settings: RunSettings = {},
): Promise<CommandRun> {
  const command = new Command(name).exitOverride();
  cliCommand.define(command);
  command.parse(args, { from: 'user' });
  const written: Buffer[] = [];
  const stream = new Writable({
    write(chunk: Buffer, _, done) {
      written.push(Buffer.from(chunk));
      done();
    },
  });
  const { columns } = settings;
  const terminal = { isTTY: columns !== undefined, columns: columns ?? 0 };
  const output = createOutput(Object.assign(stream, terminal) as unknown as NodeJS.WriteStream);
  const said: string[] = [];
  const opened: string[] = [];
  const progress: [string, ...unknown[]][] = [];
  const tell =
    (call: string) =>
    (...given: unknown[]): void =>
      void progress.push([call, ...given]);
  let settled: Settled | undefined;
  const session = {
    platform: { ...openPlatform(), ...settings.platform },
    repository: settings.repository ?? { path: '/repository', isDefault: false },
    isJson: settings.isJson ?? false,
    isQuiet: settings.isQuiet ?? false,
    isVerbose: settings.isVerbose ?? false,
    output,
    palette: settings.palette ?? PLAIN_PALETTE,
    progress: {
      isShown: columns !== undefined,
      start: tell('start'),
      expect: tell('expect'),
      update: tell('update'),
      message: tell('message'),
      finish: tell('finish'),
    },
    now: new Date('2026-11-28T12:00:00Z'),
    env: settings.env ?? {},
    openRepository(access: string) {
      opened.push(access);
      return Promise.resolve(STAND_IN);
    },
    takeSignal: () => settings.signal ?? new AbortController().signal,
    settle: (what: string, exitCode: ExitCode) => void (settled = { what, exitCode }),
    get settled() {
      return settled;
    },
    notice: (text: string) => void said.push(`notice: ${text}`),
    problem: (text: string) => void said.push(text),
    listIssues(issues: readonly Issue[]) {
      if (settings.isJson !== true) said.push(...issues.map(({ message }) => message));
    },
    end: () => undefined,
  } as unknown as Session;
  const code = await cliCommand.run(session, command);
  return { code, stdout: Buffer.concat(written).toString(), said, settled, progress, opened };
}
