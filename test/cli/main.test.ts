import { describe, expect, test } from 'vitest';
import packageFile from '../../package.json' with { type: 'json' };
import { createWorkspace } from '../support/varve-command.js';

const { run } = createWorkspace();
const COMMANDS = [
  'init',
  'backup',
  'snapshots',
  'ls',
  'log',
  'find',
  'diff',
  'cat',
  'restore',
  'verify',
  'prune',
  'stats',
  'repair',
];

describe.concurrent('help', () => {
  test('the version is that of the package', async () => {
    expect(await run(['--version'])).toEqual({
      code: 0,
      stdout: `${packageFile.version}\n`,
      stderr: '',
    });
  });

  test('lists every command', async () => {
    const { code, stdout } = await run(['help']);
    expect(code).toBe(0);
    for (const command of COMMANDS) expect(stdout).toMatch(new RegExp(`^  ${command} `, 'm'));
  });

  test('is a complaint when nothing was asked for', async () => {
    const { code, stdout, stderr } = await run([]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('Usage: varve [options] [command]');
  });

  test.each(COMMANDS)(
    'of %s has a description, options, an example, and fits 80 columns',
    async (command) => {
      const { code, stdout } = await run(['help', command]);
      expect(code).toBe(0);
      expect(stdout).toMatch(/^Usage: varve \S+ \[options\].*\n\n[A-Z].*\./s);
      expect(stdout).toContain('-r, --repo <path>');
      expect(stdout).toMatch(new RegExp(`^Examples?:\n(  # .*\n)?  varve .*${command}`, 'm'));
      for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
    },
  );
});

describe.concurrent('wrong usage ends with 2 and a hint', () => {
  test.each([
    [['bakup', 'x'], '"bakup" is not a Varve command.\nDid you mean backup? See `varve help`.'],
    [
      ['backup', '--exlude', 'x', 'y'],
      '`varve backup` has no option --exlude.\nDid you mean --exclude? See `varve help backup`.',
    ],
    [
      ['backup'],
      'There is nothing to back up.\nName paths, list them with --files-from FILE, or pipe something into `varve backup --stdin`.',
    ],
    [['snapshots', 'extra'], '`varve snapshots` takes no arguments, but got 1.'],
    [['restore'], 'restore needs a target.\nName a new directory with --to'],
    [['backup', '--jobs', '0', '.'], '--jobs: "0" is not a whole number from 1 to 64.'],
    [['backup', '--level', 'x', '.'], '--level: "x" is not a whole number from 1 to 19.'],
    [['ls', '--at', 'tomorow'], '--at: "tomorow" is not a time.'],
    [['ls', '--source', 'x'], '--source: "x" is not a source: expected HOST:/PATH or a number.'],
    [['ls', '--lock-wait', 'x'], '--lock-wait: "x" is not a duration'],
    [['verify', '--sample', '0%'], '--sample: "0%" is not a sample'],
    [
      ['verify', '--quick', '--sample', '5%'],
      '--quick reads no contents, so it cannot be combined with --sample.',
    ],
    [['backup', '--reread', '0%', '.'], '--reread: "0%" is not a share'],
    [['find'], 'find needs a PATTERN, or an option that says what to look for.'],
    [
      ['find', 'x', '--content', 'y'],
      '--content goes with --source alone, not with a PATTERN or another option.',
    ],
    [
      ['diff', '1', '2', '--read-all'],
      '--read-all and the options that leave files out do not apply to two points in time.',
    ],
    [
      ['backup', '--exclude-from', 'none', '.'],
      '--exclude-from: none cannot be read: it does not exist.',
    ],
  ])('%j', async (args, message) => {
    const { code, stdout, stderr } = await run(['--repo', 'none', ...args]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(`varve: ${message}`);
    expect(stderr).not.toContain('    at ');
  });

  test('a stack trace is shown only when it is asked for twice', async () => {
    const once = await run(['-v', 'find']);
    expect(once.stderr).not.toContain('    at ');
    const twice = await run(['-v', 'find', '--verbose']);
    expect(twice).toMatchObject({ code: 2 });
    expect(twice.stderr).toContain('    at ');
  });

  test('also as a document', async () => {
    const { code, stdout, stderr } = await run(['--json', 'backup', '--nonsense']);
    expect({ code, stderr }).toEqual({ code: 2, stderr: '' });
    expect(JSON.parse(stdout)).toEqual({
      error: {
        code: 'USAGE',
        message: '`varve backup` has no option --nonsense.',
        hint: 'See `varve help backup`.',
      },
    });
  });
});
