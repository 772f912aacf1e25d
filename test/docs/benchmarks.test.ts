/** The benchmark's programs run: nothing else loads what they import. */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { parseDelta } from '../../src/index.js';
import { scratchDirectory } from '../support/directory.js';

const bench = (name: string): string =>
  fileURLToPath(new URL(`../../bench/${name}`, import.meta.url));

test('the delta benchmark writes a delta from one file to the other', () => {
  const directory = scratchDirectory();
  const [basis, target, out] = ['basis', 'target', 'out'].map((name) => `${directory}/${name}`);
  writeFileSync(basis!, 'a line of the text\n'.repeat(2000));
  writeFileSync(target!, `${'a line of the text\n'.repeat(1000)}another\n`);
  const { status, stderr } = spawnSync(
    process.execPath,
    [bench('delta/varve.js'), basis!, target!, out!],
    { encoding: 'utf8' },
  );
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(parseDelta(readFileSync(out!)).targetLength).toBe(19_008);
});

test.each([
  'delta/tools.js',
  'delta/data.js',
  'delta/report.js',
  'store/tools.js',
  'store/session.js',
])('%s finds all that it imports', async (name) => {
  await expect(import(bench(name))).resolves.toBeTypeOf('object');
});
