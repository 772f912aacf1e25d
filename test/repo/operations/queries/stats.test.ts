import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import { expect, test } from 'vitest';
import { createLab, SMALL_PIECES } from '../../../support/lab.js';
import { queryIndex } from '../../../support/index-facts.js';
import { noise } from '../../../support/seed.js';
import { backupTree, makeRepository, writeTree, absolute } from '../../../support/repository.js';
import { listSnapshots, readStats } from '../../../support/by-path.js';

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

test('each sum is over what it says: rows, whole blobs, deltas; holes are nothing', async () => {
  const lab = createLab({ lanes: 1, chunking: SMALL_PIECES });
  const base = noise(4000, 1);
  lab.write('a/text', base);
  lab.write('b/text', noise(3000, 2));
  lab.write('b/with a hole', Buffer.alloc(9));
  fs.truncateSync(lab.path('b/with a hole'), 200_000);
  await lab.backup();
  lab.write('a/text', Buffer.concat([base, Buffer.from('and more')]));
  await lab.backup();
  await lab.backup({ host: 'other', paths: [lab.path('b')] });

  const stats = await readStats(lab.repository, lab.platform);
  const snapshots = await listSnapshots(lab.repository, lab.platform);
  const one = (sql: string): number => queryIndex<{ value: number }>(lab.repository, sql)[0]!.value;
  const sum = (column: string, kind: number) =>
    one(`SELECT coalesce(sum(${column}), 0) AS value FROM blob WHERE kind = ${kind}`);
  const rows = (table: string) => one(`SELECT count(*) AS value FROM ${table}`);
  expect(sum('stored', 2)).toBeGreaterThan(0);
  expect(sum('length', 4)).toBeGreaterThan(0);
  expect(stats).toMatchObject({
    snapshots: 3,
    sources: 2,
    versions: rows('version'),
    paths: rows('path'),
    blobs: rows('blob') - rows('blob WHERE kind = 4'),
    contentBytes: sum('length', 1) + sum('length', 2),
    fullBytes: sum('stored', 1),
    deltaBytes: sum('stored', 2),
  });
  expect(new Set([stats.versions, stats.paths, stats.blobs]).size).toBe(3);

  const told = snapshots.map(({ snapshot }) => snapshot);
  expect(stats.perSnapshot).toEqual(
    told.map(({ number, source, startedMs, files, bytes, bytesStored }) => {
      return { number, source, startedMs, files, logicalBytes: bytes, addedBytes: bytesStored };
    }),
  );
  const [first, second, third] = told;
  expect(stats.perSource).toEqual([
    {
      source: snapshots[0]!.source,
      snapshots: 2,
      logicalBytes: first!.bytes + second!.bytes,
      addedBytes: first!.bytesStored + second!.bytesStored,
    },
    {
      source: snapshots[2]!.source,
      snapshots: 1,
      logicalBytes: third!.bytes,
      addedBytes: third!.bytesStored,
    },
  ]);
});

test('what is stored is what the packs take, and the index with its log', async () => {
  const lab = createLab({ lanes: 1 });
  lab.write('a', noise(50_000, 1));
  await lab.backup();
  const { files } = lab.platform;
  const sizes: Record<string, number> = { 'index.sqlite': 1000, 'index.sqlite-wal': 200 };
  lab.useFiles({
    ...files,
    stat(path) {
      const allocatedBytes = sizes[path.slice(path.lastIndexOf('/') + 1)];
      const there = files.stat(path);
      if (allocatedBytes === undefined) return there;
      return { ...(there ?? files.stat(lab.indexPath)!), allocatedBytes };
    },
  });
  const { storedBytes, indexBytes } = await readStats(lab.repository, lab.platform);
  const inPacks = fs
    .readdirSync(lab.packs)
    .reduce((bytes, name) => bytes + 512 * fs.statSync(`${lab.packs}/${name}`).blocks, 0);
  expect(indexBytes).toBe(1200);
  expect(storedBytes).toBe(inPacks + 1200);
});

test('the costliest twenty are told, the costliest first; of equal ones the older', async () => {
  const lab = createLab({ lanes: 1 });
  for (let i = 1; i <= 22; i += 1) lab.write(`d${i}/f`, noise(200 + 40 * i, i));
  lab.write('same-1', noise(5000, 100));
  lab.write('same-2', noise(5000, 101));
  await lab.backup();
  const { costliest, costliestDirectories } = await readStats(lab.repository, lab.platform);
  const names = (costs: typeof costliest) =>
    costs.map(({ path }) => path.slice(lab.bytes('').length + 1));
  expect(names(costliest)).toEqual([
    ...['same-1', 'same-2'],
    ...Array.from({ length: 18 }, (_, i) => `d${22 - i}/f`),
  ]);
  expect(names(costliestDirectories)).toEqual([
    '',
    ...Array.from({ length: 19 }, (_, i) => `d${22 - i}`),
  ]);
  for (const costs of [costliest, costliestDirectories]) {
    const bytes = costs.map((cost) => cost.bytes);
    expect(bytes).toEqual(bytes.toSorted((a, b) => b - a));
    expect(bytes.at(-1)).toBeGreaterThan(0);
  }
});
