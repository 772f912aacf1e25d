import * as fs from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { bytesFromText } from '../../../src/platform/bytes.js';
import { openFileSystem } from '../../../src/platform/files.js';
import { countTree } from '../../../src/repo/worker/count-tree.js';
import type { CountTreeJob } from '../../../src/repo/worker/jobs.js';
import { createLab } from '../../support/lab.js';
import { scratchDirectory } from '../../support/directory.js';

function count(directory: string, more: Partial<CountTreeJob> = {}) {
  const roots = [bytesFromText(directory)];
  const job = { type: 'count-tree', roots, filter: {}, own: [], ...more } as const;
  return countTree(openFileSystem(), job);
}

function tree(): string {
  const directory = scratchDirectory();
  fs.mkdirSync(join(directory, 'a/b'), { recursive: true });
  fs.writeFileSync(join(directory, 'one'), 'x'.repeat(10));
  fs.writeFileSync(join(directory, 'a/two.tmp'), 'x'.repeat(200));
  fs.writeFileSync(join(directory, 'a/b/three'), 'x'.repeat(3000));
  fs.symlinkSync('one', join(directory, 'link'));
  return directory;
}

test('counts files and their bytes at every depth', () => {
  expect(count(tree())).toEqual({ files: 3, bytes: 3210 });
});

test('leaves out what the backup leaves out', () => {
  const filter = { rules: [{ type: 'exclude', pattern: '*.tmp' }], largestBytes: 1000 } as const;
  expect(count(tree(), { filter })).toMatchObject({ files: 1, bytes: 10 });
});

test('leaves out the repository itself', () => {
  const directory = tree();
  const { dev, ino } = fs.statSync(join(directory, 'a'));
  expect(count(directory, { own: [`${dev}:${ino}`] })).toMatchObject({ files: 1, bytes: 10 });
});

test('counts what does not exist as nothing', () => {
  expect(count(join(tree(), 'none'))).toEqual({ files: 0, bytes: 0 });
});

test('a backup takes the same totals, and a second one asks for no estimate', async () => {
  const lab = createLab();
  lab.write('d/file', 'bytes');
  const { files, bytes } = await lab.backup();
  expect(count(lab.source)).toMatchObject({ files, bytes });
  const estimates: unknown[] = [];
  await lab.backup({ onEstimate: (expected) => estimates.push(expected) });
  expect(estimates).toEqual([]);
});
