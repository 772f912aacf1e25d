import * as fs from 'node:fs';
import { expect, test } from 'vitest';
import { createLab } from '../../../support/lab.js';
import { noise } from '../../../support/seed.js';
import { readTree } from '../../../support/tree.js';

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
