/** A symbolic link that is named is followed: whoever names it means what it leads to. */
import * as fs from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { backupOf, createLab, type Lab } from '../../support/lab.js';
import { diffLive, explainPath } from '../../support/by-path.js';

function prepare(): Lab {
  const lab = createLab();
  lab.write('real/file', 'abc');
  lab.write('real/deep/other', 'other');
  fs.symlinkSync('file', lab.path('real/inner'));
  fs.symlinkSync('real', lab.path('link'));
  lab.runAhead();
  return lab;
}

const changesOf = async ({ repository, platform }: Lab) =>
  diffLive(repository, platform, { from: { type: 'latest' }, readsAll: false });

test.each([
  ['a link', 'link'],
  ['a link with a slash behind it', 'link/'],
  ['a link to a link', 'twice'],
  ['an absolute link', 'absolute'],
])('%s to a directory is followed, and saved under its own name', async (_, name) => {
  const lab = prepare();
  fs.symlinkSync('link', lab.path('twice'));
  fs.symlinkSync(lab.path('real'), lab.path('absolute'));
  const { snapshot, files, source, notices } = await backupOf(lab, { paths: [lab.path(name)] });
  expect(files).toBe(2);
  expect(source.roots).toEqual([lab.bytes(name.replace('/', ''))]);
  expect(notices).toMatchObject([{ code: 'LINK_FOLLOWED' }]);
  const to = lab.newTarget();
  await lab.restore(snapshot!, { to });
  expect(fs.readdirSync(to).sort()).toEqual(['deep', 'file', 'inner']);
  expect(fs.readlinkSync(join(to, 'inner'))).toBe('file');
  expect((await changesOf(lab)).changes).toEqual([]);
  expect(await backupOf(lab, { paths: [lab.path(name)] })).toMatchObject({ filesUnchanged: 2 });
});

test('a link to a file is followed, of any size, and compared as a file', async () => {
  const lab = createLab({ chunking: { whole_file_bytes: 6000 } });
  lab.write('large', 'line\n'.repeat(4000));
  lab.write('empty', '');
  lab.write('small', 'abc');
  const names = ['large', 'empty', 'small'];
  for (const name of names) fs.symlinkSync(name, lab.path(`to-${name}`));
  lab.runAhead();
  const paths = names.map((name) => lab.path(`to-${name}`));
  const { snapshot, issues } = await backupOf(lab, { paths });
  expect(issues).toEqual([]);
  const to = lab.newTarget();
  await lab.restore(snapshot!, { to });
  for (const name of names) {
    expect(fs.lstatSync(join(to, `to-${name}`)).isFile()).toBe(true);
    expect(fs.readFileSync(join(to, `to-${name}`))).toEqual(fs.readFileSync(lab.path(name)));
  }
  expect((await changesOf(lab)).changes).toEqual([]);
  lab.write('small', 'abd');
  expect((await changesOf(lab)).changes).toMatchObject([
    { path: lab.bytes('to-small'), change: 'modified' },
  ]);
});

test('a link in a list of paths is followed, and one notice tells of all', async () => {
  const lab = prepare();
  for (const name of ['a', 'b', 'c', 'd', 'e']) fs.symlinkSync('real', lab.path(name));
  const paths = ['a', 'b', 'c', 'd', 'e', 'real'].map((name) => lab.path(name));
  const { notices, files } = await backupOf(lab, { paths, toleratesMissing: true });
  expect(files).toBe(12);
  expect(notices).toHaveLength(1);
  expect(notices[0]!.paths).toHaveLength(5);
  expect(notices[0]!.message).toContain('1 more');
});

test('a link that leads to nothing is saved as a link', async () => {
  const lab = prepare();
  fs.symlinkSync('nothing', lab.path('dangling'));
  const paths = [lab.path('dangling')];
  expect(await backupOf(lab, { paths })).toMatchObject({ issues: [], notices: [] });
});

test('while a followed link leads to nothing, what was saved is kept', async () => {
  const lab = prepare();
  const paths = [lab.path('link')];
  await backupOf(lab, { paths });
  fs.renameSync(lab.path('real'), lab.path('moved'));
  const kept = await backupOf(lab, { paths });
  expect(kept).toMatchObject({ files: 2, issues: [{ code: 'SOURCE_MISSING' }] });
  expect(await changesOf(lab)).toMatchObject({
    changes: [],
    issues: [{ code: 'SOURCE_MISSING' }],
  });
  const { outcome } = await explainPath(lab.repository, lab.platform, {
    path: lab.path('link/file'),
  });
  expect(outcome.type).toBe('unreadable');
});

test('links below a path, and those to special files, stay links', async () => {
  const lab = prepare();
  fs.symlinkSync('/dev/null', lab.path('device'));
  const { notices, files } = await backupOf(lab, { paths: [lab.path('device')] });
  expect({ notices, files }).toEqual({ notices: [], files: 0 });
  expect(await backupOf(lab)).toMatchObject({ notices: [], files: 2 });
});

test('a restore onto the original goes where the followed link leads', async () => {
  const lab = prepare();
  const { snapshot } = await backupOf(lab, { paths: [lab.path('link')] });
  lab.write('real/file', 'changed');
  lab.write('real/extra', 'extra');
  await lab.restoreInPlace(snapshot!, { overwrite: 'always', deletes: 'always' });
  expect(fs.readlinkSync(lab.path('link'))).toBe('real');
  expect(fs.readFileSync(lab.path('real/file'), 'utf8')).toBe('abc');
  expect(fs.existsSync(lab.path('real/extra'))).toBe(false);
});

test('a restore onto the original is not led elsewhere by a link that was not followed', async () => {
  const lab = prepare();
  const { snapshot } = await backupOf(lab, { paths: [lab.path('real')] });
  fs.renameSync(lab.path('real'), lab.path('moved'));
  lab.write('bait/file', 'bait');
  fs.symlinkSync('bait', lab.path('real'));
  await lab.restoreInPlace(snapshot!, { overwrite: 'always' });
  expect(fs.readFileSync(lab.path('bait/file'), 'utf8')).toBe('bait');
  expect(fs.lstatSync(lab.path('real')).isDirectory()).toBe(true);
});
