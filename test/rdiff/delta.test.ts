/** A delta that several threads make is worth the same as one by a single thread, and so is its report. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { deltaFiles, patchFiles, signatureFiles } from '../../src/rdiff/index.js';
import { testDirectory } from '../support/directory.js';
import { noise } from '../support/seed.js';

const directory = testDirectory();
const path = (name: string): string => join(directory, name);

test('parts that threads search are joined, and their counts added', async () => {
  // From 32 MiB on it is shared out, 8 MiB each; a block is found in one place alone.
  const old = noise(33 * 1024 * 1024, 1);
  const middle = 20 * 1024 * 1024 + 77;
  const now = Buffer.concat([old.subarray(0, middle), noise(1000, 2), old.subarray(middle)]);
  writeFileSync(path('old'), old);
  writeFileSync(path('now'), now);
  await signatureFiles({ basis: path('old'), signature: path('sums') });
  const reports = [];
  for (const jobs of [1, 2]) {
    const delta = path(`delta${jobs}`);
    const report = await deltaFiles({ signature: path('sums'), target: path('now'), delta, jobs });
    await patchFiles({ basis: path('old'), delta, target: path(`result${jobs}`) });
    expect(readFileSync(path(`result${jobs}`)).equals(now)).toBe(true);
    reports.push(report);
  }
  const [one, two] = reports;
  expect(two).toMatchObject({ bytesIn: one!.bytesIn, instructions: one!.instructions });
  expect(two!.matches!.matches).toBe(one!.matches!.matches);
});
