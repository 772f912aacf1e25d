/** Paths that the latest snapshot no longer has, or an older one not yet: how to get them is said. */
import { readFileSync, rmSync } from 'node:fs';
import { beforeAll, expect, test } from 'vitest';
import { createWorkspace } from '../../support/varve-command.js';

/** `docs/gone.txt` in 1 and 2, `old dir` in 1, `late.txt` in 3. */
const workspace = createWorkspace();
const { run, json, path, write } = workspace;

beforeAll(async () => {
  write({ 'tree/docs/gone.txt': 'one\n', 'tree/old dir/x': 'x\n', 'tree/keep': 'k\n' });
  await run(['backup', '-q', 'tree']);
  write({ 'tree/docs/gone.txt': 'two\n' });
  rmSync(path('tree/old dir'), { recursive: true });
  await run(['backup', '-q', 'tree']);
  rmSync(path('tree/docs/gone.txt'));
  write({ 'tree/late.txt': 'late\n' });
  await run(['backup', '-q', 'tree']);
});

const TIME = String.raw`\d{4}-\d\d-\d\d \d\d:\d\d:\d\d`;

test.each([
  [['cat'], [], 'cat PATH --at 2'],
  [['ls'], [], 'ls PATH --at 2'],
  [['restore'], ['--to', 'b a'], "restore PATH --at 2 --to 'b a'"],
  [['restore'], ['--in-place'], 'restore PATH --at 2 --in-place'],
])('%s of a deleted file says when it was last there, and what to type', async (...row) => {
  const [command, options, typed] = row;
  const done = await run([...command, 'docs/gone.txt', ...options]);
  expect(done.code).toBe(1);
  expect(done.stderr).toMatch(
    new RegExp(
      `^varve: docs/gone.txt is not in snapshot 3; it was last in snapshot 2, of ${TIME}\\.\n`,
    ),
  );
  const command_ = `varve ${typed.replace('PATH', path('tree/docs/gone.txt'))}`;
  expect(done.stderr).toContain(`Get it with \`${command_}\`, or add --last-seen.\n`);
});

test('a directory, and a name that a shell would take apart', async () => {
  const done = await run(['ls', 'tree/old dir']);
  expect(done.stderr).toContain('it was last in snapshot 1, of ');
  expect(done.stderr).toContain(`\`varve ls '${path('tree/old dir')}' --at 1\``);
});

test('what an older snapshot does not have yet says when it came', async () => {
  const done = await run(['cat', 'tree/late.txt', '--at', '1']);
  expect(done.stderr).toContain('late.txt is not in snapshot 1; it was first in snapshot 3, of ');
  expect(done.stderr).toContain('--at 3`.\n');
});

test('what never was has no place to be got from', async () => {
  const never = await run(['cat', 'tree/never']);
  expect(never.stderr).toContain('tree/never is not in snapshot 3.\n');
  expect(never.stderr).toContain('look for it with `varve find`.');
});

test.each([
  ['cat', 'docs/gone.txt', [], 'two\n'],
  ['cat', 'docs/gone.txt', ['--at', '1'], 'one\n'],
  ['cat', 'keep', [], 'k\n'],
])('%s --last-seen %s %s', async (command, file, options, stdout) => {
  expect(await run([command, file, '--last-seen', ...options])).toMatchObject({ code: 0, stdout });
});

test('ls and restore --last-seen', async () => {
  expect(await json('ls', 'tree/old dir', '--last-seen')).toMatchObject({
    snapshot: 1,
    entries: [{ path: path('tree/old dir/x') }],
  });
  await run(['restore', 'docs/gone.txt', '--last-seen', '--to', 'back']);
  expect(readFileSync(path('back/gone.txt'), 'utf8')).toBe('two\n');
  const both = await run(['restore', 'docs/gone.txt', 'old dir', '--last-seen', '--to', 'both']);
  expect(both.stdout).toContain('Restored snapshot 1 to both');
  const apart = await run(['restore', 'old dir', 'late.txt', '--last-seen', '--to', 'apart']);
  expect(apart.stderr).toContain(`${path('tree/old dir')}  (snapshot 1, source 1)`);
  expect(apart.stderr).toContain(`${path('tree/late.txt')}  (snapshot 3, source 1)`);
});

test('log says that a path is gone; --last-seen shows its newest version alone', async () => {
  const { stderr } = await run(['log', 'docs/gone.txt']);
  expect(stderr).toContain('It is not in snapshot 3; it was last in snapshot 2, of ');
  expect(await json('log', 'docs/gone.txt', '--last-seen')).toMatchObject({
    versions: [{ first_snapshot: 2, last_snapshot: 2 }],
  });
});

test('find: parts, case, tests of versions, what is gone, and nothing', async () => {
  const paths = async (...args: string[]): Promise<string[]> => {
    const { matches } = await json<{ matches: { path: string }[] }>('find', ...args);
    return matches.map((match) => match.path);
  };
  expect(await paths('gone')).toEqual([path('tree/docs/gone.txt')]);
  expect(await paths('-i', 'OLD')).toEqual([path('tree/old dir')]);
  expect(await paths('--larger', '4')).toEqual([path('tree/late.txt')]);
  expect(await paths('--deleted', '--smaller', '3')).toEqual([path('tree/old dir/x')]);
  expect(await paths('keep', '--older', '1D')).toEqual([]);
  expect(await paths('keep', '--newer', '1D', '--older', 'now')).toEqual([path('tree/keep')]);
  expect(await run(['find', 'GONE'])).toEqual({
    code: 0,
    stdout: '',
    stderr: 'varve: Nothing found for "GONE". (-i ignores case.)\n',
  });
  expect(await run(['find', '-q', 'nothing'])).toEqual({ code: 0, stdout: '', stderr: '' });
  expect((await run(['find', 'a', '--content', 'b'])).code).toBe(2);
});
