/** A sample of the moments at which the power may go; all of them in `test/long/power-loss.test.ts`. */
import * as fs from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import { openPlatform } from '../../../src/platform/platform.js';
import { initRepository } from '../../../src/repo/repository/init.js';
import { rewriteLockFile } from '../../../src/repo/index/lock.js';
import { prepareToPrune, STORIES } from '../../support/crash-stories.js';
import { keepCopy } from '../../support/disk/crash-loop.js';
import { SimulatedDisk } from '../../support/disk/simulated-disk.js';
import { scratchDirectory } from '../../support/directory.js';
import { packRows } from '../../support/index-facts.js';
import { createLab, type Lab } from '../../support/lab.js';
import { noise, prose, testSeed } from '../../support/seed.js';

describe('whatever the disk kept, nothing that was committed is lost', () => {
  test.each(Object.entries(STORIES))('%s, hit anywhere', async (_, crash) => {
    expect(await crash({ sample: 6, seed: testSeed })).toBeGreaterThan(3);
  });
});

/** What a run did in a directory, and SQLite's commits that something followed. */
async function logOf(root: string, lab: Lab, run: () => Promise<unknown>): Promise<string[]> {
  const disk = new SimulatedDisk(root);
  lab.useFiles(disk.files);
  await run();
  lab.useRealFiles();
  return disk.log.map(({ name, path }) => `${name} ${path}`);
}

const nameOf = (pack: number): string => `packs/${String(pack).padStart(8, '0')}.pack`;

/** The packs of blobs and those of manifests. */
function packsOf(lab: Lab): { blobs: string[]; manifests: string[] } {
  const rows = packRows(lab.repository);
  const ofKind = (wanted: number): string[] =>
    rows.filter(({ kind }) => kind === wanted).map(({ number }) => nameOf(number));
  return { blobs: ofKind(1), manifests: ofKind(2) };
}

/** A repository with so many snapshots, and a source in which each file has changed since. */
async function prepare(snapshots: number): Promise<Lab> {
  const lab = createLab({ lanes: 2 });
  for (let state = 0; state <= snapshots; state++) {
    for (let file = 0; file < 4; file++) lab.write(`f${file}`, noise(20_000, state * 10 + file));
    lab.write('text', prose(50 + state, 3));
    if (state < snapshots) await lab.backup();
  }
  return lab;
}

/** The runs that append to packs, and how many snapshots there are before. */
const WRITERS: [string, number, (lab: Lab) => Promise<unknown>][] = [
  ['a first backup', 0, (lab) => lab.backup()],
  ['a backup', 1, (lab) => lab.backup()],
  ['a prune', 2, (lab) => lab.prune({ keepLast: 1 })],
];

describe('the order of syncs', () => {
  test.each(WRITERS)(
    '%s writes the end of its manifest after all packs are synced',
    async (_, snapshots, run) => {
      const lab = await prepare(snapshots);
      const log = await logOf(lab.repository, lab, () => run(lab));
      const { blobs, manifests } = packsOf(lab);
      const lastManifest = log.findLastIndex((line) =>
        manifests.some((pack) => line === `write ${pack}`),
      );
      expect(lastManifest).toBeGreaterThan(0);
      for (const pack of blobs) {
        const written = log.lastIndexOf(`write ${pack}`);
        const synced = log.lastIndexOf(`sync ${pack}`);
        if (written < 0) continue;
        expect(synced, pack).toBeGreaterThan(written);
        expect(synced, pack).toBeLessThan(lastManifest);
        const created = log.lastIndexOf(`create ${pack}`);
        const named = log.slice(0, lastManifest).lastIndexOf('sync-names packs');
        if (created >= 0) expect(named, pack).toBeGreaterThan(created);
      }
      const after = log.slice(lastManifest + 1);
      expect(after).toContain(`sync ${manifests.at(-1)}`);
      if (log.some((line) => line === `create ${manifests.at(-1)}`)) {
        expect(after).toContain('sync-names packs');
      }
    },
  );

  test('each pack that a run appended to is synced once', async () => {
    const lab = await prepare(1);
    const log = await logOf(lab.repository, lab, () => lab.backup());
    const synced = log.filter((line) => line.startsWith('sync packs/'));
    const written = new Set(log.filter((line) => /^write packs\/\d/.test(line)));
    expect(synced.sort()).toEqual([...written].map((line) => line.replace('write', 'sync')).sort());
  });

  test('what recovery cut or took up is synced, with its name, before anything is written', async () => {
    const lab = await prepare(1);
    const disk = new SimulatedDisk(lab.repository);
    disk.ordain(8, { type: 'dies', moment: 'after' });
    lab.useFiles(disk.files);
    await lab.backup().catch(() => undefined);
    const sizes = new Map(packRows(lab.repository).map(({ number, length }) => [number, length]));
    const grown = fs.readdirSync(lab.packs).filter((name) => {
      return fs.statSync(join(lab.packs, name)).size > (sizes.get(parseInt(name)) ?? 0);
    });
    expect(grown).not.toEqual([]);
    const log = await logOf(lab.repository, lab, () => lab.backup());
    for (const name of grown) {
      const synced = log.indexOf(`sync packs/${name}`);
      expect(synced).toBeGreaterThanOrEqual(0);
      expect(log.slice(0, synced)).not.toContain(`write packs/${name}`);
      expect(log.slice(synced + 1)[0]).toBe('sync-names packs');
    }
  });

  test('a new repository has its configuration, then each name above it', () => {
    const root = scratchDirectory();
    const disk = new SimulatedDisk(root);
    const platform = { ...openPlatform(), files: disk.files };
    initRepository(join(root, 'a/b/repository'), platform, { makesParents: true });
    const log = disk.log.map(({ name, path }) => `${name} ${path}`);
    const configuration = 'a/b/repository/varve.json';
    const from = log.indexOf(`write ${configuration}.new`);
    expect(log.slice(from, from + 7)).toEqual([
      `write ${configuration}.new`,
      `sync ${configuration}.new`,
      `rename ${configuration}`,
      'sync-names a/b/repository',
      'sync-names a/b',
      'sync-names a',
      'sync-names ',
    ]);
  });

  test('a rebuilt index is synced, and takes the name once the old one and then its log are gone', async () => {
    const lab = await prepare(1);
    const other = new Database(lab.indexPath);
    other.pragma('user_version');
    await lab.backup();
    const copy = keepCopy(lab.repository);
    other.close();
    copy.putBack();
    const log = await logOf(lab.repository, lab, () => lab.rebuild());
    const from = log.indexOf('sync index.sqlite.new');
    expect(log.slice(from).filter((line) => !line.endsWith('reserve'))).toEqual([
      'sync index.sqlite.new',
      'remove index.sqlite',
      'sync-names ',
      'remove index.sqlite-wal',
      'sync-names ',
      'remove index.sqlite-shm',
      'sync-names ',
      'rename index.sqlite',
      'sync-names ',
    ]);
  });

  test('space is given back after the commit, and a pack after the commit that forgets it', async () => {
    const { lab } = await prepareToPrune();
    const log = await logOf(lab.repository, lab, () => lab.prune({ keepLast: 1 }));
    const steps = log.filter((line) => /^(commit|(punch|remove) packs.\d)/.test(line));
    expect(steps.map((line) => line.split(' ')[0])).toEqual([
      'commit',
      'punch',
      'commit',
      'remove',
    ]);
  });

  test('a lock that is rewritten is synced', () => {
    const root = scratchDirectory();
    fs.writeFileSync(join(root, 'lock.sqlite'), 'damaged');
    const disk = new SimulatedDisk(root);
    rewriteLockFile(disk.files, join(root, 'lock.sqlite'));
    expect(disk.log.map(({ name }) => name)).toEqual(['write', 'truncate', 'sync']);
  });
});
