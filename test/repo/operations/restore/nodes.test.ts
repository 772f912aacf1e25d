/** Nodes of a target that hold no bytes of their own: directories that are closed, names of one file. */
import * as fs from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { FileStat } from '../../../../src/platform/at-calls.js';
import { createLab } from '../../../support/lab.js';
import { isSuperuser } from '../../../support/machine.js';

/** Who is not the superuser cannot even open the others. */
const MODES = ['000', '100', '200', '300', '400', '500', '600', '700'].filter(
  (mode) => isSuperuser || mode >= '400',
);

test.each(MODES)(
  'a directory of mode %s is opened to its owner while names are made in it, if it is not',
  async (octal) => {
    const mode = parseInt(octal, 8);
    const lab = createLab();
    lab.write('dir/file', 'x');
    fs.chmodSync(lab.path('dir'), 0o755);
    await lab.backup();
    const to = lab.newTarget();
    fs.mkdirSync(join(to, 'dir'), { recursive: true });
    fs.chmodSync(join(to, 'dir'), mode);
    const { ino } = fs.statSync(join(to, 'dir'));
    const set: number[] = [];
    const { files } = lab.platform;
    lab.useFiles({
      ...files,
      setMode(descriptor, wanted) {
        if (fs.fstatSync(descriptor).ino === ino) set.push(wanted & 0o7777);
        files.setMode(descriptor, wanted);
      },
    });
    const { issues } = await lab.restoreInPlace(1, {}, { to });
    expect(issues).toEqual([]);
    const wanted = fs.statSync(lab.path('dir')).mode & 0o7777;
    expect(set).toEqual([...((mode & 0o300) === 0o300 ? [] : [mode | 0o300]), wanted]);
    expect(fs.statSync(join(to, 'dir')).mode & 0o7777).toBe(wanted);
  },
);

test.each<[string, Partial<FileStat>]>([
  ['on another device', { device: 1 }],
  ['with another inode', { inode: 1 }],
])('a file %s is not the one whose name it is to be', async (_, { device = 0, inode = 0 }) => {
  const lab = createLab();
  lab.write('first', 'the same');
  fs.linkSync(lab.path('first'), lab.path('second'));
  await lab.backup();
  fs.rmSync(lab.path('second'));
  fs.copyFileSync(lab.path('first'), lab.path('second'));
  const { files } = lab.platform;
  const [first, second] = ['first', 'second'].map((name) => fs.statSync(lab.path(name)).ino);
  lab.useFiles({
    ...files,
    at: {
      ...files.at,
      stat(directory, name) {
        const found = files.at.stat(directory, name);
        if (!found || found.inode !== second) return found;
        return { ...found, inode: first! + inode, device: found.device + device };
      },
    },
  });
  await lab.restoreInPlace(1, { overwrite: 'always' });
  lab.useRealFiles();
  const [one, other] = ['first', 'second'].map((name) => fs.statSync(lab.path(name)));
  expect(other!.ino).toBe(one!.ino);
});
