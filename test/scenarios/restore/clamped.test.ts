/** What a file system takes without complaint and does not keep is said. */
import * as fs from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openFileSystem } from '../../../src/platform/files.js';
import { createLab, type Lab } from '../../support/lab.js';
import { mountNew } from '../../support/mounts.js';

const FAR = new Date(Date.UTC(2039, 5, 1));

async function prepare(time: Date): Promise<Lab> {
  const lab = createLab();
  for (const name of ['file', 'empty', 'dir/below']) lab.write(name, name === 'empty' ? '' : name);
  fs.symlinkSync('file', lab.path('link'));
  for (const name of ['file', 'empty', 'dir/below', 'link', 'dir']) {
    fs.lutimesSync(lab.path(name), time, time);
  }
  await lab.backup();
  return lab;
}

test.each([true, false])('a time that ext4 clamps is said, --verify: %s', async (verifies) => {
  const lab = await prepare(FAR);
  const place = join(lab.directory, 'mounted');
  mountNew('ext4', place, { options: ['-I', '128'] });
  const { issues } = await lab.restore(1, { to: join(place, 'target'), verifies });
  expect(issues).toMatchObject([{ code: 'METADATA_NOT_RESTORED' }]);
  expect(issues[0]!.message).toContain('times (not kept by the file system): 5');
});

test('times that are only rounded are not', async () => {
  const lab = await prepare(new Date(1_600_000_000_123));
  const place = join(lab.directory, 'mounted');
  mountNew('ext4', place, { options: ['-I', '128'] });
  const { issues } = await lab.restore(1, { to: join(place, 'target'), verifies: true });
  expect(issues).toEqual([]);
});

test('permissions that are taken and not kept are said by --verify', async () => {
  const lab = await prepare(new Date(1_600_000_000_000));
  fs.chmodSync(lab.path('file'), 0o640);
  fs.chmodSync(lab.path('dir'), 0o750);
  const { snapshot } = await lab.backup();
  const real = openFileSystem();
  lab.useFiles({ ...real, setMode: () => undefined });
  const { issues } = await lab.restore(snapshot!, { verifies: true });
  expect(issues).toMatchObject([{ code: 'METADATA_NOT_RESTORED' }]);
  expect(issues[0]!.message).toMatch(/permissions \(not kept by the file system\): \d/);
});
