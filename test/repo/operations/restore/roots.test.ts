import * as fs from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createLab } from '../../../support/lab.js';
import { readTree } from '../../../support/tree.js';

describe('into a directory', () => {
  test('the only root becomes it if it is a directory, and goes into it if it is a file', async () => {
    const lab = createLab({ lanes: 1 });
    lab.write('file', 'x');
    const one = await lab.backup();
    const other = await lab.backup({ paths: [lab.path('file')] });
    expect([...(await lab.treeAt(one.snapshot!)).keys()]).toEqual(['', 'file']);
    expect([...(await lab.treeAt(other.snapshot!)).keys()]).toEqual(['', 'file']);
  });

  test('several roots, and each path that is named, go by their names', async () => {
    const lab = createLab({ lanes: 1 });
    lab.write('one/deep/file', 'x');
    lab.write('two/other', 'y');
    await lab.backup({ paths: [lab.path('one'), lab.path('two')] });
    expect([...(await lab.treeAt(1)).keys()]).toEqual([
      ...['', 'one', 'one/deep', 'one/deep/file', 'two', 'two/other'],
    ]);
    const to = lab.newTarget();
    await lab.restore(1, { to, paths: [lab.path('one/deep'), lab.path('two/other')] });
    expect([...readTree(to).keys()]).toEqual(['', 'deep', 'deep/file', 'other']);
  });

  test.each<[string, string[], string[]]>([
    ['roots', ['one/same', 'two/same'], []],
    ['paths that are named', ['.'], ['one/same', 'two/same']],
  ])('two %s of one name are refused before anything is made', async (_, roots, paths) => {
    const lab = createLab({ lanes: 1 });
    for (const name of ['one', 'two']) lab.write(`${name}/same/file`, name);
    await lab.backup({ paths: roots.map(lab.path) });
    const to = lab.newTarget();
    await expect(lab.restore(1, { to, paths: paths.map(lab.path) })).rejects.toMatchObject({
      code: 'TARGET_UNUSABLE',
      message: `${lab.path('one/same')} and ${lab.path('two/same')} would both become same in the target.`,
    });
    expect(fs.existsSync(to)).toBe(false);
  });
});

test('in place, a path that is named twice, or lies in another, is restored once', async () => {
  const lab = createLab({ lanes: 1 });
  lab.write('dir/file', 'saved');
  lab.write('other', 'saved');
  await lab.backup();
  for (const name of ['dir/file', 'other']) lab.write(name, 'changed, and longer');
  const [file, dir] = [lab.path('dir/file'), lab.path('dir')];
  const { files } = await lab.restoreInPlace(1, {}, { paths: [file, dir, file, dir] });
  expect(files).toBe(1);
  expect(fs.readFileSync(file, 'utf8')).toBe('saved');
  expect(fs.readFileSync(lab.path('other'), 'utf8')).toBe('changed, and longer');
});

test('in place, a root that was a followed link leads to what was saved, and to nothing else', async () => {
  const lab = createLab({ lanes: 1 });
  lab.write('real/file', 'saved');
  lab.write('other/file', 'of another');
  const link = lab.path('link');
  fs.symlinkSync('real', link);
  await lab.backup({ paths: [link] });
  lab.write('real/file', 'changed, and longer');
  await lab.restoreInPlace(1, {}, { paths: [] });
  expect(fs.readFileSync(lab.path('real/file'), 'utf8')).toBe('saved');
  expect(fs.lstatSync(link).isSymbolicLink()).toBe(true);
  fs.rmSync(link);
  fs.symlinkSync('other', link);
  await lab.restoreInPlace(1, {}, { paths: [] });
  expect(fs.readFileSync(lab.path('other/file'), 'utf8')).toBe('of another');
  expect(fs.readFileSync(join(link, 'file'), 'utf8')).toBe('saved');
  expect(fs.lstatSync(link).isDirectory()).toBe(true);
});
