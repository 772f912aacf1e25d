import { readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { openFileSystem } from '../../../../src/platform/files.js';
import { resolveRoots } from '../../../../src/repo/operations/backup/roots.js';
import { createLab } from '../../../support/lab.js';

test('a file that is a root counts as unchanged, and is read when all files are', async () => {
  const lab = createLab();
  lab.write('file', 'abc');
  lab.runAhead();
  const paths = [lab.path('file')];
  await lab.backup({ paths });
  expect(await lab.backup({ paths })).toMatchObject({ filesUnchanged: 1, bytesRead: 0 });
  expect(await lab.backup({ paths, readsAll: true })).toMatchObject({
    filesUnchanged: 1,
    bytesRead: 3,
  });
});

test('roots are taken once, those below others not at all, and bytes that are not UTF-8 as they are', async () => {
  const lab = createLab();
  for (const name of ['a/x', 'a-b', 'a/b/y', 'c']) lab.write(name, name);
  const odd = Buffer.concat([Buffer.from(`${lab.source}/odd`), Buffer.of(0xff)]);
  writeFileSync(odd, 'odd');
  const names = ['c', 'a/b', 'a', 'a-b', 'c', 'a/', 'odd\udcff'];
  const { source, files, snapshot } = await lab.backup({ paths: names.map((n) => lab.path(n)) });
  expect(source.roots).toEqual(
    ['a', 'a-b', 'c', 'odd\xff'].map((name) => `${lab.bytes()}/${name}`),
  );
  expect(files).toBe(5);
  const to = lab.newTarget();
  await lab.restore(snapshot!, { to });
  expect(readFileSync(Buffer.concat([Buffer.from(`${to}/odd`), Buffer.of(0xff)]), 'utf8')).toBe(
    'odd',
  );
});

test.each([
  [['/home', '/'], ['/']],
  [['/', '/a/b/c', '//'], ['/']],
  [
    ['/home/one', '/home', '/homer'],
    ['/home', '/homer'],
  ],
  [['/a/../b', '/b/./c/'], ['/b']],
])('of %j the roots are %j', (paths, roots) => {
  expect(resolveRoots(paths, openFileSystem())).toEqual(roots);
});

test('a path of a list that is not there is reported, unless none is', async () => {
  const lab = createLab();
  lab.write('file', 'x');
  const paths = [lab.path('file'), lab.path('none')];
  const options = { paths, toleratesMissing: true };
  expect(await lab.backup(options)).toMatchObject({
    files: 1,
    issues: [{ path: lab.bytes('none'), code: 'SOURCE_MISSING' }],
  });
  await expect(lab.backup({ paths })).rejects.toMatchObject({ code: 'SOURCE_NOT_FOUND' });
  await expect(
    lab.backup({ paths: [lab.path('none')], toleratesMissing: true }),
  ).rejects.toMatchObject({ code: 'SOURCE_NOT_FOUND' });
});

test('thousands of roots are one source', async () => {
  const lab = createLab();
  const names = Array.from({ length: 3000 }, (_, number) => `d${number % 7}/f${number}`);
  for (const name of names) lab.write(name, name);
  lab.runAhead();
  const paths = names.map((name) => lab.path(name));
  expect(await lab.backup({ paths })).toMatchObject({ files: 3000, filesNew: 3000 });
  expect(await lab.backup({ paths })).toMatchObject({ files: 3000, filesUnchanged: 3000 });
});
