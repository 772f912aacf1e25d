import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { backupTree, makeRepository, writeTree, absolute } from '../../../support/repository.js';
import { readStats } from '../../../support/by-path.js';

test('an empty repository has nothing but an index', async () => {
  const { path, platform } = makeRepository();
  const stats = await readStats(path, platform);
  expect(stats).toMatchObject({
    snapshots: 0,
    sources: 0,
    versions: 0,
    paths: 0,
    blobs: 0,
    logicalBytes: 0,
    contentBytes: 0,
    fullBytes: 0,
    deltaBytes: 0,
    perSource: [],
    perSnapshot: [],
    costliest: [],
    costliestDirectories: [],
  });
  expect(stats.indexBytes).toBeGreaterThan(0);
  expect(stats.storedBytes).toBe(stats.indexBytes);
});

test('what is shared is stored and charged once, what is logical each time', async () => {
  const repository = makeRepository();
  const { path, platform, tree } = repository;
  const content = randomBytes(20_000);
  const large = randomBytes(13 * 1024 * 1024);
  writeTree(tree, {
    a: { type: 'directory' },
    'a/one': { type: 'file', content },
    'a/two': { type: 'file', content: randomBytes(9000) },
    b: { type: 'directory' },
    'b/same': { type: 'file', content },
    large: { type: 'file', content: large },
  });
  await backupTree(repository);
  await backupTree(repository);
  writeTree(tree, { large: { type: 'file', content: large } });
  await backupTree(repository);

  const stats = await readStats(path, platform);
  const all = 49_000 + large.length;
  expect(stats).toMatchObject({
    snapshots: 3,
    sources: 1,
    paths: 7,
    logicalBytes: 2 * all + large.length,
    contentBytes: 29_000 + large.length,
    deltaBytes: 0,
    perSource: [{ snapshots: 3, logicalBytes: 2 * all + large.length }],
  });
  expect(
    stats.perSnapshot.map(({ number, files, logicalBytes }) => [number, files, logicalBytes]),
  ).toEqual([
    [1, 4, all],
    [2, 4, all],
    [3, 1, large.length],
  ]);
  expect(stats.costliest.map((costly) => costly.path)).toEqual([
    absolute(tree, 'large'),
    absolute(tree, 'a/one'),
    absolute(tree, 'a/two'),
  ]);
  expect(stats.costliestDirectories.map((costly) => costly.path)).toEqual(
    ['', 'a'].map((path) => absolute(tree, path)),
  );
  const charged = stats.costliest.reduce((sum, { bytes }) => sum + bytes, 0);
  expect(charged).toBe(stats.fullBytes);
});
