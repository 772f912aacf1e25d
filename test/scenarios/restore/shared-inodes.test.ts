/** Names of a target share an inode only where the snapshot says that they are hard links. */
import * as fs from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { OverwriteRule } from '../../../src/repo/operations/restore/decide.js';
import { createLab, SMALL_PIECES, type Lab } from '../../support/lab.js';
import { noise } from '../../support/seed.js';
import { makeFifo } from '../../support/special-files.js';
import { readTree } from '../../support/tree.js';

/** Pairs of equal files that are no hard links, and one pair that is. */
async function prepare(): Promise<{ lab: Lab; to: string }> {
  const lab = createLab({ chunking: SMALL_PIECES });
  const contents = { small: 'text', empty: '', large: noise(90_000, 1) };
  for (const [name, content] of Object.entries(contents)) {
    lab.write(`a/${name}`, content);
    lab.write(`b/${name}`, content);
  }
  lab.write('linked', 'linked');
  fs.linkSync(lab.path('linked'), lab.path('linked-too'));
  fs.symlinkSync('target', lab.path('link'));
  fs.symlinkSync('target', lab.path('other-link'));
  const when = new Date(1_600_000_000_000);
  const all = fs.readdirSync(lab.source, { recursive: true, encoding: 'utf8' });
  for (const name of all) fs.lutimesSync(lab.path(name), when, when);
  lab.runAhead();
  await lab.backup();
  const to = lab.newTarget();
  await lab.restore(1, { to });
  return { lab, to };
}

function share(to: string, first: string, second: string): void {
  fs.rmSync(join(to, second));
  fs.linkSync(join(to, first), join(to, second));
}

const inode = (to: string, name: string): number => fs.lstatSync(join(to, name)).ino;

test.each<OverwriteRule>(['always', 'if-changed', 'if-newer'])(
  'with --overwrite %s equal files that are one inode become two',
  async (overwrite) => {
    const { lab, to } = await prepare();
    for (const name of ['small', 'empty', 'large']) share(to, `a/${name}`, `b/${name}`);
    share(to, 'link', 'other-link');
    const { issues } = await lab.restoreInPlace(1, { overwrite }, { to, verifies: true });
    expect(issues).toEqual([]);
    for (const name of ['small', 'empty', 'large']) {
      expect(inode(to, `a/${name}`)).not.toBe(inode(to, `b/${name}`));
      expect(fs.readFileSync(join(to, `b/${name}`))).toEqual(
        fs.readFileSync(lab.path(`b/${name}`)),
      );
    }
    if (overwrite === 'always') expect(inode(to, 'link')).not.toBe(inode(to, 'other-link'));
    expect(inode(to, 'linked')).toBe(inode(to, 'linked-too'));
  },
);

test('a file that shares the inode of hard links gets its own, and they stay linked', async () => {
  const { lab, to } = await prepare();
  lab.write('zz', 'linked');
  const when = new Date(1_600_000_000_000);
  fs.utimesSync(lab.path('zz'), when, when);
  const { snapshot } = await lab.backup();
  fs.linkSync(join(to, 'linked'), join(to, 'zz'));
  await lab.restoreInPlace(snapshot!, { overwrite: 'always' }, { to });
  expect(inode(to, 'linked')).toBe(inode(to, 'linked-too'));
  expect(inode(to, 'zz')).not.toBe(inode(to, 'linked'));
});

test('what is to be kept is kept, and a dry run changes nothing', async () => {
  const { lab, to } = await prepare();
  share(to, 'a/small', 'b/small');
  await lab.restoreInPlace(1, { overwrite: 'never' }, { to });
  await lab.restoreInPlace(1, { overwrite: 'always' }, { to, isDryRun: true });
  expect(inode(to, 'a/small')).toBe(inode(to, 'b/small'));
});

/** What a name says of its inode, and the bytes of a file. */
function facts(path: string): unknown {
  const { mode, uid, gid, mtimeMs, nlink } = fs.lstatSync(path);
  const bytes = fs.lstatSync(path).isFile() ? fs.readFileSync(path, 'latin1') : '';
  return { mode, uid, gid, mtimeMs, isAlone: nlink === 1, bytes };
}

describe.each<OverwriteRule>(['always', 'if-changed', 'if-newer'])(
  'with --overwrite %s what has a name outside the target, too',
  (overwrite) => {
    const NAMES = ['a/small', 'a/empty', 'a/large', 'link', 'fifo'];

    test.each([
      ['other permissions', (path: string) => lchmod(path)],
      ['an older time', (path: string) => fs.lutimesSync(path, 1e9, 1e9)],
      ['other bytes', (path: string) => otherBytes(path)],
    ] as const)('and has %s there, is left there as it is', async (_, change) => {
      const { lab, to } = await prepare();
      makeFifo(lab.path('fifo'));
      fs.utimesSync(lab.path('fifo'), 1_600_000_000, 1_600_000_000);
      const { snapshot } = await lab.backup();
      await lab.restoreInPlace(snapshot!, {}, { to });
      const before = new Map<string, unknown>();
      NAMES.forEach((name, index) => {
        const outside = join(lab.directory, `outside-${index}`);
        fs.linkSync(join(to, name), outside);
        change(outside);
        before.set(outside, facts(outside));
      });
      const { issues } = await lab.restoreInPlace(snapshot!, { overwrite }, { to, verifies: true });
      expect(issues).toEqual([]);
      for (const [outside, wanted] of before) {
        expect(facts(outside), outside).toEqual({
          ...(wanted as object),
          isAlone: expect.anything() as unknown,
        });
      }
      const tree = readTree(to);
      for (const name of NAMES)
        expect(tree.get(name), name).toEqual(readTree(lab.source).get(name));
    });
  },
);

function lchmod(path: string): void {
  if (!fs.lstatSync(path).isSymbolicLink()) fs.chmodSync(path, 0o604);
}

/** Of the same length, and with the time that it had. */
function otherBytes(path: string): void {
  const { size, mtime } = fs.lstatSync(path);
  if (!fs.lstatSync(path).isFile()) return;
  fs.writeFileSync(path, noise(size, 9));
  if (size > 10_000) fs.utimesSync(path, 1e9, 1e9);
  else fs.utimesSync(path, mtime, new Date(mtime.getTime() - 1000));
}
