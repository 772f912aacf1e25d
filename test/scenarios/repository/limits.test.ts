/** What a process may not have more of: it is told so, with what to do, and never as a bug. */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { cpSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { openPlatform } from '../../../src/platform/platform.js';
import { verify } from '../../support/by-path.js';
import { createWorkspace, finished, until, type Run } from '../../support/varve-command.js';

const { run, start, path, root, home, write } = createWorkspace();
const MAIN = fileURLToPath(new URL('../../../dist/cli/main.js', import.meta.url));

const COMMANDS: readonly (readonly [string, ...string[]])[] = [
  ['backup', '--read-all', '--jobs', '2', 'tree'],
  ['init', '-r', 'new'],
  ['prune', '--keep-last', '1'],
  ['restore', '--to', 'target'],
  ['repair'],
  ['repair', '--rebuild-index'],
  ['verify'],
  ['diff'],
  ['find', '--content', 'tree/1'],
  ['stats'],
  ['copy', 'tree/1', 'copied'],
];

beforeAll(async () => {
  const names = Array.from({ length: 8 }, (_, i) => `tree/${i}`);
  write(Object.fromEntries(names.map((name) => [name, randomBytes(400_000)])));
  await run(['-r', 'sound', 'init']);
  for (const content of ['old', 'new']) {
    write({ 'tree/changed': content.repeat(50_000) });
    await run(['-r', 'sound', 'backup', 'tree']);
  }
});

/** On a repository of its own, within a limit of the shell's `ulimit`. */
async function runWithin(limit: string, args: readonly string[]): Promise<Run> {
  for (const name of ['new', 'target', 'copied', 'repo', 'temporary'])
    rmSync(path(name), { recursive: true, force: true });
  mkdirSync(path('temporary'));
  cpSync(path('sound'), path('repo'), { recursive: true });
  const script = `ulimit ${limit}; exec "$@"`;
  const words = [process.execPath, MAIN, ...args];
  const env = {
    PATH: process.env['PATH'],
    HOME: home,
    TZ: 'UTC',
    TMPDIR: path('temporary'),
    VARVE_REPOSITORY: path('repo'),
  };
  const done = await finished(spawn('sh', ['-c', script, 'sh', ...words], { cwd: root, env }));
  expect(readdirSync(path('temporary'))).toEqual([]);
  return done;
}

async function expectSound(): Promise<void> {
  const { ok, damage } = await verify(path('repo'), openPlatform(), { isQuick: true });
  expect({ ok, damage }).toEqual({ ok: true, damage: [] });
}

function expectTold({ code, stderr }: Run, what: RegExp): void {
  expect(stderr).not.toContain('This is a bug');
  expect(stderr).not.toMatch(/^ {4}at /m);
  if (code === 0) return;
  expect(stderr).toMatch(what);
  expect(code).toBe(stderr.includes('it would be larger than a file may be') && code === 3 ? 3 : 1);
}

describe.each([22, 26, 31])('at most %i open files', (limit) => {
  test.each(COMMANDS)('are no bug of %s %s', async (...args) => {
    expectTold(
      await runWithin(`-n ${limit}`, args),
      /^varve: No more files may be opened.*\n.*ulimit -n/m,
    );
    await expectSound();
  });
});

describe.each([0, 1, 300])('files of at most %i blocks', (limit) => {
  test.each(COMMANDS)('are no bug of %s %s', async (...args) => {
    expectTold(await runWithin(`-f ${limit}`, args), /EFBIG|larger than a file may be/);
    await expectSound();
  });
});

test('a prune that waited names the times of snapshots that were taken in the meantime', async () => {
  write({ huge: randomBytes(12 * 2 ** 20).toString('hex') });
  await run(['init']);
  await run(['backup', 'tree']);
  const packs = path('home/.local/share/varve/packs');
  const sizeOfPacks = (): number =>
    readdirSync(packs).reduce((sum, name) => sum + statSync(`${packs}/${name}`).size, 0);
  const before = sizeOfPacks();
  const child = start(['backup', '--level', '12', 'huge']);
  await until(() => sizeOfPacks() > before);
  const pruning = run(['prune', '--keep-last', '1', '--lock-wait', '1h']);
  const backup = await finished(child);
  expect(backup.code).toBe(0);
  const { code, stdout, stderr } = await pruning;
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout.match(/^ *\d+ +\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/gm)).toHaveLength(2);
});
