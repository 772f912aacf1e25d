/** A repository with several sources: which of them answers, and that the answer names it. */
import { mkdirSync, readdirSync, readFileSync, rmSync, utimesSync } from 'node:fs';
import { hostname } from 'node:os';
import { beforeAll, describe, expect, test } from 'vitest';
import { createWorkspace } from '../../support/varve-command.js';

/**
 * Snapshot 1 is of `home/documents`, 2 of `photos`, 3 of `home` with the documents in it, 4 of
 * `photos`: source 3 has the documents newest, and lacks `gone.txt`.
 */
const workspace = createWorkspace();
const { run, json, path, write } = workspace;

beforeAll(async () => {
  write({
    'home/documents/notes.txt': 'one\n',
    'home/documents/gone.txt': 'gone\n',
    'photos/notes.txt': 'of photos\n',
    'photos/only.txt': 'only\n',
  });
  // Later than every snapshot, however long the programs take.
  const tomorrow = Date.now() / 1000 + 86_400;
  utimesSync(path('photos/notes.txt'), tomorrow, tomorrow);
  await run(['backup', '-q', path('home/documents')]);
  await run(['backup', '-q', path('photos')]);
  write({ 'home/documents/notes.txt': 'two\n', 'home/top.txt': 'top\n' });
  rmSync(path('home/documents/gone.txt'));
  await run(['backup', '-q', path('home')]);
  await run(['backup', '-q', path('photos')]);
});

const name = (id: number, root: string): string => `source ${id}, ${hostname()}:${path(root)}`;

describe('a path is answered from the newest snapshot that has it', () => {
  test.each([
    ['cat', path('home/documents/notes.txt'), 'two\n', `snapshot 3 of ${name(3, 'home')}`],
    ['cat', path('photos/only.txt'), 'only\n', `snapshot 4 of ${name(2, 'photos')}`],
    [
      'cat',
      path('home/documents/gone.txt'),
      'gone\n',
      `snapshot 1 of ${name(1, 'home/documents')}`,
    ],
  ])('%s %s', async (command, file, stdout, from) => {
    const done = await run([command, file]);
    expect(done).toEqual({ code: 0, stdout, stderr: `varve: From ${from}.\n` });
  });

  test('whatever the working directory is', async () => {
    const cwd = path('photos');
    const done = await run(['cat', path('home/documents/notes.txt')], { cwd });
    expect(done.stdout).toBe('two\n');
    const relative = await run(['cat', 'notes.txt'], { cwd });
    expect(relative.stdout).toBe('of photos\n');
  });

  test('ls, log, diff, explain and restore go by the same rule', async () => {
    const place = path('home/documents');
    expect((await run(['ls', place])).stderr).toContain(name(3, 'home'));
    const log = await run(['log', `${place}/notes.txt`]);
    expect(log.stderr).toContain(name(3, 'home'));
    expect(log.stderr).toContain('Source 1 has it, too: --source 1.');
    expect((await run(['explain', `${place}/notes.txt`])).stderr).toContain(name(3, 'home'));
    expect((await run(['restore', place, '--to', 'back-newest'])).stdout).toContain(
      `Restored snapshot 3 of ${hostname()}:${path('home')} to back-newest`,
    );
    expect(await json('ls', place)).toMatchObject({ snapshot: 3, source: 3 });
  });

  test('several paths: from the newest that has them all, or each is said', async () => {
    const notes = path('home/documents/notes.txt');
    await run(['restore', notes, path('home/documents/gone.txt'), '--to', 'back-both']);
    expect(readFileSync(path('back-both/notes.txt'), 'utf8')).toBe('one\n');
    const apart = await run(['restore', notes, path('photos/only.txt'), '--to', 'back-apart']);
    expect(apart.code).toBe(1);
    expect(apart.stderr).toContain(`${notes}  (snapshot 3, source 3)`);
    expect(apart.stderr).toContain(`${path('photos/only.txt')}  (snapshot 4, source 2)`);
  });
});

describe('what is named stays what it is', () => {
  test('a snapshot number fixes its source', async () => {
    expect((await run(['ls', '--at', '2'])).stdout).toBe(`${path('photos')}\n`);
    const back = await run(['restore', '--at', '1', '--to', 'back-one'], { cwd: path('photos') });
    expect(back.code).toBe(0);
    expect(readdirSync(path('photos/back-one')).sort()).toEqual(['gone.txt', 'notes.txt']);
    rmSync(path('photos/back-one'), { recursive: true });
    expect((await run(['diff', '2', '4'])).code).toBe(0);
    const mixed = await run(['diff', '1', '2']);
    expect(mixed.stderr).toContain('Snapshot 2 is of source 2, not of source 1.');
  });

  test('--source fixes it', async () => {
    const notes = path('home/documents/notes.txt');
    expect((await run(['cat', notes, '--source', '1'])).stdout).toBe('one\n');
    const wrong = await run(['cat', notes, '--source', '2']);
    expect(wrong.stderr).toContain(`${notes} is not in snapshot 4.`);
    const number = await run(['ls', '--source', '2', '--at', '1']);
    expect(number.stderr).toContain('Snapshot 1 is of source 1, not of source 2.');
  });
});

describe('nothing is guessed', () => {
  test.each([
    ['ls'],
    ['diff'],
    ['restore', '--to', 'nowhere'],
    ['restore', '--to', 'nowhere', '--at', '0D'],
    ['restore', '--in-place', '-n'],
  ])('%s %s without a path lists the sources, wherever it is typed', async (...args) => {
    for (const cwd of [path('photos'), path('home/documents')]) {
      const asked = await run(args, { cwd });
      expect(asked.code).toBe(1);
      for (const [id, root] of [
        [1, 'home/documents'],
        [2, 'photos'],
        [3, 'home'],
      ] as const) {
        expect(asked.stderr).toContain(`${id}  ${hostname()}:${path(root)}  (snapshot `);
      }
    }
  });

  test('a relative path with several meanings lists these alone', async () => {
    mkdirSync(path('elsewhere'), { recursive: true });
    for (const command of ['cat', 'log', 'ls', 'explain']) {
      const asked = await run([command, 'notes.txt'], { cwd: path('elsewhere') });
      expect(asked.code).toBe(1);
      expect(asked.stderr).toContain(`1  ${hostname()}:${path('home/documents/notes.txt')}`);
      expect(asked.stderr).toContain(`2  ${hostname()}:${path('photos/notes.txt')}`);
      expect(asked.stderr).not.toContain('3  ');
    }
    expect((await run(['cat', 'only.txt'], { cwd: path('elsewhere') })).stdout).toBe('only\n');
  });

  test('sources without a snapshot at that time are no candidates', async () => {
    const { snapshots } = await json<{ snapshots: { time: string }[] }>('snapshots');
    const first = snapshots[0]?.time ?? '';
    expect((await run(['ls', '--at', first])).stdout).not.toContain(path('photos'));
  });
});

test('the jobs of the README work after two backups of different sources', async () => {
  write({ 'ada/documents/notes.txt': 'mine\n', 'clone/file': 'x' });
  const ada = { env: { HOME: path('ada') } };
  const documents = path('ada/documents');
  const repository = path('ada/.local/share/varve');
  await run(['backup', '-q', path('clone')], ada);
  await run(['backup', '-q', documents], ada);
  expect((await run(['snapshots'], ada)).stdout).toContain(documents);
  for (const args of [
    ['log', `${documents}/notes.txt`],
    ['ls', documents],
    ['restore', documents, '--to', path('back')],
    ['restore', `${documents}/notes.txt`, '--to', path('old'), '--at', '2'],
    ['restore', documents, '--in-place'],
  ]) {
    expect(await run(args, ada)).toMatchObject({ code: 0 });
  }
  expect(readFileSync(path('back/documents/notes.txt'), 'utf8')).toBe('mine\n');
  expect(readdirSync(repository)).toContain('varve.json');
});

describe('a TIME that counts snapshots', () => {
  test.each([
    [['prune', '-n', '--older-than', 'latest']],
    [['prune', '-n', '--older-than', '1B']],
    [['find', 'notes', '--older', 'latest']],
  ])('is refused where it has no source: %j', async (args) => {
    const { code, stderr } = await run(args);
    expect(code).toBe(2);
    expect(stderr).toContain('means a different time for each source');
  });

  test.each([
    [['prune', '-n', '--older-than', 'latest', '--source', '2']],
    [['find', 'notes', '--newer', '1B', '--source', '2']],
  ])('is of the source that is named: %j', async (args) => {
    expect(await run(args)).toMatchObject({ code: 0, stderr: '' });
  });
});
