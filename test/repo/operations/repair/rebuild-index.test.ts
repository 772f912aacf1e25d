/** An index that is rebuilt from the packs says what the old one said, whatever the runs went through. */
import * as fs from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import Database from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import { flipByte, saveFiles } from '../../../support/damage.js';
import { deadFrom } from '../../../support/faulty-files.js';
import { readStats } from '../../../support/by-path.js';
import { expectInvariants, queryIndex } from '../../../support/index-facts.js';
import { expectKept, recordSnapshots } from '../../../support/kept-snapshots.js';
import { createLab, SMALL_PIECES, type Lab } from '../../../support/lab.js';
import { noise, prose } from '../../../support/seed.js';
import { readTree } from '../../../support/tree.js';

const PACK = '00000001.pack';

interface Frame {
  readonly start: number;
  readonly head: number;
  readonly length: number;
}

/** The frame of the blob that a file of the source was from `snapshot` on. */
function frameOf({ repository }: Lab, name: string, snapshot: number): Frame {
  const [frame] = queryIndex<Frame>(
    repository,
    `SELECT f.start, f.head, f.length FROM version v JOIN path p ON p.id = v.path
     JOIN blob b ON b.id = v.blob JOIN frame f ON f.id = b.frame
     WHERE CAST(p.name AS TEXT) = '${name}' AND v.first = ${snapshot}`,
  );
  return frame!;
}

describe('after a run that died', () => {
  test('at any call, its snapshot is there as a whole or not at all', async () => {
    const lab = createLab({ lanes: 1, chunking: SMALL_PIECES });
    const { trees, backup } = recordSnapshots(lab);
    for (const state of [1, 2]) {
      lab.write('file', prose(100 + state, 1));
      lab.write('large', noise(20_000, state));
      await backup();
    }
    lab.write('file', prose(110, 1));
    lab.write('large', noise(20_000, 3));
    trees.set(3, readTree(lab.source));
    const putBack = saveFiles(lab.repository);
    const found: number[] = [];
    for (let position = 1, wasHit = true; wasHit; position += 1) {
      const dead = deadFrom(position, 20);
      lab.useFiles(dead.files);
      await lab.backup().catch(() => undefined);
      wasHit = dead.wasHit();
      lab.useRealFiles();
      const { snapshots, lost } = await lab.rebuild();
      expect(lost).toBe(0);
      found.push(snapshots);
      await lab.expectSound();
      for (const [number, tree] of trees) {
        if (number <= snapshots) expect(await lab.treeAt(number), `call ${position}`).toEqual(tree);
      }
      const { snapshot } = await lab.backup();
      expect(snapshot).toBe(snapshots + 1);
      expect(await lab.treeAt(snapshots + 1)).toEqual(readTree(lab.source));
      await lab.expectSound();
      putBack();
    }
    expect([...new Set(found)]).toEqual([2, 3]);
  });
});

test('a large content that two paths have is one, before and after', async () => {
  const lab = createLab({ lanes: 1, chunking: SMALL_PIECES });
  const { trees, backup } = recordSnapshots(lab);
  for (const name of ['one', 'two/copy']) {
    lab.write(name, noise(20_000, 1));
    await backup();
  }
  lab.remove('one');
  await backup();
  await expectKept(lab, trees);
});

test('what is numbered goes on with numbers that nothing had, whatever is left of what had them', async () => {
  const lab = createLab();
  const link = (name: string): void => {
    lab.write(`${name}/one`, name);
    fs.linkSync(lab.path(`${name}/one`), lab.path(`${name}/other`));
  };
  const numbers = (): number[] =>
    queryIndex<{ links: number }>(
      lab.repository,
      'SELECT DISTINCT links FROM version WHERE links > 0 ORDER BY links',
    ).map(({ links }) => links);
  const counters = (): object[] =>
    queryIndex(
      lab.repository,
      `SELECT name, value FROM counter
       WHERE name IN ('path', 'links', 'pack', 'snapshot', 'generation') ORDER BY name`,
    );
  link('first');
  link('second');
  await lab.backup();
  lab.remove('second');
  await lab.backup();
  const before = counters();
  await lab.rebuild();
  expect(counters()).toEqual(before);
  link('third');
  await lab.backup();
  expect(numbers()).toEqual([1, 2, 3]);
  await lab.expectSound();
});

describe('a delta that was written and is not used', () => {
  test('stays dead: another path came to have the old bytes in the same run', async () => {
    const lab = createLab({ lanes: 1 });
    const { trees, backup } = recordSnapshots(lab);
    lab.write('a', prose(300, 1));
    await backup();
    lab.write('a', prose(301, 1));
    lab.write('z', prose(300, 1));
    await backup();
    await expectKept(lab, trees);
    lab.write('a', prose(302, 1));
    lab.write('z', prose(302, 1));
    await backup();
    await expectKept(lab, trees);
  });
});

describe('from damaged packs', () => {
  test('a damaged delta gives way to the whole copy that it replaced, while that is there', async () => {
    const lab = createLab({ lanes: 1 });
    const { trees, backup } = recordSnapshots(lab);
    for (const state of [1, 2]) {
      lab.write('file', Buffer.concat([noise(1000, state), noise(4000, 9)]));
      await backup();
    }
    const { start, length } = frameOf(lab, 'file', 1);
    flipByte(join(lab.packs, PACK), start + length - 500);
    expect((await lab.restore(1)).issues).toHaveLength(1);
    expect(await lab.rebuild()).toMatchObject({ snapshots: 2, lost: 0 });
    for (const [number, tree] of trees) expect(await lab.treeAt(number)).toEqual(tree);
  });

  test('the sound members of a damaged frame are kept, and nothing of the others', async () => {
    const lab = createLab({ lanes: 1 });
    const { trees, backup } = recordSnapshots(lab);
    for (let i = 0; i < 5; i += 1) lab.write(`file${i}`, noise(5000, i + 1));
    await backup();
    const bytes = fs.readFileSync(join(lab.packs, PACK));
    flipByte(join(lab.packs, PACK), bytes.indexOf(noise(5000, 3).subarray(0, 100)) + 2000);
    expect(await lab.rebuild()).toMatchObject({ snapshots: 1, lost: 1 });
    expectInvariantsButLost(lab);
    const to = lab.newTarget();
    const { issues } = await lab.restore(1, { to });
    expect(issues).toMatchObject([{ path: 'file2', code: 'DAMAGED' }]);
    const restored = readTree(to);
    for (const name of ['file0', 'file1', 'file3', 'file4']) {
      expect(restored.get(name)).toEqual(trees.get(1)!.get(name));
    }
    lab.runAhead();
    await lab.backup();
    await lab.expectSound();
    expect(await lab.treeAt(1)).toEqual(trees.get(1));
  });

  test('a blob that a later run brought again is whole for all snapshots, be it a piece', async () => {
    const lab = createLab({ lanes: 1, chunking: SMALL_PIECES });
    const { trees, backup } = recordSnapshots(lab);
    lab.write('large', noise(30_000, 1));
    lab.write('small', noise(3000, 2));
    await backup();
    fs.rmSync(join(lab.packs, PACK));
    const { lost } = await lab.rebuild();
    expect(lost).toBeGreaterThan(5);
    const { contentBytes } = await readStats(lab.repository, lab.platform);
    // How long a piece is no manifest says.
    expect(contentBytes).toBe(3000);
    lab.runAhead();
    await backup();
    await lab.expectSound();
    for (const [number, tree] of trees) {
      const restored = await lab.treeAt(number);
      for (const [path, node] of tree)
        expect(isDeepStrictEqual(restored.get(path), node)).toBe(true);
    }
    await expectKept(lab, trees);
  });

  test('an index that says another length than the packs is damage, and a new one is right', async () => {
    const lab = createLab({ lanes: 1, chunking: SMALL_PIECES });
    const { trees, backup } = recordSnapshots(lab);
    lab.write('large', noise(30_000, 1));
    await backup();
    const db = new Database(lab.indexPath);
    db.exec('UPDATE blob SET length = 0 WHERE id = 3');
    db.close();
    expect((await lab.verify()).damage).toMatchObject([
      { code: 'BLOB_DAMAGED', paths: [lab.bytes('large')] },
    ]);
    expect((await lab.restore(1)).issues).toMatchObject([{ path: 'large', code: 'DAMAGED' }]);
    await lab.rebuild();
    await expectKept(lab, trees);
  });

  test('a current blob of which only a delta is left is stored whole by the next backup', async () => {
    const lab = createLab({ lanes: 1 });
    const { trees, backup } = recordSnapshots(lab);
    for (const state of [1, 0, 1]) {
      lab.write('there-and-back', prose(100 + state, 1));
      await backup();
    }
    lab.runAhead();
    await backup();
    const { start, head } = frameOf(lab, 'there-and-back', 3);
    flipByte(join(lab.packs, PACK), start + head + 12);
    await lab.rebuild();
    await backup();
    await lab.expectSound();
    expectInvariants(lab.repository);
    for (const [number, tree] of trees) expect(await lab.treeAt(number)).toEqual(tree);
  });

  test('a path that came back is there, though the manifest of the prune that removed it is not', async () => {
    const lab = createLab({ lanes: 1 });
    const { trees, backup, prune } = recordSnapshots(lab);
    lab.write('dir/comes-and-goes', 'first');
    await backup();
    lab.remove('dir');
    await backup();
    await prune(1);
    lab.write('dir/comes-and-goes', 'again');
    await backup();
    const [end] = queryIndex<{ pack: number; start: number; head: number }>(
      lab.repository,
      'SELECT pack, start, head FROM frame WHERE kind = 4 ORDER BY id LIMIT 1 OFFSET 2',
    );
    flipByte(join(lab.packs, `0000000${end!.pack}.pack`), end!.start + end!.head + 12);
    expect(await lab.rebuild()).toMatchObject({ snapshots: 3, damage: [{ code: 'PACK_CORRUPT' }] });
    for (const [number, tree] of trees) expect(await lab.treeAt(number)).toEqual(tree);
  });

  test('a part of a manifest with a wrong byte loses its snapshot, and is not believed', async () => {
    const lab = createLab({ lanes: 1 });
    const { trees, backup } = recordSnapshots(lab);
    lab.write('first', 'x');
    await backup();
    lab.write('a name that is found', 'x');
    await lab.backup();
    const [part] = queryIndex<{ pack: number; start: number; length: number }>(
      lab.repository,
      'SELECT pack, start, length FROM frame WHERE kind = 3 ORDER BY id DESC LIMIT 1',
    );
    const pack = join(lab.packs, `0000000${part!.pack}.pack`);
    const at = fs.readFileSync(pack).indexOf('a name that is found', part!.start);
    expect(at).toBeLessThan(part!.start + part!.length);
    flipByte(pack, at);
    const { snapshots, damage } = await lab.rebuild();
    expect(snapshots).toBe(1);
    expect(damage.map(({ message }) => message)).toContain(
      'The manifest of run 2 is damaged: its snapshot is lost, and later snapshots lack its changes.',
    );
    expect(await lab.treeAt(1)).toEqual(trees.get(1));
  });

  test('what cannot be read as a frame is named with its place', async () => {
    const lab = createLab({ lanes: 1 });
    for (const state of [1, 2, 3]) {
      lab.write(`file${state}`, noise(5000, state));
      await lab.backup();
    }
    const path = join(lab.packs, PACK);
    const [first, last] = [frameOf(lab, 'file1', 1), frameOf(lab, 'file3', 3)];
    flipByte(path, first.start + 6);
    flipByte(path, last.start + 6);
    const foreign = join(lab.packs, '00000009.pack');
    fs.writeFileSync(foreign, 'not a pack, but as long as the header of one');
    const before = fs.readFileSync(path);
    const { damage, lost } = await lab.rebuild();
    const size = before.length;
    expect(damage.map(({ message }) => message)).toEqual([
      `Pack 1 is damaged from ${first.start} to ${first.start + first.length}.`,
      `Pack 1 is damaged from ${last.start} to its end at ${size}.`,
      'Pack 9 does not belong to this repository and was skipped.',
    ]);
    expect(lost).toBe(2);
    // What lies there is never written over.
    lab.runAhead();
    await lab.backup();
    const after = fs.readFileSync(path);
    expect([after.length > size, after.subarray(0, size).equals(before)]).toEqual([true, true]);
    await lab.expectSound();
    expect(await lab.treeAt(3)).toEqual(readTree(lab.source));
  });
});

/** Frames that hold what they say, though blobs are lost. */
function expectInvariantsButLost({ repository }: Lab): void {
  const rows = queryIndex<{ live: number; members: number }>(
    repository,
    `SELECT f.live, (SELECT coalesce(sum(b.stored), 0) FROM blob b WHERE b.frame = f.id) AS members
     FROM frame f WHERE f.kind IN (1, 2)`,
  );
  for (const { live, members } of rows) expect(live).toBe(members);
}
