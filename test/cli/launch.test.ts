/** The programs on a machine that lacks what they need, and their cache of compiled code. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
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
