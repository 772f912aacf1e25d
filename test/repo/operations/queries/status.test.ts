import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { listSnapshots, readStatus } from '../../../support/by-path.js';
import { createLab, type Lab } from '../../../support/lab.js';
import { noise } from '../../../support/seed.js';

const NOW_MS = Date.UTC(2021, 5, 1);

function change({ repository }: Lab, sql: string): void {
  const db = new Database(join(repository, 'index.sqlite'));
  db.exec(sql);
  db.close();
}

/** Source 1 with two snapshots of two files, one of them twice, and source 2 with one. */
async function twoSources(): Promise<Lab> {
  const lab = createLab({ lanes: 1 });
  lab.setClock(NOW_MS - 5000);
  lab.write('a', noise(20_000, 1));
  lab.write('b', noise(20_000, 2));
  await lab.backup();
  lab.setClock(NOW_MS - 3000);
  lab.write('b', noise(20_000, 3));
  lab.write('copy of a', noise(20_000, 1));
  await lab.backup();
  lab.setClock(NOW_MS - 2000);
  lab.remove('copy of a');
  await lab.backup({ host: 'other' });
  lab.setClock(NOW_MS);
  change(lab, 'UPDATE snapshot SET finished_ms = started_ms + 500');
  return lab;
}

const statusOf = ({ repository, platform }: Lab, id?: number) =>
  readStatus(repository, platform, {
    ...(id !== undefined && { source: { type: 'number', id } as const }),
  });

test('a repository without a snapshot has no source, and nothing to verify', async () => {
  const lab = createLab();
  lab.useFiles({ ...lab.platform.files, freeBytes: () => 77 });
  expect(await statusOf(lab)).toEqual({
    sources: [],
    verification: {
      neverVerified: 0,
      oldestMs: null,
      newestMs: null,
      damaged: 0,
      damagedMs: null,
    },
    lostBlobs: 0,
    freeBytes: 77,
  });
});

test('each source has its own count, latest snapshot and age; one that is named is alone', async () => {
  const lab = await twoSources();
  const snapshots = await listSnapshots(lab.repository, lab.platform);
  const [one, other] = [snapshots[1]!, snapshots[2]!].map(({ source, snapshot }) => ({
    source,
    latest: snapshot,
    snapshots: source.host === 'other' ? 1 : 2,
    ageMs: source.host === 'other' ? 2000 : 3000,
    damagedPaths: 0,
  }));
  expect((await statusOf(lab)).sources).toEqual([one, other]);
  expect((await statusOf(lab, 2)).sources).toEqual([other]);
});

test('a path is damaged once, however many of its versions are lost, and counts to its source', async () => {
  const lab = await twoSources();
  // Both versions of `b` of the first source, of which the second source has one.
  change(
    lab,
    `UPDATE blob SET kind = 3 WHERE id IN (
       SELECT v.blob FROM version v JOIN path p ON p.id = v.path WHERE CAST(p.name AS TEXT) = 'b')`,
  );
  // A hole, which is stored nowhere, and cannot be lost.
  change(lab, "INSERT INTO blob VALUES (999, x'00', 4, 10, 0, 0, NULL, 0, 0, 0)");
  const damaged = (status: Awaited<ReturnType<typeof statusOf>>) => ({
    lostBlobs: status.lostBlobs,
    damagedPaths: status.sources.map(({ damagedPaths }) => damagedPaths),
  });
  expect(damaged(await statusOf(lab))).toEqual({ lostBlobs: 2, damagedPaths: [1, 1] });
  change(
    lab,
    `UPDATE blob SET kind = 3 WHERE id IN (
       SELECT v.blob FROM version v JOIN path p ON p.id = v.path WHERE CAST(p.name AS TEXT) = 'a')`,
  );
  expect(damaged(await statusOf(lab))).toEqual({ lostBlobs: 3, damagedPaths: [3, 2] });
});

test('frames in use are verified, never were, or are damaged: each is counted, with its times', async () => {
  const lab = await twoSources();
  const frames = new Database(lab.indexPath);
  const ids = frames.prepare('SELECT id FROM frame ORDER BY id').pluck().all() as number[];
  const set = frames.prepare('UPDATE frame SET verified_ms = ? WHERE id = ?');
  const [a, b, c, d, e] = ids;
  expect(e).toBeDefined();
  for (const id of ids) set.run(0, id);
  set.run(4000, a);
  set.run(9000, b);
  set.run(-7000, c);
  set.run(-8000, d);
  const verification = async () => (await statusOf(lab)).verification;
  const all = {
    neverVerified: ids.length - 4,
    oldestMs: 4000,
    newestMs: 9000,
    damaged: 2,
    damagedMs: 8000,
  };
  expect(await verification()).toEqual(all);
  // Of no use to anybody, so nobody asks whether it is sound.
  frames.prepare('UPDATE frame SET live = 0 WHERE id IN (?, ?, ?)').run(a, d, e);
  frames.close();
  expect(await verification()).toEqual({
    neverVerified: ids.length - 5,
    oldestMs: 9000,
    newestMs: 9000,
    damaged: 1,
    damagedMs: 7000,
  });
});
