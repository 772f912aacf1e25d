/** Attributes that are another view of one that is listed, too: never saved, never restored. */
import * as fs from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { NodeAttributes } from '../../../src/platform/attribute-calls.js';
import type { ByteString } from '../../../src/platform/bytes.js';
import { openFileSystem } from '../../../src/platform/files.js';
import { createLab, type Lab } from '../../support/lab.js';
import { isSuperuser, needPrograms, skip } from '../../support/machine.js';
import { run } from '../../support/oracle.js';
import { diffLive, listEntries } from '../../support/by-path.js';

const SHADOWS = ['trusted.SGI_ACL_FILE', 'trusted.SGI_ACL_DEFAULT'];

function prepare(): Lab {
  if (!isSuperuser) skip('only the superuser has trusted attributes');
  needPrograms('setfattr', 'getfattr');
  const lab = createLab();
  lab.write('file', 'text');
  lab.write('empty', '');
  lab.write('dir/below', 'x');
  fs.symlinkSync('file', lab.path('link'));
  return lab;
}

const trustedOf = (path: string): string =>
  run('getfattr', ['-h', '-R', '-P', '-d', '-m', 'trusted', '--absolute-names', path]);

test.each(['file', 'empty', 'dir', 'link'])('those of %s are not saved', async (name) => {
  const lab = prepare();
  for (const shadow of SHADOWS) run('setfattr', ['-h', '-n', shadow, '-v', 'x', lab.path(name)]);
  run('setfattr', ['-h', '-n', 'trusted.other', '-v', 'y', lab.path(name)]);
  const { snapshot } = await lab.backup();
  const to = lab.newTarget();
  await lab.restore(snapshot!, { to });
  expect(trustedOf(to)).toContain('trusted.other');
  expect(trustedOf(to)).not.toContain('SGI_ACL');
});

test('those of a snapshot that has them are shown to nobody, and not restored', async () => {
  const lab = prepare();
  const real = openFileSystem();
  const calls = real.at.attributes!;
  const withShadows = ({ flags, xattrs }: NodeAttributes): NodeAttributes => ({
    flags,
    xattrs: [...xattrs, { name: SHADOWS[0] as ByteString, value: 'x' as ByteString }],
  });
  lab.useFiles({
    ...real,
    at: { ...real.at, attributes: { ...calls, read: (node) => withShadows(calls.read(node)) } },
  });
  const { snapshot } = await lab.backup();
  lab.useRealFiles();
  const to = lab.newTarget();
  const { issues } = await lab.restore(snapshot!, { to, verifies: true });
  expect(issues).toEqual([]);
  expect(trustedOf(to)).not.toContain('SGI_ACL');
  const { repository, platform } = lab;
  const listed = await listEntries(repository, platform, {
    at: { type: 'latest' },
    isRecursive: true,
  });
  const names = [...listed.entries].flatMap(({ attributes }) => attributes?.xattrs ?? []);
  expect(names).toEqual([]);
  fs.chmodSync(lab.path('file'), 0o600);
  fs.chmodSync(lab.path('file'), fs.statSync(join(to, 'file')).mode);
  const { changes } = await diffLive(repository, platform, {
    from: { type: 'latest' },
    readsAll: false,
  });
  expect(changes).toEqual([]);
});

test('what a target has of them is left alone, and is no difference', async () => {
  const lab = prepare();
  const { snapshot } = await lab.backup();
  const to = lab.newTarget();
  await lab.restore(snapshot!, { to });
  for (const shadow of SHADOWS) run('setfattr', ['-n', shadow, '-v', 'x', join(to, 'file')]);
  const { issues } = await lab.restore(snapshot!, {
    to,
    inPlace: { overwrite: 'always' },
    verifies: true,
  });
  expect(issues).toEqual([]);
});
