/** The programs on a machine that lacks what they need, and their cache of compiled code. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { launch } from '../../src/cli/launch.js';
import { RDIFF_PROGRAM } from '../support/rdiff-command.js';
import { createWorkspace } from '../support/varve-command.js';

const { run, path } = createWorkspace();

/** Makes Node say that it, or its system, is another one, before a program is loaded. */
function pretending(code: string): { NODE_OPTIONS: string } {
  return { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(code)}` };
}

const NODE_20 = pretending(
  "Object.defineProperty(process.versions, 'node', { value: '20.20.2' });",
);
const MAC = pretending("Object.defineProperty(process, 'platform', { value: 'darwin' });");

test('an older Node is turned away in two lines, and nothing is made', async () => {
  expect(await run(['backup', '.'], { env: NODE_20 })).toEqual({
    code: 1,
    stdout: '',
    stderr: `varve: Varve needs Node 22.12.0 or newer; this is Node 20.20.2.
Install a current Node (https://nodejs.org/en/download), or put a newer one first in your PATH.
`,
  });
  expect(existsSync(path('home/.local'))).toBe(false);
  expect(existsSync(path('home/.cache'))).toBe(false);
});

test('with --json it is a document', async () => {
  const { code, stdout, stderr } = await run(['snapshots', '--json'], { env: NODE_20 });
  expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
  expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'NODE_TOO_OLD' } });
});

test('varve-rdiff is turned away, too', () => {
  const env = { ...process.env, ...NODE_20 };
  const options = { encoding: 'utf8', env } as const;
  const { status, stderr } = spawnSync(process.execPath, [RDIFF_PROGRAM, '--version'], options);
  expect(status).toBe(1);
  expect(stderr).toMatch(/^varve-rdiff: Varve needs Node 22\.12\.0 or newer; this is Node 20/);
});

test('another system is turned away', async () => {
  const { code, stderr } = await run(['snapshots'], { env: MAC });
  expect(code).toBe(1);
  expect(stderr).toMatch(/^varve: Varve runs only on Linux; this system is darwin\.\n/);
});

test('compiled code is kept in the cache of the user, and not under sudo', async () => {
  await run(['--version'], { env: { XDG_CACHE_HOME: path('sudo'), SUDO_UID: '1000' } });
  expect(existsSync(path('sudo'))).toBe(false);
  await run(['--version'], { env: { XDG_CACHE_HOME: path('own') } });
  expect(existsSync(path('own/varve/compiled'))).toBe(true);
});

test('without a home, and with one that cannot be written, programs start all the same', async () => {
  for (const home of ['', 'relative', '/proc', '/proc/none', '/dev/null', '/none/such']) {
    expect(await run(['--version'], { env: { HOME: home } })).toMatchObject({
      code: 0,
      stderr: '',
    });
  }
});

describe('a program that cannot be loaded', () => {
  const said = { stdout: '', stderr: '' };
  beforeEach(() => {
    Object.assign(said, { stdout: '', stderr: '' });
    for (const name of ['stdout', 'stderr'] as const) {
      vi.spyOn(process[name], 'write').mockImplementation((text) => {
        said[name] += String(text);
        return true;
      });
    }
    // No compiled code is kept of the tests.
    vi.stubEnv('SUDO_UID', '1000');
  });
  afterEach(() => {
    vi.restoreAllMocks();
    vi.unstubAllEnvs();
    process.exitCode = undefined;
  });
  const failing = (error: unknown) =>
    launch('varve-some', () => Promise.reject(error as Error)).then(() => process.exitCode);

  test.each([
    'EMFILE: too many open files, open',
    'EMFILE',
    'Cannot open it: Too many open files',
    'ENFILE: file table overflow, too many open files in system',
  ])('because no more files may be opened says so: %s', async (message) => {
    expect(await failing(new Error(message))).toBe(1);
    expect(said).toEqual({
      stdout: '',
      stderr:
        'varve-some: No more files may be opened.\n' +
        'Raise the limit with `ulimit -n 1024`, then run the command again.\n',
    });
  });

  test('says it in a document with --json', async () => {
    const { argv } = process;
    process.argv = [...argv, '--json'];
    await failing(new Error('EMFILE')).finally(() => (process.argv = argv));
    expect(said.stderr).toBe('');
    expect(JSON.parse(said.stdout)).toMatchObject({ error: { code: 'OPEN_FILES_LIMIT' } });
  });

  test.each([
    new Error('ENOENT: no such file'),
    new Error('EMFILES'),
    new SyntaxError('Unexpected token'),
    'EMFILE',
  ])('for another reason fails with that: %s', async (error) => {
    await expect(failing(error)).rejects.toBe(error);
    expect([said, process.exitCode]).toEqual([{ stdout: '', stderr: '' }, undefined]);
  });
});
