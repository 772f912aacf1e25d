/** `-v`: every path that a command changes, in the same words; and paths in messages are whole. */
import { chmodSync, lutimesSync, mkdirSync, rmSync, symlinkSync, utimesSync } from 'node:fs';
import { beforeAll, expect, test } from 'vitest';
import { createWorkspace } from '../../support/varve-command.js';

const workspace = createWorkspace();
const { run, path, write } = workspace;
const TIME = new Date('2026-02-03T04:05:06Z');

/** The lines that name a path, sorted: workers end in any order. */
const marks = (stdout: string): string[] =>
  stdout
    .split('\n')
    .filter((line) => /^(new|changed|metadata|removed|kept|unchanged) /.test(line))
    .sort();

beforeAll(async () => {
  write({ 'tree/a': 'a\n', 'tree/dir/b': 'b\n', 'tree/gone/c': 'c\n', 'tree/mode': 'm\n' });
  symlinkSync('a', path('tree/link'));
  const first = await run(['backup', '-v', 'tree']);
  expect(marks(first.stdout)).toEqual(
    ['', '/a', '/dir', '/dir/b', '/gone', '/gone/c', '/link', '/mode'].map(
      (name) => `new        ${path('tree')}${name}`,
    ),
  );
  write({ 'tree/a': 'other\n', 'tree/dir/new': 'n\n' });
  rmSync(path('tree/gone'), { recursive: true });
  chmodSync(path('tree/mode'), 0o640);
  rmSync(path('tree/link'));
  symlinkSync('dir', path('tree/link'));
});

const SECOND = () => [
  `changed    ${path('tree/a')}`,
  `changed    ${path('tree/link')}`,
  `metadata   ${path('tree/mode')}`,
  `new        ${path('tree/dir/new')}`,
  `removed    ${path('tree/gone')}`,
  `removed    ${path('tree/gone/c')}`,
];

test('backup: new, changed, metadata and removed; the same with -n', async () => {
  const dry = await run(['backup', '-n', '-v', 'tree']);
  expect(marks(dry.stdout)).toEqual(SECOND());
  expect(dry.stdout).toContain('would contain');
  expect(marks((await run(['-v', 'backup', 'tree'])).stdout)).toEqual(SECOND());
  expect(marks((await run(['backup', '-v', 'tree'])).stdout)).toEqual([]);
  expect((await run(['backup', 'tree'])).stdout).not.toContain(path('tree/a'));
});

test('a stream, a new type, and a document instead of lines', async () => {
  const stream = await run(['backup', '-v', '--command', 'out.txt', '--', 'echo', 'x']);
  expect(marks(stream.stdout)).toEqual(['new        /out.txt']);
  write({ 'types/x': 'file\n' });
  await run(['backup', '-q', 'types']);
  rmSync(path('types/x'));
  mkdirSync(path('types/x'));
  const typed = await run(['backup', '-v', 'types']);
  expect(marks(typed.stdout)).toEqual([`changed    ${path('types/x')}`]);
  const { stdout } = await run(['backup', '-v', '--json', 'types']);
  expect(() => JSON.parse(stdout) as unknown).not.toThrow();
});

test('restore: into a new directory, over it, and the same with -n', async () => {
  const fresh = await run(['restore', path('tree'), '--at', '1', '--to', 'back', '-v']);
  expect(marks(fresh.stdout)).toContain('new        back/tree/gone/c');
  write({ 'back/tree/a': 'mine!\n', 'back/tree/extra/x': 'x' });
  rmSync(path('back/tree/dir/b'));
  chmodSync(path('back/tree/mode'), 0o640);
  chmodSync(path('back/tree/dir'), 0o750);
  utimesSync(path('back/tree/gone/c'), TIME, TIME);
  lutimesSync(path('back/tree/link'), TIME, TIME);
  const args = [
    'restore',
    path('tree'),
    '--at',
    '1',
    '--to',
    'back',
    '--in-place',
    '--delete',
    '-v',
  ];
  const expected = [
    'changed    back/tree/a',
    'metadata   back/tree/dir',
    'metadata   back/tree/gone/c',
    'metadata   back/tree/link',
    'metadata   back/tree/mode',
    'new        back/tree/dir/b',
    'removed    back/tree/extra',
  ];
  expect(marks((await run([...args, '-n'])).stdout)).toEqual(expected);
  expect(marks((await run(args)).stdout)).toEqual(expected);
  expect(marks((await run(args)).stdout)).toEqual([]);
});

test('restore onto the original names absolute paths, and what is kept', async () => {
  write({ 'mine/x/y': 'one\n', 'mine/z': 'z\n' });
  await run(['backup', '-q', 'mine']);
  write({ 'mine/x/y': 'changed by me\n' });
  const kept = await run(['restore', 'mine', '--in-place', '--overwrite', 'never', '-v', '-n']);
  expect(marks(kept.stdout)).toEqual([
    `kept       ${path('mine/x/y')}`,
    `kept       ${path('mine/z')}`,
  ]);
  rmSync(path('mine/x'), { recursive: true });
  const one = await run(['restore', 'mine/x/y', '--in-place', '-v']);
  expect(marks(one.stdout)).toEqual([
    `new        ${path('mine/x')}`,
    `new        ${path('mine/x/y')}`,
  ]);
});

test('copy: what becomes of its target', async () => {
  write({ from: 'one\n' });
  const copy = async (...more: string[]): Promise<string[]> =>
    marks((await run(['copy', '-v', '--no-cache', ...more, 'from', 'copied'])).stdout);
  expect(await copy('-n')).toEqual(['new        copied']);
  expect(await copy()).toEqual(['new        copied']);
  expect(await copy()).toEqual(['unchanged  copied']);
  write({ from: 'two, longer\n' });
  expect(await copy()).toEqual(['changed    copied']);
});

test('messages name whole paths: in a directory, in the original, and of two that collide', async () => {
  write({ 'deep/a/b': 'b\n', 'other/a/c': 'c\n' });
  await run(['backup', '-q', 'deep', 'other']);
  write({ 'where/a/b/blocks': 'x' });
  const into = await run(['restore', path('deep/a'), '--to', 'where', '--in-place']);
  expect(into.code).toBe(3);
  expect(into.stderr).toContain('where/a/b is a non-empty directory where something else belongs');
  rmSync(path('deep/a/b'));
  write({ 'deep/a/b/blocks': 'x' });
  const back = await run(['restore', path('deep/a'), '--in-place']);
  expect(back.stderr).toContain(`${path('deep/a/b')} is a non-empty directory`);
  const both = await run(['restore', path('deep/a'), path('other/a'), '--to', 'both']);
  expect(both.stderr).toContain(`${path('deep/a')} and ${path('other/a')} would both become a`);
});

test('what restore deletes is listed with -v, and told below the summary without', async () => {
  const stray = path('tree/stray');
  const restore = ['restore', 'tree', '--in-place', '--delete', '--ignore-errors'];
  for (const [option, word] of [
    [['-n'], 'Would delete'],
    [[], 'Deleted'],
  ] as const) {
    write({ 'tree/stray': 's' });
    const listed = await run([...restore, ...option, '-v']);
    expect(marks(listed.stdout)).toContain(`removed    ${stray}`);
    expect(listed.stdout.split(stray)).toHaveLength(2);
    write({ 'tree/stray': 's' });
    const told = await run([...restore, ...option]);
    expect(told.stdout).toContain(`\n${word} ${stray}\n`);
    expect(told.stdout.split(stray)).toHaveLength(2);
  }
});
