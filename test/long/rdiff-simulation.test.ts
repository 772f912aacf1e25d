import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'rolldown';
import { expect, test } from 'vitest';
import { scratchDirectory } from '../support/directory.js';

const SIZE = 100e9;
const MAX_RSS_BYTES = 150e6;

interface Report {
  size: number;
  patchedSize: number;
  differences: number;
  deltaBytes: number;
  blockLength: number;
  maxRssBytes: number;
}

test('a file of 100 GB goes through signature, delta and patch in less than 150 MB', async () => {
  const input = fileURLToPath(new URL('./simulation/run.js', import.meta.url));
  const script = join(scratchDirectory(), 'run.mjs');
  await build({ input, platform: 'node', output: { file: script } });
  const { stdout, stderr, status } = spawnSync(process.execPath, [script, String(SIZE)]);
  expect({ status, stderr: stderr.toString() }).toEqual({ status: 0, stderr: '' });
  console.log(stdout.toString());
  const report = JSON.parse(stdout.toString()) as Report;
  expect(report.differences).toBe(0);
  expect(report.patchedSize).toBe(report.size);
  // Three changed regions of 1.9 MB together, each with up to two blocks around it.
  expect(report.deltaBytes).toBeLessThan(1_200_000 + 6 * report.blockLength);
  expect(report.maxRssBytes).toBeLessThan(MAX_RSS_BYTES);
});
