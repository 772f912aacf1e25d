/** A tree with everything comes back so that other programs see no difference. */
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { places } from '../../support/directory.js';
import { canChangeUser, ORDINARY_USER } from '../../support/machine.js';
import { ordinaryUser } from '../../support/ordinary-user.js';
import { createLab } from '../../support/lab.js';
import {
  describeTree,
  growOddTree,
  needOracle,
  removeWithLocks,
  rsyncDifferences,
  run,
  type Description,
} from '../../support/oracle.js';

describe.runIf(canChangeUser)('as the superuser, a tree with everything', () => {
  test.each(places)('in %s comes back from the first and the second snapshot', async (place) => {
    needOracle();
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
  });
});

describe('as an ordinary user, a tree with everything', () => {
  test('comes back from what that user may have', () => {
    needOracle();
    const { directory, options, varve } = ordinaryUser();
    const [source, repository, to] = ['source', 'repository', 'to'].map((name) =>
      join(directory, name),
    ) as [string, string, string];
    run('mkdir', [source], options);
    growOddTree(source, options);
    const onRepository = (...args: string[]) => varve('--repo', repository, ...args);
    expect(onRepository('init')).toMatchObject({ status: 0 });
    expect(onRepository('backup', source)).toMatchObject({ status: 0 });
    expect(onRepository('restore', '--to', to)).toMatchObject({ status: 0, stderr: '' });
    expect(describeTree(to)).toEqual(describeTree(source));
    expect(rsyncDifferences(source, to)).toBe('');
  });

  test.runIf(canChangeUser)('that root saved comes back as far as permitted', async () => {
    needOracle();
    const lab = createLab();
    const source = fs.mkdtempSync(join(tmpdir(), 'varve-odd-'));
    growOddTree(source);
    await lab.backup({ paths: [source] });
    const { directory, varve } = ordinaryUser();
    const [repository, to] = [join(directory, 'repository'), join(directory, 'to')];
    run('cp', ['-a', lab.repository, repository]);
    run('chown', ['-R', `${ORDINARY_USER}:${ORDINARY_USER}`, repository]);

    const { status, stdout, stderr } = varve('--repo', repository, 'restore', '--to', to);
    const devices = run('find', [source, '-type', 'b', '-o', '-type', 'c']).split('\n').length - 1;
    expect({ status, stdout }).toMatchObject({ status: devices > 0 ? 3 : 0 });
    expect(stderr).toMatch(
      /^varve: Not permitted to this user: owners: \d+, groups: \d+, .*permissions: \d+.*; the first is for .+\.$/m,
    );
    expect(/Special files not created \(\w+\): (\d+);/.exec(stderr)?.[1] ?? '0').toBe(
      String(devices),
    );
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
