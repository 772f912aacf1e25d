import * as fs from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createLab, type Lab } from '../../support/lab.js';

const modeOf = (path: string): number => fs.statSync(path).mode & 0o777;

/** A file whose bytes are those of the snapshot, and whose mode and time are not. */
async function prepare(): Promise<Lab> {
  const lab = createLab({ lanes: 1 });
  lab.write('file', 'the same bytes');
  fs.chmodSync(lab.path('file'), 0o640);
  fs.utimesSync(lab.path('file'), 1000, 1000);
  await lab.backup();
  fs.chmodSync(lab.path('file'), 0o600);
  fs.utimesSync(lab.path('file'), 2000, 2000);
  return lab;
}

test('a dry run that reads everything changes no metadata; the restore does', async () => {
  const lab = await prepare();
  const { ino } = fs.statSync(lab.path('file'));
  await lab.restoreInPlace(1, { overwrite: 'always' }, { isDryRun: true });
  expect(modeOf(lab.path('file'))).toBe(0o600);
  expect(fs.statSync(lab.path('file')).mtimeMs).toBe(2_000_000);
  await lab.restoreInPlace(1, { overwrite: 'always' });
  expect(modeOf(lab.path('file'))).toBe(0o640);
  expect(fs.statSync(lab.path('file'))).toMatchObject({ ino, mtimeMs: 1_000_000 });
});

test('a name outside of the target keeps its metadata', async () => {
  const lab = await prepare();
  const outside = join(lab.directory, 'outside');
  fs.linkSync(lab.path('file'), outside);
  await lab.restoreInPlace(1, { overwrite: 'always' });
  expect(modeOf(lab.path('file'))).toBe(0o640);
  expect(modeOf(outside)).toBe(0o600);
  expect(fs.statSync(outside)).toMatchObject({ mtimeMs: 2_000_000, nlink: 1 });
});

test.each([
  ['longer', 'the same bytes, and more'],
  ['shorter', 'the same'],
])('a file with these bytes that is %s once it is compared is replaced', async (_, content) => {
  const lab = await prepare();
  const { files } = lab.platform;
  const file = lab.path('file');
  const device = fs.statSync(file);
  let isChanged = false;
  const at: typeof files.at = {
    ...files.at,
    statOpen(descriptor) {
      // The worker has opened it: until now it was as long as the snapshot says.
      const stat = files.at.statOpen(descriptor);
      if (stat.inode !== device.ino || isChanged) return stat;
      isChanged = true;
      fs.writeFileSync(file, content);
      return files.at.statOpen(descriptor);
    },
  };
  lab.useFiles({ ...files, at });
  await lab.restoreInPlace(1, { overwrite: 'always' });
  expect(isChanged).toBe(true);
  expect(fs.readFileSync(file, 'utf8')).toBe('the same bytes');
});
