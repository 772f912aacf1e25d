/** What the index says of itself that cannot be: each is found without reading a pack. */
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { createLab, type Lab } from '../../../support/lab.js';
import { prose } from '../../../support/seed.js';

/** Three snapshots of a file, whose two older blobs are deltas, and a file that never changes. */
async function prepare(): Promise<Lab> {
  const lab = createLab({ lanes: 1 });
  lab.write('steady', prose(50, 9));
  for (const state of [1, 2, 3]) {
    lab.write('log.txt', prose(200 + state, 1));
    await lab.backup();
  }
  return lab;
}

function change(lab: Lab, sql: string): void {
  const db = new Database(lab.indexPath);
  db.pragma('foreign_keys = OFF');
  expect(db.prepare(sql).run().changes).toBeGreaterThan(0);
  db.close();
}

const blobOf = (name: string, last = '= 0'): string =>
  `(SELECT blob FROM version WHERE last ${last} AND path IN
    (SELECT id FROM path WHERE CAST(name AS TEXT) = '${name}') ORDER BY first LIMIT 1)`;

test.each([
  [
    'a blob that was lost',
    `UPDATE blob SET kind = 3, frame = 0 WHERE id = ${blobOf('steady')}`,
    [/^Blob [0-9a-f]{64} is lost\.$/],
    ['steady'],
  ],
  [
    'a blob in a frame that there is not',
    `UPDATE blob SET frame = 9999 WHERE id = ${blobOf('steady')}`,
    [/^A blob is in a frame that the index does not know\.$/],
    ['steady'],
  ],
  [
    'a delta against a blob that there is not',
    `UPDATE blob SET basis = 9999 WHERE id = ${blobOf('log.txt', '> 0')}`,
    [/^Blob [0-9a-f]{64} is a delta whose chain leads to no full blob\.$/],
    ['log.txt'],
  ],
  [
    'a version of a blob that there is not',
    `UPDATE version SET blob = 9999 WHERE blob = ${blobOf('steady')}`,
    [/^A version refers to a blob that the index does not know\.$/],
    ['steady'],
  ],
  [
    'deltas that rest on each other in a circle',
    `UPDATE blob SET basis = ${blobOf('log.txt', '> 0')}
     WHERE kind = 2 AND id <> ${blobOf('log.txt', '> 0')}`,
    [/leads to no full blob\.$/, /leads to no full blob\.$/],
    ['log.txt'],
  ],
])('%s', async (_, sql, messages, names) => {
  const lab = await prepare();
  change(lab, sql);
  const { ok, damage, blobs } = await lab.verify({ isQuick: true });
  expect(ok).toBe(false);
  expect(blobs).toBeGreaterThan(0);
  for (const message of messages) {
    expect(damage.map((found) => found.message)).toContainEqual(expect.stringMatching(message));
  }
  const paths = damage.flatMap((found) => found.paths);
  expect([...new Set(paths)]).toEqual(names.map((name) => lab.bytes(name)));
  for (const { code } of damage) expect(code).toBe('BLOB_DAMAGED');
});

test('a current version whose blob is not whole', async () => {
  const lab = await prepare();
  change(
    lab,
    `UPDATE version SET blob = ${blobOf('log.txt', '> 0')} WHERE blob = ${blobOf('log.txt')}`,
  );
  const { damage, brokenBlobs } = await lab.verify({ isQuick: true });
  expect(damage.map(({ message }) => message)).toContain(
    'A blob that a current version uses is not stored whole.',
  );
  expect(brokenBlobs).toEqual([]);
});

test('an index of which SQLite itself says that it is damaged', async () => {
  const lab = await prepare();
  const db = new Database(lab.indexPath);
  db.unsafeMode(true);
  db.pragma('writable_schema = ON');
  // Its entries are in an order that it no longer says.
  const { changes } = db
    .prepare(
      "UPDATE sqlite_schema SET sql = replace(sql, ')', ' DESC)') WHERE name = 'frame_by_pack'",
    )
    .run();
  expect(changes).toBe(1);
  db.close();
  const { ok, damage } = await lab.verify({ isQuick: true });
  expect(ok).toBe(false);
  expect(damage[0]).toMatchObject({ code: 'INDEX_CORRUPT', paths: [], snapshots: [] });
});
