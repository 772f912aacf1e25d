/** A tree with everything comes back so that other programs see no difference. */
import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { createLab } from '../support/lab.js';
import {
  describeTree,
  growOddTree,
  missingTools,
  removeWithLocks,
  rsyncDifferences,
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
  const [command = '', ...more] = [...asUser, process.execPath, program, ...args];
  return spawnSync(command, more, { encoding: 'utf8', cwd: '/' });
}

describe('as an ordinary user, a tree with everything', () => {
  test('comes back from what that user may have', (context) => {
    if (missing.length > 0) context.skip(`not installed: ${missing.join(', ')}`);
    if (varve(['--version']).status !== 0) context.skip('not built, or not for every user to run');
    const base = fs.mkdtempSync(join(tmpdir(), 'varve-user-'));
    removeWithLocks(base);
    if (isSuperuser) fs.chownSync(base, 65534, 65534);
    const [source, repository, to] = ['source', 'repository', 'to'].map((name) => join(base, name));
    spawnSync(
      asUser[0] ?? 'mkdir',
      asUser.length > 0 ? [...asUser.slice(1), 'mkdir', source!] : [source!],
    );
    growOddTree(source!, asUser);
    const run = (...args: string[]) => varve(['--repo', repository!, ...args]);
    expect(run('init')).toMatchObject({ status: 0 });
    expect(run('backup', source!)).toMatchObject({ status: 0 });
    expect(run('restore', '--to', to!)).toMatchObject({ status: 0, stderr: '' });
    expect(describeTree(to!)).toEqual(describeTree(source!));
    expect(rsyncDifferences(source!, to!)).toBe('');
  });
});
