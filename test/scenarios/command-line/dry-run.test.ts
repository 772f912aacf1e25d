/** What only asks writes nothing: it works on a repository that cannot be written, or is in use. */
import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, onTestFinished, test } from 'vitest';
import { isSuperuser, needPrograms, skip } from '../../support/machine.js';
import { ordinaryUser } from '../../support/ordinary-user.js';
import { createWorkspace } from '../../support/varve-command.js';

const { run, path, write } = createWorkspace();

const QUESTIONS = [
  ['backup', '-n', 'tree'],
  ['backup', '-n', '--read-all', '--jobs', '2', 'tree'],
  ['backup', '-n', '--command', 'x', '--', 'echo', 'x'],
  ['prune', '-n', '--keep-last', '1'],
  ['repair', '-n'],
  ['repair', '-n', '--rebuild-index'],
  ['restore', '-n', '--to', 'nowhere'],
  ['diff'],
  ['ls'],
  ['stats'],
  ['verify'],
];

/** Files with their bytes and times; SQLite's own notes of who reads are no part of the repository. */
function contentOf(repository: string): Record<string, string> {
  const names = fs.readdirSync(repository, { recursive: true, encoding: 'utf8' }).sort();
  const files = names.filter((name) => !/-(wal|shm)$/.test(name) && name !== 'packs');
  return Object.fromEntries(
    files.map((name) => {
      const file = join(repository, name);
      return [name, `${fs.statSync(file).mtimeMs} ${fs.readFileSync(file).toString('base64')}`];
    }),
  );
}

/** A repository with two snapshots, and what an interrupted run left. */
async function prepare(): Promise<string> {
  const repository = path('repo');
  fs.rmSync(repository, { recursive: true, force: true });
  await run(['-r', repository, 'init']);
  for (const content of ['old', 'new']) {
    write({ 'tree/a': content.repeat(50_000), [`tree/${content}`]: content });
    await run(['-r', repository, 'backup', 'tree']);
  }
  write({ 'tree/a': 'newer'.repeat(50_000) });
  return repository;
}

describe('a repository that only asks are made of', () => {
  test('stays as it is, to the byte', async () => {
    const repository = await prepare();
    fs.appendFileSync(join(repository, 'packs/00000001.pack'), 'left by a run that was killed');
    await run(['-r', repository, 'verify']);
    const before = contentOf(repository);
    for (const args of QUESTIONS.filter(([name]) => name !== 'verify')) {
      const { code, stderr } = await run(['-r', repository, ...args]);
      // Only the index says that what was left is none of the pack.
      if (!args.includes('--rebuild-index')) {
        expect({ args, code, stderr }).toEqual({ args, code: 0, stderr: '' });
      }
      // A verification notes when it was.
      if (args.length === 2 && args[0] === 'repair') continue;
      expect(contentOf(repository), args.join(' ')).toEqual(before);
    }
  });

  test('may be one that is mounted read-only', async () => {
    if (!isSuperuser) skip('only root can mount a file system');
    needPrograms('mount', 'umount');
    const repository = await prepare();
    const mounted = path('mounted');
    fs.mkdirSync(mounted);
    const mount = (...args: readonly string[]) => spawnSync('mount', args).status === 0;
    if (!mount('--bind', repository, mounted)) skip('nothing can be mounted here');
    onTestFinished(() => void spawnSync('umount', [mounted]));
    if (!mount('-o', 'remount,ro,bind', mounted)) skip('nothing can be mounted read-only here');
    for (const args of QUESTIONS) {
      expect(await run(['-r', mounted, ...args]), args.join(' ')).toMatchObject({
        code: 0,
        stderr: '',
      });
    }
    expect(await run(['-r', mounted, 'backup', 'tree'])).toMatchObject({ code: 1 });
  });

  test('may be one of another user', () => {
    if (!isSuperuser) skip('only root can give files away');
    const { directory, varve } = ordinaryUser();
    fs.mkdirSync(join(directory, 'tree'));
    fs.writeFileSync(join(directory, 'tree/a'), 'a');
    expect(varve('-q', '-r', 'repo', 'init').status).toBe(0);
    expect(varve('-q', '-r', 'repo', 'backup', 'tree').status).toBe(0);
    for (const name of [
      '',
      ...fs.readdirSync(join(directory, 'repo'), { recursive: true, encoding: 'utf8' }),
    ]) {
      const file = join(directory, 'repo', name);
      fs.chownSync(file, 0, 0);
      fs.chmodSync(file, fs.statSync(file).isDirectory() ? 0o755 : 0o644);
    }
    for (const args of QUESTIONS) {
      expect(varve('-r', 'repo', ...args), args.join(' ')).toMatchObject({ status: 0, stderr: '' });
    }
  });

  test('may be one that another process writes to', async () => {
    const repository = await prepare();
    const lock = new Database(join(repository, 'lock.sqlite'));
    lock.exec('BEGIN IMMEDIATE');
    for (const args of QUESTIONS) {
      expect(await run(['-r', repository, ...args]), args.join(' ')).toMatchObject({
        code: 0,
        stderr: '',
      });
    }
    expect((await run(['-r', repository, 'backup', 'tree'])).code).toBe(11);
    lock.close();
  });
});
