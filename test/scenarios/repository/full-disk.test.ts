/** A disk without a free byte: what reads, frees space or mends works; what needs space says so. */
import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { smallDisk } from '../../support/small-disk.js';
import { createWorkspace } from '../../support/varve-command.js';

const { run, write, path } = createWorkspace();

beforeAll(async () => {
  await run(['-r', 'sound', 'init']);
  for (let i = 0; i < 3; i++) {
    write({ 'tree/large': randomBytes(1_000_000), [`tree/${i}`]: `${i}` });
    expect((await run(['-r', 'sound', 'backup', 'tree'])).code).toBe(0);
  }
});

/** A repository with three snapshots on a small disk, and what is in the last of them. */
function prepare() {
  const disk = smallDisk('16m');
  const repository = join(disk.path, 'repo');
  const varve = (...args: readonly string[]) => run(['-r', repository, ...args]);
  for (const name of ['more', 'huge', 'small']) fs.rmSync(path('tree', name), { force: true });
  fs.cpSync(path('sound'), repository, { recursive: true });
  return { disk, varve, repository };
}

describe('without a free byte', () => {
  test.each([
    [['ls', 'tree']],
    [['log', 'tree/0']],
    [['restore', '--to', 'target-of-full']],
    [['verify']],
    [['prune', '-n', '--keep-last', '1']],
    [['repair']],
    [['repair', '--rebuild-index']],
  ])('%j works', async (args) => {
    const { disk, varve } = prepare();
    disk.fill();
    expect(disk.freeBytes()).toBe(0);
    expect(await varve(...args)).toMatchObject({ code: 0, stderr: '' });
    expect(await varve('prune', '--keep-last', '1')).toMatchObject({ code: 0, stderr: '' });
    expect(disk.freeBytes()).toBeGreaterThan(1_500_000);
    expect((await varve('verify')).code).toBe(0);
  });

  test('a backup says that there is none, and works after a prune', async () => {
    const { disk, varve } = prepare();
    disk.fill();
    write({ 'tree/more': randomBytes(300_000) });
    const failed = await varve('backup', 'tree');
    expect(failed.code).toBe(1);
    expect(failed.stderr).toContain('varve: No space is left');
    expect((await varve('prune', '--keep-last', '1')).code).toBe(0);
    expect((await varve('backup', 'tree')).code).toBe(0);
    expect((await varve('verify')).code).toBe(0);
  });
});

test('a backup that fills the disk leaves it as it was, and a small one works', async () => {
  const { disk, varve } = prepare();
  const before = disk.freeBytes();
  write({ 'tree/huge': randomBytes(20_000_000) });
  expect((await varve('backup', 'tree')).code).toBe(1);
  expect(disk.freeBytes()).toBeGreaterThan(before - 600_000);
  fs.rmSync(path('tree/huge'));
  write({ 'tree/small': randomBytes(100_000) });
  expect((await varve('backup', 'tree')).code).toBe(0);
  expect((await varve('verify')).code).toBe(0);
});

test('what a killed run left is cut off where there is no room to take it up', async () => {
  const { disk, varve, repository } = prepare();
  const left = join(repository, 'packs', '00000001.pack');
  fs.appendFileSync(left, randomBytes(100_000));
  disk.fill();
  expect((await varve('prune', '--keep-last', '1')).code).toBe(0);
  expect((await varve('verify')).code).toBe(0);
});
