import * as fs from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { bytesFromText } from '../../../src/platform/bytes.js';
import { openFileSystem } from '../../../src/platform/files.js';
import { countTree } from '../../../src/repo/worker/count-tree.js';
import type { CountTreeJob } from '../../../src/repo/worker/jobs.js';
import { systemError } from '../../support/faulty-files.js';
import { createLab } from '../../support/lab.js';
import { scratchDirectory } from '../../support/directory.js';
import { openFilesBelow } from '../../support/open-files.js';

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

test('counts every root, and what cannot be read of one as nothing', () => {
  const [first, second] = [tree(), tree()];
  const real = openFileSystem();
  const { ino } = fs.statSync(join(first, 'a/b'));
  const open = (...of: Parameters<typeof real.at.open>): number => {
    const descriptor = real.at.open(...of);
    if (real.at.statOpen(descriptor).inode !== ino) return descriptor;
    real.close(descriptor);
    throw systemError('EACCES');
  };
  const files = { ...real, at: { ...real.at, open } };
  const roots = [first, join(first, 'none'), second].map(bytesFromText);
  const job = { type: 'count-tree', roots, filter: {}, own: [] } as const;
  expect(countTree(files, job)).toEqual({ files: 2 + 3, bytes: 210 + 3210 });
  expect([...openFilesBelow(first), ...openFilesBelow(second)]).toEqual([]);
});

test('counts a file that is a root itself', () => {
  expect(count(join(tree(), 'a/two.tmp'))).toEqual({ files: 1, bytes: 200 });
});

test('has no more directories open for more of them, nor any at the end', () => {
  const directory = scratchDirectory();
  for (let name = 0; name < 100; name += 1)
    fs.mkdirSync(join(directory, `d${name}/below`), { recursive: true });
  const real = openFileSystem();
  let most = 0;
  const list = (descriptor: number) => {
    most = Math.max(most, openFilesBelow(directory).length);
    return real.at.list(descriptor);
  };
  const files = { ...real, at: { ...real.at, list } };
  const job = { roots: [bytesFromText(directory)], filter: {}, own: [] };
  expect(countTree(files, { type: 'count-tree', ...job })).toEqual({ files: 0, bytes: 0 });
  expect(most).toBe(3);
  expect(openFilesBelow(directory)).toEqual([]);
});

test('a bug while counting is told', () => {
  const real = openFileSystem();
  const list = (): never => {
    throw new TypeError('x is not a function');
  };
  const job = { roots: [bytesFromText(tree())], filter: {}, own: [] };
  expect(() =>
    countTree({ ...real, at: { ...real.at, list } }, { type: 'count-tree', ...job }),
  ).toThrow(TypeError);
});
