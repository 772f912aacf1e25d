/** Repair: what is damaged comes back with the next backup, and an old index is never half replaced. */
import * as fs from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, onTestFinished, test } from 'vitest';
import { repair } from '../../../support/by-path.js';
import { flipByte } from '../../../support/damage.js';
import { deadFrom, systemError } from '../../../support/faulty-files.js';
import { expectExactLiveBytes, queryIndex } from '../../../support/index-facts.js';
import { recordSnapshots } from '../../../support/kept-snapshots.js';
import { createLab, SMALL_PIECES, type Lab } from '../../../support/lab.js';
import { scratchDirectory } from '../../../support/directory.js';
import { noise, prose } from '../../../support/seed.js';
import { readTree } from '../../../support/tree.js';

const PACK = '00000001.pack';

/** Two snapshots, after which nothing of the source would be read again. */
async function settled() {
  const lab = createLab({ lanes: 1, chunking: SMALL_PIECES });
  const recorded = recordSnapshots(lab);
  lab.write('large', LARGE);
  lab.write('text', prose(80, 2));
  lab.write('small', noise(3000, 3));
  await recorded.backup();
  lab.write('text', prose(81, 2));
  lab.runAhead();
  await recorded.backup();
  const { bytesRead } = await lab.backup({ isDryRun: true });
  expect(bytesRead).toBe(0);
  return { lab, ...recorded };
}

const LARGE = noise(30_000, 1);

/** Flips a byte of the large file in its pack, the first from `offset` on that no border of pieces is near. */
function spoil({ packs }: Lab, offset: number): void {
  const path = join(packs, PACK);
  const pack = fs.readFileSync(path);
  for (let at = offset; at < LARGE.length; at += 20) {
    const found = pack.indexOf(LARGE.subarray(at, at + 40));
    if (found === -1) continue;
    flipByte(path, found + 10);
    return;
  }
  throw new Error('the large file is not stored as it is');
}

describe('a file of which one piece is damaged', () => {
  test.each([
    ['the first', 0],
    ['one in the midst', 15_000],
    ['the last', 29_800],
  ])('%s: is read again by the next backup, and whole in all snapshots', async (_, at) => {
    const { lab, trees } = await settled();
    spoil(lab, at);
    const { lost, actions } = await lab.repair();
    expect({ lost, actions }).toEqual({
      lost: 1,
      actions: [
        'Damaged blobs marked lost: 1.',
        'The next backup re-reads the files that use them and stores what it still finds.',
      ],
    });
    expectExactLiveBytes(lab.repository);
    const { bytesRead, filesUnchanged } = await lab.backup();
    expect({ bytesRead, filesUnchanged }).toEqual({ bytesRead: 30_000, filesUnchanged: 3 });
    await lab.expectSound();
    for (const [number, tree] of trees) expect(await lab.treeAt(number)).toEqual(tree);
    expect((await lab.backup()).bytesRead).toBe(0);
  });

  test('a dry run says what would be done, and does nothing', async () => {
    const { lab } = await settled();
    spoil(lab, 0);
    const rows = () => queryIndex(lab.repository, 'SELECT * FROM blob ORDER BY id');
    const before = rows();
    const { lost, actions } = await lab.repair({ isDryRun: true });
    expect([lost, actions[0]]).toEqual([1, 'Damaged blobs to be marked lost: 1.']);
    expect(rows()).toEqual(before);
    expect((await lab.backup()).bytesRead).toBe(0);
  });
});

describe('a rebuild of the index', () => {
  test('that dies leaves the old one with its log, the new one, or none: never an older state', async () => {
    const found = new Set<string>();
    for (let position = 1, wasHit = true; wasHit; position += 1) {
      const lab = createLab({ lanes: 1 });
      const { trees, backup } = recordSnapshots(lab);
      lab.write('file', 'first');
      await backup();
      // Keeps what follows in the log.
      const reader = new Database(lab.indexPath, { readonly: true });
      onTestFinished(() => void reader.close());
      reader.exec('BEGIN');
      reader.prepare('SELECT * FROM snapshot').all();
      lab.write('file', 'second');
      await backup();
      const dead = deadFrom(position);
      lab.useFiles(dead.files);
      await lab.rebuild().catch(() => undefined);
      wasHit = dead.wasHit();
      lab.useRealFiles();
      lab.write('file', 'third');
      const { snapshot, code } = await lab.backup().then(
        ({ snapshot }) => ({ snapshot, code: undefined }),
        (error: unknown) => ({ snapshot: undefined, code: (error as { code: string }).code }),
      );
      const label = `call ${position}`;
      found.add(code ?? 'none');
      if (code === undefined) expect(snapshot, label).toBe(3);
      else expect(code, label).toBe('INDEX_MISSING');
      await lab.rebuild();
      for (const [number, tree] of trees) expect(await lab.treeAt(number), label).toEqual(tree);
      await lab.expectSound();
    }
    expect([...found].sort()).toEqual(['INDEX_MISSING', 'none']);
  });

  test('that fails leaves the old one as it was, and nothing of a new one', async () => {
    const { lab, trees } = await settled();
    const files = fs.readdirSync(lab.repository).sort();
    const { platform } = lab;
    let reads = 0;
    lab.useFiles({
      ...platform.files,
      read(...of) {
        if (++reads > 20) throw systemError('EIO');
        return platform.files.read(...of);
      },
    });
    await expect(lab.rebuild()).rejects.toMatchObject({ code: 'DISK_FAILED' });
    lab.useRealFiles();
    expect(fs.readdirSync(lab.repository).sort()).toEqual(files);
    await lab.expectSound();
    expect(await lab.treeAt(2)).toEqual(trees.get(2));
  });

  test('begins anew where an earlier one left something', async () => {
    const { lab, trees } = await settled();
    for (const end of ['.new', '.new-wal', '.new-shm']) {
      fs.writeFileSync(lab.indexPath + end, 'half an index');
    }
    expect(await lab.rebuild()).toMatchObject({ snapshots: 2, lost: 0, damage: [] });
    expect(fs.readdirSync(lab.repository).filter((name) => name.includes('.new'))).toEqual([]);
    for (const [number, tree] of trees) expect(await lab.treeAt(number)).toEqual(tree);
  });

  test('that is only tried touches nothing of the repository, and leaves nothing elsewhere', async () => {
    const { lab } = await settled();
    const temporaryDirectory = scratchDirectory();
    const before = fs.readFileSync(lab.indexPath);
    const blobs = queryIndex(lab.repository, 'SELECT id FROM blob').length;
    const platform = { ...lab.platform, temporaryDirectory };
    const { actions } = await repair(lab.repository, platform, {
      rebuildsIndex: true,
      isDryRun: true,
    });
    expect(actions).toEqual([`The index would be rebuilt (snapshots: 2, blobs: ${blobs}).`]);
    expect(fs.readFileSync(lab.indexPath).equals(before)).toBe(true);
    expect(fs.readdirSync(temporaryDirectory)).toEqual([]);
    expect(fs.readdirSync(lab.repository).filter((name) => name.includes('.new'))).toEqual([]);
  });

  test('gives an index that keeps its log like any other', async () => {
    const { lab } = await settled();
    await lab.rebuild();
    const db = new Database(lab.indexPath, { readonly: true });
    expect(db.pragma('journal_mode', { simple: true })).toBe('wal');
    db.close();
    lab.write('more', 'more');
    await lab.backup();
    expect(await lab.treeAt(3)).toEqual(readTree(lab.source));
  });
});
