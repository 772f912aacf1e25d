/** The process of `varve`: what its arguments, signals and streams become, and that it ends. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Surroundings } from '../../src/cli/surroundings.js';
import { runVarve } from '../../src/cli/varve.js';

const around = vi.hoisted(() => ({
  args: [] as string[],
  terminals: [] as number[],
  flags: [] as string[],
  guarded: [] as unknown[],
  guardFails: false,
  bounded: 0,
  program: vi.fn<(args: readonly string[], surroundings: Surroundings) => Promise<number>>(),
  rdiff: vi.fn<(args: readonly string[]) => Promise<number>>(),
}));
vi.mock('node:tty', () => ({ isatty: (fd: number) => around.terminals.includes(fd) }));
vi.mock('node:v8', () => ({ setFlagsFromString: (flag: string) => around.flags.push(flag) }));
vi.mock('../../src/platform/process-bytes.js', () => ({
  commandArguments: () => around.args,
  environment: () => ({ HOME: '/of-the-test' }),
}));
vi.mock('../../src/platform/signals.js', () => ({
  endAtSecond(signals: unknown) {
    if (around.guardFails) throw new Error('no libc');
    around.guarded.push(signals);
  },
}));
vi.mock('../../src/cli/young-generation.js', () => ({
  boundYoungGeneration: () => (around.bounded += 1),
}));
vi.mock('../../src/cli/program.js', () => ({ runProgram: around.program }));
vi.mock('../../src/cli/rdiff/run.js', () => ({ runRdiff: around.rdiff }));

class Exited extends Error {
  readonly code: unknown;
  constructor(code: unknown) {
    super(`exit ${String(code)}`);
    this.code = code;
  }
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
let said: string[];
let heard: Map<string, () => void>;

beforeEach(() => {
  Object.assign(around, { args: [], terminals: [], flags: [], guarded: [], bounded: 0 });
  around.guardFails = false;
  around.program.mockReset().mockResolvedValue(0);
  around.rdiff.mockReset().mockResolvedValue(0);
  said = [];
  heard = new Map();
  vi.spyOn(process, 'exit').mockImplementation((code) => {
    throw new Exited(code);
  });
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => said.push(String(text)) > 0);
  const on = process.on.bind(process);
  vi.spyOn(process, 'on').mockImplementation((name: string | symbol, listener: () => void) => {
    if (!SIGNALS.some((signal) => signal === name)) return on(name, listener);
    heard.set(String(name), listener);
    return process;
  });
});
afterEach(() => {
  vi.restoreAllMocks();
  process.stderr.removeAllListeners('error');
  process.stdout.removeAllListeners('error');
});

/** What the process ends with, given these arguments. */
async function endOf(...args: string[]): Promise<unknown> {
  around.args = args;
  const error: unknown = await runVarve().catch((thrown: unknown) => thrown);
  if (!(error instanceof Exited)) throw error;
  return error.code;
}

test('a command ends the process with its code, in the environment of the process', async () => {
  around.program.mockResolvedValue(5);
  expect(await endOf('diff', '--exit-code')).toBe(5);
  const [[args, given] = []] = around.program.mock.calls;
  expect(args).toEqual(['diff', '--exit-code']);
  expect(given?.output.stream).toBe(process.stdout);
  expect(given?.stderr).toBe(process.stderr);
  expect(given?.env).toEqual({ HOME: '/of-the-test' });
  expect(around.rdiff).not.toHaveBeenCalled();
});

test('memory is held down before a command runs', async () => {
  await endOf('backup');
  expect(around.flags).toEqual(['--heap-growing-percent=20']);
  expect(around.bounded).toBe(1);
});

test('rdiff has the rest of the words where it is the first, and only there', async () => {
  around.rdiff.mockResolvedValue(101);
  expect(await endOf('rdiff', 'sig', '--json')).toBe(101);
  expect(around.rdiff).toHaveBeenCalledExactlyOnceWith(['sig', '--json']);
  expect(around.program).not.toHaveBeenCalled();
  for (const args of [['-q', 'rdiff'], ['help', 'rdiff'], []]) await endOf(...args);
  expect(around.program.mock.calls.map(([args]) => args)).toEqual([
    ['-q', 'rdiff'],
    ['help', 'rdiff'],
    [],
  ]);
  expect(around.rdiff).toHaveBeenCalledOnce();
});

test('standard error that cannot be written ends nothing', async () => {
  for (const args of [['ls'], ['rdiff']]) {
    process.stderr.removeAllListeners('error');
    await endOf(...args);
    expect(process.stderr.emit('error', new Error('EPIPE')), args[0]).toBe(true);
  }
});

/** Runs a command that takes its signal and meanwhile does `action`. */
async function meanwhile(args: readonly string[], action: (signal: AbortSignal) => void) {
  around.program.mockImplementation((_, { interrupts }) => {
    action(interrupts.takeSignal());
    return Promise.resolve(0);
  });
  return endOf(...args);
}

describe('an interrupt', () => {
  test.each(SIGNALS)('%s asks a command to stop, and ends it when it comes again', async (name) => {
    const end = await meanwhile(['backup'], (signal) => {
      expect(around.guarded).toEqual([SIGNALS]);
      expect(signal.aborted).toBe(false);
      heard.get(name)?.();
      expect(signal.aborted).toBe(true);
      expect(said).toEqual(['varve: Stopping cleanly; interrupt again to end at once.\n']);
      heard.get(name)?.();
    });
    expect(end).toBe(130);
    expect(said.slice(1)).toEqual(['']);
  });

  test('leaves no half line on a terminal', async () => {
    const { isTTY } = process.stderr;
    Object.assign(process.stderr, { isTTY: true });
    try {
      await meanwhile(['backup'], () => {
        heard.get('SIGINT')?.();
        heard.get('SIGINT')?.();
      });
    } finally {
      Object.assign(process.stderr, { isTTY });
    }
    expect(said).toEqual([
      '\r\x1b[Kvarve: Stopping cleanly; interrupt again to end at once.\n',
      '\r\x1b[K',
    ]);
  });

  test('stops a command that has no libc to guard it', async () => {
    around.guardFails = true;
    const end = await meanwhile(['backup'], (signal) => {
      heard.get('SIGTERM')?.();
      expect(signal.aborted).toBe(true);
    });
    expect(end).toBe(0);
  });
});

describe('SIGHUP', () => {
  /** Whether it would stop a command with these arguments. */
  const stops = async (...args: string[]): Promise<boolean> => {
    let isStopped = false;
    heard.clear();
    await meanwhile(args, (signal) => {
      heard.get('SIGHUP')?.();
      isStopped = signal.aborted;
    });
    return isStopped;
  };

  test('is ignored where that is asked for, as an option of ours', async () => {
    expect(await stops('backup')).toBe(true);
    expect(await stops('backup', '--ignore-hup')).toBe(false);
    expect(await stops('--ignore-hup', 'backup', '--command', 'x', '--', 'y')).toBe(false);
    expect(await stops('backup', '--command', 'x', '--', 'y', '--ignore-hup')).toBe(true);
    await meanwhile(['backup', '--ignore-hup'], () => undefined);
    expect(around.guarded.at(-1)).toEqual(['SIGINT', 'SIGTERM']);
  });

  test.each([0, 1, 2])('is not ignored where descriptor %d is a terminal', async (descriptor) => {
    around.terminals = [descriptor];
    expect(await stops('backup', '--ignore-hup')).toBe(true);
  });
});
