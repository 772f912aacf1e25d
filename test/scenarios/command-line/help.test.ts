/** Rules over the help of all commands: what it says, how wide it is, in which order. */
import { Command } from 'commander';
import { describe, expect, test } from 'vitest';
import { COMMANDS } from '../../../src/cli/command-table.js';
import { addGlobalOptions, isGlobalOption } from '../../../src/cli/global-options.js';
import { createOutput } from '../../../src/cli/output.js';
import { runProgram } from '../../../src/cli/program.js';
import { onTerminal, screenOf } from '../../support/pseudo-terminal.js';
import { createWorkspace } from '../../support/varve-command.js';

const { run, root, home } = createWorkspace();
const NAMES = [...Object.keys(COMMANDS), 'rdiff', 'help'];

/** What the program writes within this process; `columns`: of a terminal, else it is a pipe. */
async function written(args: readonly string[], columns?: number) {
  const texts = { stdout: '', stderr: '' };
  const stream = (name: keyof typeof texts): NodeJS.WriteStream =>
    ({
      isTTY: columns !== undefined,
      columns,
      on: () => undefined,
      write(text: string, done?: () => void) {
        texts[name] += text;
        done?.();
        return true;
      },
    }) as unknown as NodeJS.WriteStream;
  const code = await runProgram(args, {
    output: createOutput(stream('stdout')),
    stderr: stream('stderr'),
    env: {},
    interrupts: { takeSignal: () => new AbortController().signal },
  });
  return { code, ...texts };
}

const wordsOf = (text: string): string[] => text.split(/[\s\\]+/).filter(Boolean);

describe('help', () => {
  test.each(NAMES)('of %s is one, however it is asked for', async (name) => {
    const asked = await written(['help', name]);
    expect(asked).toMatchObject({ code: 0, stderr: '' });
    expect(asked.stdout).toMatch(/^Usage: /);
    // `rdiff` as the first word has a grammar of its own: the next test.
    if (name !== 'rdiff') expect(await written([name, '--help'])).toEqual(asked);
    expect(await written(['--json', 'help', name])).toEqual(asked);
  });

  test('of rdiff is what rdiff says itself', async () => {
    const own = await run(['rdiff', '--help']);
    expect(own.stdout).toContain('--rollsum=ALG');
    expect(await run(['help', 'rdiff'])).toEqual(own);
  });

  test.each([...NAMES, ''])(
    'of "%s" is as wide as the terminal, and loses no word',
    async (name) => {
      const args = name === '' ? ['help'] : ['help', name];
      const plain = await written(args);
      for (const columns of [50, 80, 200]) {
        const { stdout } = await written(args, columns);
        const lines = stdout.split('\n');
        expect(lines.filter((line) => line.length > columns)).toEqual([]);
        expect(wordsOf(stdout).sort()).toEqual(wordsOf(plain.stdout).sort());
        if (columns === 80) expect(stdout).toBe(plain.stdout);
        // The text makes use of the width.
        const isLong = name !== 'help' && name !== 'rdiff';
        if (columns === 200 && isLong)
          expect(Math.max(...lines.map((l) => l.length))).toBeGreaterThan(80);
      }
    },
  );

  test.each([50, 120])('takes the width of a real terminal: %i', async (columns) => {
    const terminal = { cwd: root, env: { HOME: home }, columns };
    for (const args of [
      ['help', 'prune'],
      ['rdiff', '--help'],
      ['ls', '--help'],
      ['help', 'nosuch'],
    ]) {
      const lines = screenOf((await onTerminal(args, terminal)).stdout);
      expect(lines.filter((line) => line.length > columns)).toEqual([]);
    }
  });
});

describe('help of what there is not ends with 2 and names it', () => {
  test.each([
    ['nosuch', '"nosuch" is not a Varve command'],
    ['bakup', '"bakup" is not a Varve command'],
    ['prunes', '"prunes" is not a Varve command'],
    ['--nosuch', 'There is no option --nosuch'],
  ])('%s', async (name, message) => {
    const { code, stdout, stderr } = await written(['help', name]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(message);
  });

  test.each([
    ['backup', 'extra'],
    ['rdiff', 'signature'],
    ['nosuch', 'extra'],
  ])('%s %s: one command at a time', async (...names) => {
    const { code, stdout, stderr } = await written(['help', ...names]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toBe(
      `varve: \`varve help\` explains one command at a time.\nSee \`varve help ${names[0]}\`.\n`,
    );
  });

  test('rdiff after another word is refused, since its options are its own', async () => {
    const { code, stderr } = await written(['-q', 'rdiff', 'signature', 'a']);
    expect(code).toBe(2);
    expect(stderr).toContain('Nothing may stand before rdiff');
  });
});

const FILTERS = [
  ...['--exclude', '--include', '--exclude-from', '--ignore-file', '--exclude-if-present'],
  ...['--exclude-caches', '--exclude-larger-than', '--one-file-system'],
];
/** Options that several commands share, after their own ones. */
const SHARED = ['--at', '--last-seen', '--source'];

async function optionsOf(name: string) {
  const command = new Command(name);
  await COMMANDS[name]?.load().then((loaded) => loaded.define(command));
  addGlobalOptions(command);
  return command.options;
}

describe.each(Object.keys(COMMANDS))('the options of %s', (name) => {
  test('are in the order of their groups: own, filters, shared, dry run, jobs, global', async () => {
    const options = await optionsOf(name);
    const ranks = options.map((option) => {
      const long = option.long ?? '';
      if (isGlobalOption(option)) return 5;
      if (FILTERS.includes(long)) return 1;
      if (SHARED.includes(long)) return 2;
      if (long === '--dry-run') return 3;
      return long === '--jobs' ? 4 : 0;
    });
    expect([...ranks].sort((a, b) => a - b)).toEqual(ranks);
    for (const group of [FILTERS, SHARED]) {
      const given = options.map(({ long }) => long ?? '').filter((long) => group.includes(long));
      expect(given).toEqual(group.filter((long) => given.includes(long)));
    }
  });

  test('have letters that mean one thing', async () => {
    for (const { short, long } of await optionsOf(name)) {
      if (short === '-n') expect(long).toBe('--dry-run');
      if (long === '--dry-run') expect(short).toBe('-n');
    }
  });
});
