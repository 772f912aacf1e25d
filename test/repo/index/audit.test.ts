/** What an index says that cannot be: each way is found, and blobs that come back by themselves are told apart. */
import Database from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import { openIndex } from '../../../src/repo/index/index.js';
import { queryIndex } from '../../support/index-facts.js';
import { createLab, SMALL_PIECES, type Lab } from '../../support/lab.js';
import { noise, prose } from '../../support/seed.js';

/** Blob 1 rests on 2, which rests on 3, the current one; a large file in pieces; another file. */
async function prepare(): Promise<Lab> {
  const lab = createLab({ lanes: 1, chunking: SMALL_PIECES });
  for (const state of [1, 2, 3]) {
    lab.write('text', prose(60 + state, 1));
    await lab.backup();
  }
  lab.write('large', noise(20_000, 2));
  lab.write('other', noise(500, 3));
  await lab.backup();
  const kinds = queryIndex<{ kind: number; basis: number | null }>(
    lab.repository,
    'SELECT kind, basis FROM blob ORDER BY id LIMIT 3',
  );
  expect(kinds).toEqual([
    { kind: 2, basis: 2 },
    { kind: 2, basis: 3 },
    { kind: 1, basis: null },
  ]);
  return lab;
}

function findingsAfter(lab: Lab, change: string) {
  const db = new Database(lab.indexPath);
  db.exec(change);
  db.close();
  const index = openIndex(lab.indexPath, 'read', lab.platform.files);
  try {
    return index.audit
      .danglingReferences()
      .map(({ message, blobs, isOnlyBasis = false }) => [
        message.replace(/[0-9a-f]{64}/, 'HASH'),
        [...blobs].sort(),
        isOnlyBasis,
      ])
      .sort();
  } finally {
    index.close();
  }
}

const BASELESS = 'Blob HASH is a delta whose chain leads to no full blob.';

describe('an index in which', () => {
  test.each<[string, string, unknown[]]>([
    ['all is well', 'SELECT 1', []],
    [
      'a basis is lost',
      'UPDATE blob SET kind = 3, frame = 0 WHERE id = 3',
      [
        ['Blob HASH is lost.', [3], false],
        [BASELESS, [1], true],
        [BASELESS, [2], true],
      ],
    ],
    [
      'deltas rest on each other',
      'UPDATE blob SET basis = 1 WHERE id = 2',
      [
        [BASELESS, [1], true],
        [BASELESS, [2], true],
      ],
    ],
    [
      'a basis is gone',
      'UPDATE blob SET basis = 999 WHERE id = 2',
      [
        [BASELESS, [1], true],
        [BASELESS, [2], true],
        ['A delta is against a blob that the index does not know.', [2], false],
      ],
    ],
    [
      'the frame of a whole blob is gone',
      'DELETE FROM frame WHERE id = (SELECT frame FROM blob WHERE id = 3)',
      [['A blob is in a frame that the index does not know.', [3], false]],
    ],
    [
      'the frame of a delta is gone',
      'DELETE FROM frame WHERE id = (SELECT frame FROM blob WHERE id = 1)',
      [['A blob is in a frame that the index does not know.', [1], false]],
    ],
    [
      'a blob of a version is gone',
      'UPDATE version SET blob = 998 WHERE blob = 3',
      [['A version refers to a blob that the index does not know.', [998], false]],
    ],
    [
      'a piece is gone',
      'UPDATE content_blob SET blob = 997 WHERE position = 2',
      [['A content refers to a blob that the index does not know.', [997], false]],
    ],
    [
      'a current file is a delta',
      'UPDATE version SET blob = 2 WHERE blob = 3',
      [['A blob that a current version uses is not stored whole.', [2], true]],
    ],
    [
      'a current piece is a delta',
      'UPDATE content_blob SET blob = 2 WHERE position = 1',
      [['A blob that a current version uses is not stored whole.', [2], true]],
    ],
  ])('%s', async (_, change, expected) => {
    expect(findingsAfter(await prepare(), change)).toEqual([...expected].sort());
  });

  test('pages are damaged: SQLite says so, and verify', async () => {
    const lab = await prepare();
    const db = new Database(lab.indexPath);
    db.unsafeMode();
    db.pragma('writable_schema = ON');
    db.exec("DELETE FROM sqlite_schema WHERE name = 'blob_by_hash'");
    db.close();
    const { ok, damage } = await lab.verify();
    expect(ok).toBe(false);
    expect(damage[0]!.code).toBe('INDEX_CORRUPT');
  });

  test('a pack is shorter: what ends beyond is found', async () => {
    const lab = await prepare();
    const index = openIndex(lab.indexPath, 'read', lab.platform.files);
    const { frame } = index.blobs.placed(3)!.address;
    const end = frame.offset + frame.lengthBytes;
    expect(index.audit.blobsBeyond(frame.pack, end - 1)).toContain(3);
    expect(index.audit.blobsBeyond(frame.pack, end)).not.toContain(3);
    expect(index.audit.blobsBeyond(frame.pack + 1, 0)).toEqual([]);
    expect(index.audit.blobsOfFrame(index.blobs.get(3)!.frame)).toEqual([3]);
    index.close();
  });
});
