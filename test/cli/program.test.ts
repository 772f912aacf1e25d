import { Writable } from 'node:stream';
import { afterEach, describe, expect, test, vi } from 'vitest';
import packageFile from '../../package.json' with { type: 'json' };
import type { CliCommand } from '../../src/cli/command.js';
import { COMMANDS } from '../../src/cli/command-table.js';
import { createOutput, OutputClosed } from '../../src/cli/output.js';
import { runProgram } from '../../src/cli/program.js';
import { listSnapshots } from '../../src/store.js';
import { helpText } from '../../src/cli/rdiff/usage.js';
import { createInProcess } from '../support/in-process.js';
import { openFiles } from '../support/varve-command.js';

const { run, path } = createInProcess();
const refused = (message: string, hint: string): object => ({
  code: 2,
  stdout: '',
  stderr: `varve: ${message}\n${hint}\n`,
});

describe('help', () => {
  test('that is asked for is output, and a complaint where no command was named', async () => {
    const { stdout, ...rest } = await run(['help']);
    expect(rest).toEqual({ code: 0, stderr: '' });
    for (const args of [['--help'], ['-h'], ['-q', 'help']]) {
      expect(await run(args), args.join(' ')).toEqual({ code: 0, stdout, stderr: '' });
    }
    expect(await run([])).toEqual({ code: 2, stdout: '', stderr: stdout });
  });

  test('lists every command with its summary, in the order of the table', async () => {
    const { stdout } = await run(['help']);
    const listed = [...stdout.matchAll(/^ {2}([a-z]+)(?: \S+)* {2,}/gm)].map(([, name]) => name);
    expect(listed.filter((name) => name !== undefined)).toEqual([
      ...Object.keys(COMMANDS),
      'rdiff',
      'help',
    ]);
    const text = stdout.replaceAll(/\s+/g, ' ');
    for (const { summary } of Object.values(COMMANDS)) expect(text).toContain(summary);
  });

  test.each(Object.keys(COMMANDS))('of %s is one text, however it is asked for', async (name) => {
    const asked = await run(['help', name]);
    expect(asked).toMatchObject({ code: 0, stderr: '' });
    expect(asked.stdout).toMatch(new RegExp(`^Usage: varve ${name} `));
    expect(await run([name, '--help'])).toEqual(asked);
    expect(await run([name, '-h'])).toEqual(asked);
    // What else is said does not matter.
    expect(await run([name, '-q', '--help', '--nonsense'])).toEqual(asked);
  });

  test('of rdiff is that of rdiff', async () => {
    for (const args of [
      ['help', 'rdiff'],
      ['-q', 'rdiff', '--help'],
    ]) {
      expect(await run(args)).toEqual({ code: 0, stdout: helpText(), stderr: '' });
    }
  });

  test('is of one command, and of one that there is', async () => {
    expect(await run(['help', 'ls', 'cat'])).toEqual(
      refused('`varve help` explains one command at a time.', 'See `varve help ls`.'),
    );
    for (const word of ['bakcup', 'check', 'nonsense']) {
      const asked = await run(['help', word]);
      expect(asked).toMatchObject({ code: 2, stdout: '' });
      expect(asked).toEqual(await run([word]));
    }
  });
});

test('the version is that of the package', async () => {
  for (const option of ['-V', '--version']) {
    expect(await run([option])).toEqual({
      code: 0,
      stdout: `${packageFile.version}\n`,
      stderr: '',
    });
  }
});

test('nothing may stand before rdiff', async () => {
  for (const args of [
    ['-q', 'rdiff'],
    ['--json', 'rdiff', 'sig', '--nonsense', 'a', 'b', 'c'],
  ]) {
    const { code, stdout, stderr } = await run(args);
    expect(code).toBe(2);
    expect(stdout + stderr).toContain('Nothing may stand before rdiff, not even options.');
    expect(stdout + stderr).toContain('It has options of its own: see `varve help rdiff`.');
  }
});

describe('a command', () => {
  afterEach(() => void vi.restoreAllMocks());
  /** Puts `action` in the place of `varve stats`. */
  const replace = (action: CliCommand['run']): void => {
    const command: CliCommand = { define: () => undefined, run: action };
    vi.spyOn(COMMANDS['stats']!, 'load').mockResolvedValue(command);
  };
  /** Runs it where standard output takes nothing. */
  async function runOnFull(): Promise<{ code: number; stderr: string }> {
    let stderr = '';
    const full = Object.assign(new Error('ENOSPC: full'), { code: 'ENOSPC' });
    const streamOf = (write: (text: string) => Error | null): NodeJS.WriteStream =>
      new Writable({
        write: (chunk: Buffer, _, done) => done(write(chunk.toString())),
      }) as unknown as NodeJS.WriteStream;
    const code = await runProgram(['stats'], {
      output: createOutput(streamOf(() => full)),
      stderr: streamOf((text) => ((stderr += text), null)),
      env: {},
      interrupts: { takeSignal: () => new AbortController().signal },
    });
    return { code, stderr };
  }

  test.each([
    [0, 3],
    [3, 3],
    [4, 4],
  ])('that did what it ends with %d, and cannot say so, ends with %d', async (ends, code) => {
    replace(async (session) => {
      session.settle('It was done', ends as 0);
      await session.output.write('x');
      return 0;
    });
    const done = await runOnFull();
    expect(done.code).toBe(code);
    expect(done.stderr).toMatch(
      /^varve: It was done, but standard output cannot be written: ENOSPC: full\.\n/,
    );
  });

  test('that did nothing, and cannot say so, failed', async () => {
    replace(async ({ output }) => {
      await output.write('x');
      return 0;
    });
    const done = await runOnFull();
    expect(done.code).toBe(1);
    expect(done.stderr).toMatch(/^varve: Standard output cannot be written: ENOSPC: full\.\n/);
  });

  test('that fails after it did something is told by its failure', async () => {
    replace((session) => {
      session.settle('It was done', 0);
      throw new TypeError('a bug');
    });
    const done = await run(['stats']);
    expect(done).toMatchObject({ code: 1, stdout: '' });
    expect(done.stderr).toContain('varve: a bug\n');
    expect(done.stderr).not.toContain('It was done');
  });

  test('whose reader has gone ends well', async () => {
    replace(() => Promise.reject(new OutputClosed()));
    expect(await run(['stats'])).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  test('leaves nothing open, whether it ends or fails', async () => {
    await run(['-r', 'repo', 'init']);
    const ours = (): string[] => openFiles(process.pid).filter((name) => name.startsWith(path()));
    for (const fails of [false, true]) {
      let during: string[] = [];
      replace(async (session) => {
        await listSnapshots(await session.openRepository('write'));
        during = ours();
        if (fails) throw new TypeError('a bug');
        return 0;
      });
      expect(await run(['-r', 'repo', 'stats'])).toMatchObject({ code: fails ? 1 : 0 });
      expect(during).not.toEqual([]);
      expect(ours()).toEqual([]);
    }
  });
});

describe('help is as wide as where it is read', () => {
  const widest = (text: string): number => Math.max(...text.split('\n').map((line) => line.length));

  test('which is standard output where it was asked for, and standard error as a complaint', async () => {
    const streamOf = (columns: number | undefined, onText: (text: string) => void) =>
      Object.assign(
        new Writable({
          write(chunk: Buffer, _, done) {
            onText(chunk.toString());
            done();
          },
        }),
        { isTTY: columns !== undefined, columns },
      ) as unknown as NodeJS.WriteStream;
    const helpWith = async (
      args: readonly string[],
      out: number | undefined,
      error: number | undefined,
    ): Promise<string> => {
      let text = '';
      await runProgram(args, {
        output: createOutput(streamOf(out, (more) => (text += more))),
        stderr: streamOf(error, (more) => (text += more)),
        env: {},
        interrupts: { takeSignal: () => new AbortController().signal },
      });
      return text;
    };
    const usual = await helpWith(['help'], undefined, undefined);
    for (const args of [['help'], ['ls', '--help']]) {
      const [narrow, wide] = [await helpWith(args, 50, 140), await helpWith(args, 140, 50)];
      expect(widest(narrow)).toBeLessThanOrEqual(50);
      expect(widest(wide)).toBeGreaterThan(80);
    }
    expect(widest(usual)).toBeLessThanOrEqual(80);
    expect(widest(await helpWith([], 140, 50))).toBeLessThanOrEqual(50);
    expect(widest(await helpWith([], 50, 140))).toBeGreaterThan(80);
    expect(await helpWith([], 50, undefined)).toBe(usual);
  });
});
