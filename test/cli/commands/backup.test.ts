import { existsSync, lstatSync, mkdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { createWorkspace, finished, literal } from '../../support/varve-command.js';
import { createInProcess } from '../../support/in-process.js';
import { makeFifo } from '../../support/special-files.js';

const workspace = createWorkspace();
const { run, start, json, path, pattern, write, defaultRepository } = workspace;
const inProcess = createInProcess();

write({ 'tree/a.txt': 'a\n', 'tree/b.tmp': 'b\n', 'tree/sub/c.txt': 'c\n' });

test('a dry run makes no repository', async () => {
  const { code, stderr } = await run(['backup', '-n', 'tree']);
  expect(code).toBe(10);
  expect(stderr).toContain(`There is no repository at ${defaultRepository}.`);
  expect(existsSync(defaultRepository)).toBe(false);
});

/** What a first backup says of where the repository lies, and nothing else. */
const sameDisk = (name: string): RegExp =>
  new RegExp(
    `^varve: The repository is on the disk of ${pattern(name)} \\([\\d.]+ [GM]iB free\\): keep a copy elsewhere\\.\\n?$`,
  );

test('the first backup makes the default repository and says so', async () => {
  const { code, stdout, stderr } = await run(['backup', 'tree']);
  expect(code).toBe(0);
  expect(stderr.split('\n')).toEqual([
    `varve: Created the default repository, ${defaultRepository}.`,
    expect.stringMatching(sameDisk('tree')),
    '',
  ]);
  expect(stdout).toMatch(
    new RegExp(
      `^Snapshot 1 of ${pattern('tree')}: 3 files, 6 B, in \\d:\\d\\d\n` +
        `  3 new, 0 changed, 0 unchanged, 0 removed\n` +
        `  6 B read, [\\d.]+ K?i?B stored in ${literal(defaultRepository)}\n$`,
    ),
  );
});

test('the document has the fields that programs rely on', async () => {
  const document = await json<Record<string, unknown>>('backup', 'tree', '--tag', 'x');
  expect(document).toEqual({
    snapshot: 2,
    files: 3,
    bytes: 6,
    files_new: 0,
    files_changed: 0,
    files_unchanged: 3,
    files_removed: 0,
    bytes_read: expect.any(Number) as number,
    bytes_stored: expect.any(Number) as number,
    duration_ms: expect.any(Number) as number,
    issues: [],
    notices: [],
  });
});

test('nothing is said with --quiet', async () => {
  expect(await run(['-q', 'backup', 'tree'])).toEqual({ code: 0, stdout: '', stderr: '' });
});

test('no snapshot is taken with --skip-if-unchanged when nothing changed', async () => {
  const { stdout } = await run(['backup', 'tree', '--skip-if-unchanged']);
  expect(stdout).toContain(`Nothing has changed in ${path('tree')}, so no snapshot was taken`);
});

test('patterns count in the order given, those of a file in their place', async () => {
  write({ 'patterns.txt': '# what is not worth it\n\n*.tmp   \n' });
  const args = ['backup', '-n', 'tree', '--exclude', '*.t*', '--include', '*.tmp'];
  expect(await json(...args)).toMatchObject({ files: 1 });
  expect(await json(...args, '--exclude-from', 'patterns.txt')).toMatchObject({ files: 0 });
});

test('another repository is not made by a backup', async () => {
  for (const args of [
    ['--repo', 'other', 'backup', 'tree'],
    ['backup', 'tree', '--repo=other'],
  ]) {
    const { code, stderr } = await run(args);
    expect(code).toBe(10);
    expect(stderr).toBe(
      'varve: There is no repository at other.\n' +
        'Check the path, or create one with `varve --repo other init`.\n',
    );
    expect(existsSync(path('other'))).toBe(false);
  }
});

test('init makes one, and refuses what is not empty', async () => {
  const made = await run(['init', '--repo', 'named']);
  expect(made).toEqual({ code: 0, stdout: 'Created a repository at named.\n', stderr: '' });
  const again = await run(['init', '--repo', 'named']);
  expect(again.code).toBe(1);
  expect(again.stderr).toContain('varve: named is a repository already.');
});

test.each(['missing/repo', 'tree/missing/deep/repo', 'named/packs/none/repo'])(
  'init makes no directory above %s, unless it is told to',
  async (place) => {
    const refused = await run(['init', '--repo', place]);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('--make-parents');
    expect(existsSync(path(place, '..'))).toBe(false);
    expect((await run(['backup', 'tree', '--repo', place])).code).toBe(10);
    expect(existsSync(path(place, '..'))).toBe(false);
  },
);

test('init makes the directories above where it is told to, and those of the default one', async () => {
  const made = await run(['init', '--make-parents', '--repo', 'far/away/repo']);
  expect(made).toMatchObject({ code: 0, stderr: '' });
  const env = { XDG_DATA_HOME: path('none/yet') };
  expect(await run(['init'], { env })).toMatchObject({ code: 0 });
  expect(existsSync(path('none/yet/varve/varve.json'))).toBe(true);
});

test('the environment names a repository, and --repo overrules it', async () => {
  const env = { VARVE_REPOSITORY: path('named') };
  expect(await run(['-q', 'backup', 'tree'], { env })).toMatchObject({ code: 0 });
  expect(await run(['snapshots', '--repo', 'none'], { env })).toMatchObject({ code: 10 });
  const { stdout } = await run(['snapshots'], { env });
  expect(stdout).toContain(`:${path('tree')}\n`);
});

test('special files are backed up, listed and restored', async () => {
  mkdirSync(path('special'));
  makeFifo(path('special/fifo'), 0o640);
  expect(await run(['backup', 'special'])).toMatchObject({
    code: 0,
    stderr: expect.stringMatching(sameDisk('special')) as string,
  });
  expect(await run(['ls', '-l', path('special')])).toMatchObject({
    stdout: expect.stringMatching(/^prw-r----- .*\/fifo\n$/) as string,
  });
  expect(await run(['cat', path('special/fifo')])).toMatchObject({
    code: 1,
    stderr: `varve: ${path('special/fifo')} is a fifo, not a file.\n`,
  });
  expect(await run(['restore', path('special'), '--to', 'back'])).toMatchObject({
    code: 0,
    stderr: '',
  });
  expect(lstatSync(path('back/special/fifo')).isFIFO()).toBe(true);
});

test('a list of paths is read from standard input, beside those that are named', async () => {
  write({ 'listed/a\nb': '1', 'listed/c': '2', 'listed/d': '3' });
  const child = start(['backup', '--files-from', '-', '--null', 'listed/d', '--json']);
  child.stdin?.end(`${path('listed/a\nb')}\0${path('listed/c')}\0${path('listed/gone')}\0`);
  const { code, stdout } = await finished(child);
  expect(code).toBe(3);
  expect(JSON.parse(stdout)).toMatchObject({
    files: 3,
    issues: [{ code: 'SOURCE_MISSING', path: path('listed/gone') }],
  });
});

test('without a path, or with an empty list, nothing is done', async () => {
  const nothing = await run(['backup']);
  expect(nothing).toMatchObject({ code: 2, stdout: '' });
  expect(nothing.stderr).toContain('varve: There is nothing to back up.\n');
  const empty = await run(['backup', '--files-from', '/dev/null']);
  expect(empty).toMatchObject({ code: 2, stdout: '' });
  expect(empty.stderr).toContain('varve: The list names no paths.\n');
});

test('what is noticed is in the document alone, or on standard error', async () => {
  const { run, write } = inProcess;
  write({ 'tree/file': 'x' });
  for (const name of ['told', 'documented', 'silent']) await run(['init', '--repo', name]);
  const told = await run(['backup', 'tree', '--repo', 'told']);
  expect(told.stderr).toMatch(/^varve: The repository is on the disk of [^\n]*\n$/);
  expect(await run(['backup', '-q', 'tree', '--repo', 'silent'])).toMatchObject({ stderr: '' });
  const documented = await run(['backup', 'tree', '--json', '--repo', 'documented']);
  expect(documented).toMatchObject({ code: 0, stderr: '' });
  const { notices } = JSON.parse(documented.stdout) as { notices: { message: string }[] };
  expect(notices.map(({ message }) => `varve: ${message}\n`)).toEqual([told.stderr]);
});

test('what is in the place of the default repository is named by what is wrong with it', async () => {
  const { run, path, write } = inProcess;
  write({ 'data/full/varve/stray': 'x', 'data/file/varve': 'x', 'data/packs/varve/packs/x': '' });
  for (const [place, code] of [
    ['full', 'NOT_A_REPOSITORY'],
    ['file', 'NOT_A_REPOSITORY'],
    ['packs', 'NOT_A_REPOSITORY'],
  ] as const) {
    const env = { XDG_DATA_HOME: path('data', place) };
    const refused = await run(['backup', '--json', 'tree'], { env });
    expect(refused, place).toMatchObject({ code: 10, stderr: '' });
    expect(JSON.parse(refused.stdout), place).toMatchObject({ error: { code } });
  }
});
