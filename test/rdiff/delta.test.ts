/** A delta that several threads make is worth the same as one by a single thread, and so is its report. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { deltaFiles, patchFiles, signatureFiles } from '../../src/rdiff/index.js';
import { testDirectory } from '../support/directory.js';
import { noise } from '../support/seed.js';

const directory = testDirectory();
const path = (name: string): string => join(directory, name);

// From 32 MiB on it is shared out, 8 MiB each; a block is found in one place alone.
const old = noise(33 * 1024 * 1024, 1);
const middle = 20 * 1024 * 1024 + 77;

test.each([
  ['at the beginning', Buffer.concat([noise(700, 2), old])],
  ['within', Buffer.concat([old.subarray(0, middle), noise(1000, 2), old.subarray(middle)])],
  ['at the end', Buffer.concat([old.subarray(0, middle), old, noise(700, 2)])],
  ['in two parts to the end', Buffer.concat([old.subarray(middle), noise(20 * 1024 * 1024, 2)])],
])('parts that threads search are joined, and their counts added: new bytes %s', async (_, now) => {
  writeFileSync(path('old'), old);
  writeFileSync(path('now'), now);
  await signatureFiles({ basis: path('old'), signature: path('sums'), force: true });
  const reports = [];
  for (const jobs of [1, 2]) {
    const delta = path(`delta${jobs}`);
    const files = { signature: path('sums'), target: path('now'), delta, jobs, force: true };
    const report = await deltaFiles(files);
    const target = path(`result${jobs}`);
    await patchFiles({ basis: path('old'), delta, target, force: true });
    expect(readFileSync(target).equals(now)).toBe(true);
    expect(report.bytesOut).toBe(readFileSync(delta).length);
    reports.push(report);
  }
  const [one, two] = reports;
  expect(two).toMatchObject({ bytesIn: one!.bytesIn, instructions: one!.instructions });
  expect(two!.matches!.matches).toBe(one!.matches!.matches);
  expect(readFileSync(path('delta2')).equals(readFileSync(path('delta1')))).toBe(true);
});
