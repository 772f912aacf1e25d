import * as fs from 'node:fs';
import { describe, expect, test } from 'vitest';
import { filesWithAt } from '../../support/faulty-files.js';
import { createLab, type Lab } from '../../support/lab.js';
import { noise } from '../../support/seed.js';
import { readTree } from '../../support/tree.js';

const SIZE = 64 * 1024 * 1024;

/** A sparse file in the snapshot, and a megabyte over one of its holes now. */
async function overwrittenLab(): Promise<Lab> {
  const lab = createLab();
  fs.writeFileSync(lab.path('sparse'), noise(5000, 1));
  fs.truncateSync(lab.path('sparse'), SIZE);
  await lab.backup();
  const target = fs.openSync(lab.path('sparse'), 'r+');
  fs.writeSync(target, noise(1_000_000, 2), 0, 1_000_000, SIZE / 2);
  fs.closeSync(target);
  return lab;
}

describe('a sparse file over one full of bytes, in place', () => {
  test('its holes are holes again, and only the rest is written', async () => {
    const lab = await overwrittenLab();
    const promised = await lab.restoreInPlace(1, {}, { isDryRun: true });
    const done = await lab.restoreInPlace(1, {}, { verifies: true });
    expect({ ...done, durationMs: 0 }).toEqual({ ...promised, durationMs: 0 });
    expect(done.issues).toEqual([]);
    expect(done.bytesWritten).toBeGreaterThanOrEqual(1_000_000);
    expect(done.bytesWritten).toBeLessThan(1_200_000);
    expect(fs.statSync(lab.path('sparse')).blocks * 512).toBeLessThan(200_000);
  });

  test('without libc its zeros are written, and nothing but them', async () => {
    const lab = await overwrittenLab();
    lab.useFiles(filesWithAt(() => ({ seeksHoles: false, punchHole: () => false })));
    const { issues, bytesWritten } = await lab.restoreInPlace(1, {}, { verifies: true });
    expect(issues).toEqual([]);
    expect(bytesWritten).toBeLessThan(1_200_000);
    const bytes = Buffer.alloc(SIZE);
    noise(5000, 1).copy(bytes);
    expect(readTree(lab.source).get('sparse')!.content === bytes.toString('latin1')).toBe(true);
  });
});
