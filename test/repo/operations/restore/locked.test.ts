/**
 * Immutable and append-only nodes of a target: what is said, and what is left behind. The lab cuts the
 * target off paths in messages.
 */
import * as fs from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createLab, SMALL_PIECES, type Lab } from '../../../support/lab.js';
import { isSuperuser, needPrograms, skip } from '../../../support/machine.js';
import { mountNew } from '../../../support/mounts.js';
import { run } from '../../../support/oracle.js';
import { noise } from '../../../support/seed.js';

/** A target, on a file system that has such flags, of which every file then changed. */
async function prepare(): Promise<{ lab: Lab; to: string; chattr: (...args: string[]) => void }> {
  if (!isSuperuser) skip('only the superuser locks files');
  needPrograms('chattr');
  const lab = createLab({ chunking: SMALL_PIECES });
  const contents = { small: 'text', empty: '', large: noise(90_000, 1) };
  for (const [name, content] of Object.entries(contents)) lab.write(`dir/${name}`, content);
  fs.symlinkSync('target', lab.path('dir/link'));
  const { snapshot } = await lab.backup();
  expect(snapshot).toBe(1);
  const place = join(lab.directory, 'mounted');
  mountNew('ext4', place);
  const to = join(place, 'target');
  await lab.restore(1, { to });
  fs.writeFileSync(join(to, 'dir/small'), 'other');
  fs.writeFileSync(join(to, 'dir/empty'), 'filled');
  fs.appendFileSync(join(to, 'dir/large'), 'more');
  fs.rmSync(join(to, 'dir/link'));
  fs.symlinkSync('elsewhere', join(to, 'dir/link'));
  return { lab, to, chattr: (...args) => void run('chattr', args) };
}

const leftovers = (to: string): string[] =>
  fs
    .readdirSync(to, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.includes('varve-restore'));

describe.each([
  ['+a', 'append-only', '-a'],
  ['+i', 'immutable', '-i'],
])('chattr %s', (lock, word, unlock) => {
  test('of a directory: each name in it is told of, and nothing is left', async () => {
    const { lab, to, chattr } = await prepare();
    chattr(lock, join(to, 'dir'));
    const { issues } = await lab.restoreInPlace(1, { overwrite: 'always' }, { to });
    const messages = issues
      .filter(({ code }) => code === 'NOT_RESTORED')
      .map(({ message }) => message);
    const reason = `its directory is ${word}; run \`chattr ${unlock} dir\`, then restore again.`;
    expect(messages.sort()).toEqual(
      ['empty', 'link', 'small'].map((name) => `dir/${name}: ${reason}`),
    );
    expect(issues.map(({ message }) => message).join()).not.toContain('EPERM');
    expect(leftovers(to)).toEqual([]);
    chattr(unlock, join(to, 'dir'));
    const again = await lab.restoreInPlace(1, { overwrite: 'always' }, { to, verifies: true });
    expect(again.issues).toEqual([]);
    expect(leftovers(to)).toEqual([]);
  });

  test('of files of each kind: each is told of, and nothing is left', async () => {
    const { lab, to, chattr } = await prepare();
    const names = ['empty', 'large', 'small'];
    for (const name of names) chattr(lock, join(to, 'dir', name));
    const { issues } = await lab.restoreInPlace(1, { overwrite: 'always' }, { to });
    expect(issues.map(({ message }) => message).sort()).toEqual(
      names.map(
        (name) =>
          `dir/${name}: it is ${word}; run \`chattr ${unlock} dir/${name}\`, then restore again.`,
      ),
    );
    expect(leftovers(to)).toEqual([]);
    for (const name of names) chattr(unlock, join(to, 'dir', name));
    const again = await lab.restoreInPlace(1, { overwrite: 'always' }, { to, verifies: true });
    expect(again.issues).toEqual([]);
  });

  test('of what is to be deleted: it is told of, and stays', async () => {
    const { lab, to, chattr } = await prepare();
    fs.mkdirSync(join(to, 'extra'));
    fs.writeFileSync(join(to, 'extra/file'), 'x');
    chattr(lock, join(to, 'extra/file'));
    const { issues } = await lab.restoreInPlace(1, { deletes: 'always' }, { to });
    expect(issues.map(({ message }) => message)).toEqual([
      `extra/file was not deleted: it is ${word}; run \`chattr ${unlock} extra/file\`, then restore again.`,
    ]);
    expect(fs.existsSync(join(to, 'extra/file'))).toBe(true);
  });
});
