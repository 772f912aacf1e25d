/** What a command works with: the global options resolved, and the ways to speak to its user. */
import { homedir } from 'node:os';
import {
  CodedError,
  escapeUnsafe,
  openPlatform,
  openRepository,
  type Issue,
  type OpenOptions,
  type Platform,
  type Repository,
} from '../store.js';
import { monotonicMs } from '../platform/clock.js';
import type { GlobalFlags } from './global-options.js';
import type { ExitCode } from './exit-code.js';
import { terminalColumns, type Output, type Settled } from './output.js';
import { parseDuration } from './parse/duration.js';
import type { Surroundings } from './surroundings.js';
import { paletteFor, type Palette } from './render/colour.js';
import { formatMessage } from './render/message.js';
import {
  ProgressLine,
  type ProgressOptions,
  type ProgressState,
  type Totals,
} from './render/progress.js';
import { chooseRepository, type RepositoryChoice } from './repository-choice.js';

export interface Session {
  readonly platform: Platform;
  readonly repository: RepositoryChoice;
  readonly isJson: boolean;
  readonly isQuiet: boolean;
  readonly isVerbose: boolean;
  readonly output: Output;
  readonly palette: Palette;
  readonly progress: Progress;
  readonly now: Date;
  readonly env: Readonly<Record<string, string | undefined>>;
  /**
   * Opens the repository that is meant; the session closes it.
   * @throws CodedError REPOSITORY_NOT_FOUND, NOT_A_REPOSITORY, FORMAT_UNKNOWN, REPOSITORY_READ_ONLY
   */
  openRepository(access: OpenOptions['access']): Promise<Repository>;
  /** Stops the operation it is given to; until it is taken, an interrupt ends the process at once. */
  takeSignal(): AbortSignal;
  /** Says what is done for good before it is reported. */
  settle(what: string, exitCode: ExitCode): void;
  readonly settled: Settled | undefined;
  /** A line for people on standard error, which `--quiet` keeps back. */
  notice(text: string): void;
  /** A line for people on standard error. */
  problem(text: string): void;
  /** Lists what a run reports, unless its JSON document does. */
  listIssues(issues: readonly Issue[]): void;
  /** Ends the line of progress, and closes what was opened. */
  end(): void;
}

/** The line on standard error; shown only on a terminal and when nobody asked for silence. */
interface Progress {
  readonly isShown: boolean;
  start(options: ProgressOptions): void;
  /** Says what the totals will be, where that was not known at the start. */
  expect(totals: Totals): void;
  update(done: ProgressState): void;
  /** Writes lines that stay, above the line of progress. */
  message(lines: string): void;
  finish(): void;
}

/** @throws CodedError USAGE_DURATION */
export function openSession(flags: GlobalFlags, around: Surroundings): Session {
  const { output, stderr, env, interrupts } = around;
  const platform = openPlatform();
  const isQuiet = flags.quiet === true;
  const isVerbose = (flags.verbose ?? 0) > 0;
  const isJson = flags.json === true;
  const progress = createProgress(stderr, flags.progress && !isQuiet);
  const write = (text: string): void =>
    progress.message(formatMessage(text, [], undefined, terminalColumns(stderr)));
  const notice = (text: string): void => {
    if (!isQuiet) write(text);
  };
  // Looked at when it is needed: a copy has none.
  let chosen: RepositoryChoice | undefined;
  const repository = (): RepositoryChoice =>
    (chosen ??= chooseRepository(flags.repo, env, env['HOME'] ?? homedir()));
  const lockWaitMs = optionValue('--lock-wait', parseDuration, flags.lockWait) ?? 0;
  let opened: Repository | undefined;
  let settled: Settled | undefined;
  return {
    settle: (what, exitCode) => void (settled = { what, exitCode }),
    get settled() {
      return settled;
    },
    platform,
    get repository() {
      return repository();
    },
    async openRepository(access) {
      opened = await openRepository(repository().path, platform, { access, lockWaitMs });
      return opened;
    },
    isJson,
    isQuiet,
    isVerbose,
    output,
    palette: paletteFor(output.stream, env),
    progress,
    now: new Date(platform.clock.nowMs()),
    env,
    takeSignal: () => interrupts.takeSignal(),
    notice,
    problem: write,
    listIssues(issues) {
      if (isJson) return;
      issues.forEach(({ message }) => write(escapeUnsafe(message)));
    },
    end() {
      progress.finish();
      opened?.close();
    },
  };
}

/** Reads the value of an option, and says which one when it is wrong. */
export function optionValue<T, Text extends string | undefined>(
  option: string,
  parse: (text: string) => T,
  text: Text,
): T | (Text & undefined) {
  if (text === undefined) return undefined as Text & undefined;
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
    const { code, message, hint } = error;
    throw new CodedError(code, `${option}: ${message}`, { ...(hint !== undefined && { hint }) });
  }
}

/** The line moves at least this often, whatever is reported. */
const TICK_MS = 250;

function createProgress(stderr: NodeJS.WriteStream, isWanted: boolean): Progress {
  const isShown = isWanted && stderr.isTTY;
  let line: ProgressLine | undefined;
  let timer: NodeJS.Timeout | undefined;
  return {
    isShown,
    start(options) {
      if (!isShown) return;
      const started = new ProgressLine(stderr, monotonicMs, options);
      line = started;
      timer = setInterval(() => started.tick(), TICK_MS).unref();
    },
    expect: (totals) => line?.expect(totals),
    update: (done) => line?.update(done),
    message(lines) {
      if (line) line.message(lines);
      else stderr.write(lines);
    },
    finish() {
      clearInterval(timer);
      line?.finish();
      line = undefined;
    },
  };
}
