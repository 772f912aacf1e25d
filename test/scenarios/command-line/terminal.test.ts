import { randomBytes } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import { builtProgram } from '../../support/installation.js';
import { onTerminal, screenOf, type TerminalOptions } from '../../support/pseudo-terminal.js';
import { createWorkspace, type Run } from '../../support/varve-command.js';

const { run, root, home, write } = createWorkspace();
const terminal = (args: readonly string[], options: Partial<TerminalOptions> = {}) =>
  onTerminal(args, { cwd: root, ...options, env: { HOME: home, ...options.env } });

// eslint-disable-next-line no-control-regex
const RED_MARK = /^\x1b\[31mvarve:\x1b\[39m \S/;

beforeAll(async () => {
  write({ 'tree/a.txt': 'a\n', 'tree/\x1b[2Jcleared': '' });
  await run(['backup', '-q', 'tree']);
});

describe('an error on a terminal', () => {
  test.each([
    ['an option that there is not', ['ls', '--nosuch'], 2],
    ['a repository that there is not', ['-r', 'none', 'snapshots'], 10],
    ['a path that was not saved', ['cat', 'tree/none'], 1],
    ['a time that is none', ['ls', '--at', 'whenever'], 2],
    ['a program without a command', ['backup', '--command', 'x'], 2],
  ])('is marked red: %s', async (_, args, code) => {
    const { stdout, code: exit } = await terminal(args);
    expect(exit).toBe(code);
    expect(stdout).toMatch(RED_MARK);
    expect(stdout).not.toContain('\\x1b');
  });

  test('is plain where NO_COLOR is set, and on a dumb terminal', async () => {
    for (const env of [{ NO_COLOR: '1' }, { TERM: 'dumb' }]) {
      expect((await terminal(['ls', '--nosuch'], { env })).stdout).toMatch(/^varve: /);
    }
  });

  test('shows what it was given escaped, and still in colour', async () => {
    const { stdout } = await terminal(['cat', 'tree/\x1b[31mred']);
    expect(stdout).toMatch(RED_MARK);
    expect(stdout).toContain(String.raw`tree/\x1b[31mred`);
    expect(stdout.slice(10)).not.toContain('\x1b[31m');
  });
});

describe('the line of progress', () => {
  beforeAll(() => {
    // At level 19 enough for seconds of one thread: hexadecimal digits are not stored raw.
    write({ 'large/file': randomBytes(10 * 2 ** 20).toString('hex'), 'large/small': 'x' });
    write({ 'larger/file': randomBytes(120 * 2 ** 20) });
  });

  test('moves within one file, and knows the total', async () => {
    await run(['-r', 'r80', '-q', 'init']);
    const args = ['-r', 'r80', 'backup', '--level', '19', '--jobs', '1', 'large'];
    const { stdout } = await terminal(args, { columns: 80 });
    const drawn = stdout.split('\r\x1b[K').slice(1, -1);
    expect(drawn.every((line) => line.length < 80)).toBe(true);
    const shares = drawn.flatMap((line) => /^backup \[0:\d\d\] {2}(\d+)%/.exec(line)?.[1] ?? []);
    expect(
      new Set(shares.filter((share) => share !== '0' && share !== '100')).size,
    ).toBeGreaterThan(1);
    const eta = drawn.filter((line) => line.includes('ETA'));
    expect(eta.length).toBeGreaterThan(0);
    expect(drawn.some((line) => line.endsWith('large/file'))).toBe(true);
    expect(screenOf(stdout).some((line) => line.startsWith('Snapshot 1 of '))).toBe(true);
  });

  test('fits 50 columns, and is gone when a restore has ended', async () => {
    await run(['-q', '-r', 'r80', 'backup', 'larger']);
    const args = ['-r', 'r80', 'restore', '--to', 'back', '--source', '2'];
    const { stdout } = await terminal(args, { columns: 50 });
    const drawn = stdout.split('\r\x1b[K').slice(1, -1);
    expect(drawn.length).toBeGreaterThan(0);
    expect(drawn.every((line) => line.length < 50)).toBe(true);
    expect(screenOf(stdout)[0]).toMatch(/^Restored snapshot 2 to back/);
  });

  test.each([
    ['backup', ['backup', '--level', '19', 'large']],
    ['verify', ['-r', 'r80', 'verify', '--jobs', '1']],
    ['restore', ['-r', 'r80', 'restore', '--verify', '--source', '2', '--to', 'stopped']],
  ])('leaves a clean screen when Ctrl-C ends %s', async (name, args) => {
    const { stdout, code } = await terminal(args, { interruptAfter: `${name} [` });
    expect(code).toBe(130);
    const screen = screenOf(stdout);
    expect(screen[0]).toBe('varve: Stopping cleanly; interrupt again to end at once.');
    expect(screen[1]).toMatch(/^varve: The .* was interrupted/);
    expect(screen.join('\n')).not.toMatch(/\[0:|\^C/);
  });
});

describe('SIGHUP with --ignore-hup', () => {
  /** `redirects`: what of the program is no terminal. */
  const hungUp = (redirects: string, then: string): Promise<Run> => {
    const script = `exec "$@" ${redirects}`;
    const backup = ['backup', '-q', '--ignore-hup', '--command', 'x', '--', 'sh', '-c'];
    const command = ['sh', '-c', script, 'sh', process.execPath, builtProgram, ...backup];
    return terminal([`kill -HUP $PPID; ${then}`], { command });
  };

  // A program that is stopped ends the command, too, which otherwise ends by itself in the end.
  test.each([
    ['standard input', '>/dev/null 2>/dev/null'],
    ['standard output', '</dev/null 2>/dev/null'],
    ['standard error', '</dev/null >/dev/null'],
    ['all of them', ''],
  ])('stops the command all the same where a terminal can hang up: %s', async (_, redirects) => {
    expect(await hungUp(redirects, 'exec sleep 5')).toMatchObject({ code: 130 });
  });

  test('changes nothing where nothing is a terminal', async () => {
    const redirects = '</dev/null >/dev/null 2>/dev/null';
    expect(await hungUp(redirects, 'echo x')).toMatchObject({ code: 0 });
  });
});
