import { describe, expect, test } from 'vitest';
import packageFile from '../../package.json' with { type: 'json' };
import { COMMANDS } from '../../src/cli/command-table.js';
import { helpText } from '../../src/cli/rdiff/usage.js';
import { createInProcess } from '../support/in-process.js';

const { run } = createInProcess();
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
