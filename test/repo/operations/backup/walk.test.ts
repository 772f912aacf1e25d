import * as fs from 'node:fs';
import { expect, test } from 'vitest';
import type { AtCalls } from '../../../../src/platform/at-calls.js';
import { filesWithAt, systemError } from '../../../support/faulty-files.js';
import { backupOf, createLab, type Lab } from '../../../support/lab.js';
import { makeFifo } from '../../../support/special-files.js';

function prepare(): Lab {
  const lab = createLab({ lanes: 1 });
  lab.write('dir/deep/file', 'of ten bit');
  lab.write('dir/file', 'seven b');
  fs.symlinkSync('file', lab.path('dir/link'));
  makeFifo(lab.path('dir/fifo'));
  lab.write('file', 'three');
  fs.symlinkSync('file', lab.path('link'));
  makeFifo(lab.path('fifo'));
  return lab;
}

const failing = { code: 'EIO' };
type Fault = (real: AtCalls) => Partial<AtCalls>;

const statOf =
  (wanted: string): Fault =>
  (real) => ({
    stat(directory, name) {
      if (name === wanted) throw systemError(failing.code);
      return real.stat(directory, name);
    },
  });

const openOf =
  (wanted: string): Fault =>
  (real) => ({
    open(directory, name, mode) {
      if (name === wanted || name.endsWith(`/${wanted}`)) throw systemError(failing.code);
      return real.open(directory, name, mode);
    },
  });

const targetOf =
  (wanted: string): Fault =>
  (real) => ({
    readSymlink(directory, name) {
      if (name === wanted) throw systemError(failing.code);
      return real.readSymlink(directory, name);
    },
  });

/** `change` makes the entry one that must be looked at again. */
test.each<[string, string, string, Fault]>([
  ['a file that has no state', 'file', 'UNREADABLE', statOf('file')],
  ['a link that has none', 'link', 'UNREADABLE', statOf('link')],
  ['a fifo that has none', 'fifo', 'UNREADABLE', statOf('fifo')],
  ['a directory that has none', 'dir', 'UNREADABLE', statOf('dir')],
  ['a directory that cannot be opened', 'dir', 'UNREADABLE_DIRECTORY', openOf('dir')],
  ['one below that', 'dir/deep', 'UNREADABLE_DIRECTORY', openOf('deep')],
  ['a link whose target is not told', 'link', 'UNREADABLE', targetOf('link')],
  ['a file that cannot be read', 'file', 'UNREADABLE', openOf('file')],
])('%s stays, and counts, as it was', async (_, name, code, fault) => {
  const lab = prepare();
  const first = await backupOf(lab);
  const counts = { files: 3, directories: 3, symlinks: 2, specials: 2, bytes: 22 };
  expect(first).toMatchObject({ ...counts, filesNew: 3, filesRemoved: 0, issues: [] });
  for (const one of [name, 'dir']) fs.lutimesSync(lab.path(one), 1, 1);
  lab.useFiles(filesWithAt(fault));
  const second = await backupOf(lab);
  expect(second).toMatchObject({ ...counts, filesNew: 0, filesRemoved: 0 });
  expect(second.issues).toContainEqual(expect.objectContaining({ path: lab.bytes(name), code }));
  lab.useRealFiles();
  const saved = await lab.treeAt(second.snapshot!);
  const before = await lab.treeAt(first.snapshot!);
  const held = (tree: typeof saved) =>
    [...tree].map(([path, { type, content }]) => [path, type, content]);
  expect(held(saved)).toEqual(held(before));
  await lab.expectSound();
});
