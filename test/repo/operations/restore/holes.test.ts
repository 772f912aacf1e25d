import * as fs from 'node:fs';
import { expect, test } from 'vitest';
import { clearRange } from '../../../../src/repo/operations/restore/holes.js';
import { openFileSystem, type FileSystem } from '../../../../src/repo/platform/files.js';
import { scratchDirectory } from '../../../support/directory.js';
import { createLab } from '../../../support/lab.js';
import { noise } from '../../../support/seed.js';
import { readTree } from '../../../support/tree.js';

const real = openFileSystem();
/** As without libc: no holes are told, and none are made. */
const blind: FileSystem = {
  ...real,
  at: { ...real.at, seek: () => undefined, punchHole: () => false },
};

test.each([
  ['with holes', real],
  ['without', blind],
])('a range reads as zeros afterwards, and the rest as before: %s', (_, files) => {
  const path = `${scratchDirectory()}/file`;
  const before = Buffer.concat([noise(100_000, 1), Buffer.alloc(200_000), noise(50_000, 2)]);
  fs.writeFileSync(path, before);
  const descriptor = fs.openSync(path, 'r+');
  const count = (isDryRun: boolean) => clearRange(files, descriptor, 30_000, 340_000, isDryRun);
  const promised = count(true);
  expect(fs.readFileSync(path)).toEqual(before);
  expect(count(false)).toBe(promised);
  expect(promised).toBeGreaterThanOrEqual(110_000);
  expect(promised).toBeLessThan(310_000);
  expect(fs.readFileSync(path)).toEqual(Buffer.from(before).fill(0, 30_000, 340_000));
  expect(count(false)).toBe(0);
  expect(clearRange(files, descriptor, 350_000, 2 ** 40, false)).toBe(0);
  fs.closeSync(descriptor);
});

test('a sparse file over one full of bytes, in place: its holes are holes, the rest is written', async () => {
  const lab = createLab();
  const size = 64 * 1024 * 1024;
  fs.writeFileSync(lab.path('sparse'), noise(5000, 1));
  fs.truncateSync(lab.path('sparse'), size);
  await lab.backup();
  const wanted = readTree(lab.source);
  const target = fs.openSync(lab.path('sparse'), 'r+');
  fs.writeSync(target, noise(1_000_000, 2), 0, 1_000_000, size / 2);
  fs.closeSync(target);
  const promised = await lab.restoreInPlace(1, {}, { isDryRun: true });
  const done = await lab.restoreInPlace(1, {}, { verifies: true });
  expect({ ...done, durationMs: 0 }).toEqual({ ...promised, durationMs: 0 });
  expect(done.issues).toEqual([]);
  expect(done.bytesWritten).toBeGreaterThanOrEqual(1_000_000);
  expect(done.bytesWritten).toBeLessThan(1_200_000);
  expect(readTree(lab.source)).toEqual(wanted);
  expect(fs.statSync(lab.path('sparse')).blocks * 512).toBeLessThan(200_000);
});
