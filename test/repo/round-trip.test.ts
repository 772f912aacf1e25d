/** A tree with everything comes back so that other programs see no difference. */
import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test, type TestContext } from 'vitest';
import { createLab } from '../support/lab.js';
import {
  describeTree,
  growOddTree,
  missingTools,
  removeWithLocks,
  rsyncDifferences,
  run,
  type Description,
} from '../support/oracle.js';

const isSuperuser = process.getuid?.() === 0;
const missing = missingTools(isSuperuser ? ['setpriv'] : []);
const program = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
/** The ordinary user: nobody, when we are root. */
const asUser = isSuperuser
  ? ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', '--inh-caps=-all']
  : [];
/** One in memory and one on a disk, mostly: they differ in flags and in what times they take. */
const places = [...new Set([fs.existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), tmpdir()])];

describe.runIf(isSuperuser)('as the superuser, a tree with everything', () => {
  test.skipIf(missing.length > 0).each(places)(
    'in %s comes back from the first and the second snapshot',
    async (place) => {
      const lab = createLab();
      const source = fs.mkdtempSync(join(place, 'varve-odd-'));
      growOddTree(source);
      const original = describeTree(source);
      for (const snapshot of [1, 2]) {
        const result = await lab.backup({ paths: [source] });
        expect(result).toMatchObject({ snapshot, issues: [] });
        const to = fs.mkdtempSync(join(place, 'varve-back-'));
        removeWithLocks(to);
        // What is made in the target inherits these, and the restore takes them away again.
        run('setfacl', ['-m', 'd:u:3:rwx', to]);
        run('chattr', ['+d', to]);
        const { issues } = await lab.restore(snapshot, { to });
        expect(issues).toEqual([]);
        expect(describeTree(to)).toEqual(original);
        expect(rsyncDifferences(source, to)).toBe('');
      }
      await lab.expectSound();
    },
  );
});

/** The command line as the ordinary user. */
function varve(args: readonly string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync('env', [...asUser, process.execPath, program, ...args], {
    encoding: 'utf8',
    cwd: '/',
  });
}

/** A directory of the ordinary user. */
function userDirectory(): string {
  const base = fs.mkdtempSync(join(tmpdir(), 'varve-user-'));
  removeWithLocks(base);
  if (isSuperuser) fs.chownSync(base, 65534, 65534);
  return base;
}

describe('as an ordinary user, a tree with everything', () => {
  test('comes back from what that user may have', (context) => {
    skipWithoutTools(context);
    const base = userDirectory();
    const [source, repository, to] = [`${base}/source`, `${base}/repository`, `${base}/to`];
    run('env', [...asUser, 'mkdir', source]);
    growOddTree(source, asUser);
    const onRepository = (...args: string[]) => varve(['--repo', repository, ...args]);
    expect(onRepository('init')).toMatchObject({ status: 0 });
    expect(onRepository('backup', source)).toMatchObject({ status: 0 });
    expect(onRepository('restore', '--to', to)).toMatchObject({ status: 0, stderr: '' });
    expect(describeTree(to)).toEqual(describeTree(source));
    expect(rsyncDifferences(source, to)).toBe('');
  });

  test.runIf(isSuperuser)('that root saved comes back as far as permitted', async (context) => {
    skipWithoutTools(context);
    const lab = createLab();
    const source = fs.mkdtempSync(join(tmpdir(), 'varve-odd-'));
    growOddTree(source);
    await lab.backup({ paths: [source] });
    run('chown', ['-R', '65534:65534', lab.directory]);
    const to = `${userDirectory()}/to`;

    const { status, stdout, stderr } = varve(['--repo', lab.repository, 'restore', '--to', to]);
    const devices = run('find', [source, '-type', 'b', '-o', '-type', 'c']).split('\n').length - 1;
    expect({ status, stdout }).toMatchObject({ status: devices > 0 ? 3 : 0 });
    expect(stderr).toMatch(
      /^varve: Not permitted to this user: owners: \d+, groups: \d+, .*permissions: \d+.*; the first is of .+\.$/m,
    );
    expect(/(\d+) special files were not made/.exec(stderr)?.[1] ?? '0').toBe(String(devices));
    const [original, copy] = [describeTree(source), describeTree(to)].map(asPermitted);
    expect(copy).toEqual(original);
  });
});

/** A description without owners, what runs as them, locks, devices, and attributes that are only for root. */
function asPermitted({ nodes, xattrs, flags }: Description): object {
  const common = (mode: string): string => (parseInt(mode, 8) & 0o1777).toString(8);
  return {
    nodes: nodes
      .filter(isNoDevice)
      .map((node) =>
        node.replace(/ (\d+) \d+ \d+ ([a-z])(?= |$)/, (_, mode: string, type: string) =>
          [' ', common(mode), type].join(' '),
        ),
      ),
    xattrs: xattrs.replaceAll(/^(trusted|security)\..*\n/gm, '').replaceAll(/^# .*\n\n/gm, ''),
    flags: flags
      .map((line) => line.replace(/^[-\w]{22}/, (all) => all.replace(/[ia]/g, '-')))
      .sort(),
  };
}

function isNoDevice(node: string): boolean {
  return !/ [bc] \d+ \d+ $/.test(node);
}

/** A reason not to run it, as the report shows it. */
function skipWithoutTools(context: TestContext): void {
  if (missing.length > 0) context.skip(`not installed: ${missing.join(', ')}`);
  if (varve(['--version']).status !== 0) context.skip('not built, or not for every user to run');
}
