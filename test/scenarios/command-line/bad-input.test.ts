import Database from 'better-sqlite3';
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { ordinaryUser } from '../../support/ordinary-user.js';
import { createWorkspace, finished, openFiles, until } from '../../support/varve-command.js';

const { run, start, path, write, defaultRepository } = createWorkspace();

beforeAll(async () => {
  write({ 'tree/a.txt': 'a\n' });
  await run(['backup', '-q', 'tree']);
});

async function failure(...args: string[]): Promise<{ exit: number | null; code: string }> {
  const [people, programs] = await Promise.all([run(args), run([...args, '--json'])]);
  const [first = '', hint = ''] = people.stderr.split('\n');
  expect(first).toMatch(/^varve: .+[.:]$/);
  expect(hint).not.toBe('');
  expect(people.stdout).toBe('');
  expect(programs.code).toBe(people.code);
  expect(programs.stderr).toBe('');
  const { error } = JSON.parse(programs.stdout) as { error: Record<string, string> };
  expect(people.stderr).toBe(`varve: ${error['message']}\n${error['hint']}\n`);
  return { exit: people.code, code: error['code'] ?? '' };
}

describe('the repository', () => {
  test('does not exist', async () => {
    expect(await failure('snapshots', '--repo', 'none')).toEqual({
      exit: 10,
      code: 'REPOSITORY_NOT_FOUND',
    });
  });

  test('is some other directory', async () => {
    expect(await failure('backup', 'tree', '--repo', 'tree')).toEqual({
      exit: 10,
      code: 'NOT_A_REPOSITORY',
    });
  });

  test('has a newer format', async () => {
    cpSync(defaultRepository, path('newer'), { recursive: true });
    const config = JSON.parse(readFileSync(path('newer/varve.json'), 'utf8')) as object;
    writeFileSync(path('newer/varve.json'), JSON.stringify({ ...config, format: 99 }));
    expect(await failure('ls', '--repo', 'newer')).toEqual({ exit: 1, code: 'FORMAT_UNKNOWN' });
  });

  test('has a corrupt index', async () => {
    cpSync(defaultRepository, path('corrupt'), { recursive: true });
    writeFileSync(path('corrupt/index.sqlite'), 'no database');
    expect(await failure('snapshots', '--repo', 'corrupt')).toEqual({
      exit: 4,
      code: 'INDEX_CORRUPT',
    });
  });

  test('is empty', async () => {
    await run(['init', '-q', '--repo', 'empty']);
    expect((await run(['snapshots', '--repo', 'empty'])).stdout).toContain('No snapshots yet.');
    expect(await failure('restore', '--to', 'x', '--repo', 'empty')).toEqual({
      exit: 1,
      code: 'NO_SNAPSHOTS',
    });
  });

  test('is written by somebody else', async () => {
    const lock = new Database(`${defaultRepository}/lock.sqlite`);
    lock.exec('BEGIN IMMEDIATE');
    expect(await failure('backup', 'tree')).toEqual({ exit: 11, code: 'REPOSITORY_LOCKED' });
    expect(await run(['ls'])).toMatchObject({ code: 0 });

    const waiting = start(['backup', '-q', 'tree', '--lock-wait', '1m']);
    await until(() => openFiles(waiting.pid).includes(`${defaultRepository}/lock.sqlite`));
    lock.close();
    expect(await finished(waiting)).toEqual({ code: 0, stdout: '', stderr: '' });
  });
});

describe('what is asked for', () => {
  test('is not in the snapshot', async () => {
    const commands = [['ls'], ['cat'], ['log'], ['restore', '--to', 'x']];
    const failures = await Promise.all(commands.map((args) => failure(...args, 'tree/none')));
    expect(failures).toEqual(commands.map(() => ({ exit: 1, code: 'PATH_NOT_FOUND' })));
  });

  test('is before the first snapshot', async () => {
    expect(await failure('restore', '--to', 'x', '--at', '2001-01-01')).toEqual({
      exit: 1,
      code: 'TIME_BEFORE_FIRST_SNAPSHOT',
    });
    expect(existsSync(path('x'))).toBe(false);
  });

  test('is a snapshot or a source that there is not', async () => {
    expect(await failure('ls', '--at', '99')).toEqual({ exit: 1, code: 'SNAPSHOT_NOT_FOUND' });
    expect(await failure('ls', '--source', '9')).toEqual({ exit: 1, code: 'SOURCE_NOT_FOUND' });
  });
});

describe('a tree', () => {
  test('to back up does not exist', async () => {
    expect(await failure('backup', 'mistyped')).toEqual({ exit: 1, code: 'SOURCE_NOT_FOUND' });
  });

  test('to restore into is not empty', async () => {
    expect(await failure('restore', '--to', 'tree')).toEqual({ exit: 1, code: 'TARGET_NOT_EMPTY' });
  });

  test('to back up cannot be read everywhere', () => {
    const { directory, varve } = ordinaryUser();
    const [tree, repository] = [join(directory, 'tree'), join(directory, 'repository')];
    mkdirSync(tree);
    ['open.txt', 'closed.txt'].forEach((name) => writeFileSync(join(tree, name), `${name}\n`));
    [tree, join(tree, 'open.txt')].forEach((name) => chmodSync(name, 0o755));
    chmodSync(join(tree, 'closed.txt'), 0);
    const onRepository = (...args: string[]) => varve('--repo', repository, ...args);
    expect(onRepository('init')).toMatchObject({ status: 0, stderr: '' });
    const { status, stderr } = onRepository('backup', 'tree');
    expect(status).toBe(3);
    expect(stderr).toContain(`varve: ${join(tree, 'closed.txt')} cannot be read: `);
    const again = onRepository('backup', 'tree', '--json');
    expect(again).toMatchObject({ status: 3, stderr: '' });
    expect(JSON.parse(again.stdout)).toMatchObject({
      files: 1,
      issues: [{ path: join(tree, 'closed.txt'), code: 'UNREADABLE' }],
    });
  });
});
