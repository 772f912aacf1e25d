import * as fs from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { textFromBytes } from '../../../src/platform/bytes.js';
import { appendGarbage, flipByte, saveFiles, swapFiles, truncateTo } from '../../support/damage.js';
import { expectInvariants, logicalIndex, packRows, queryIndex } from '../../support/index-facts.js';
import { createLab, SMALL_PIECES, type Lab } from '../../support/lab.js';
import { drawer, noise, prose, testSeed } from '../../support/seed.js';
import { readTree, type Tree } from '../../support/tree.js';

interface History {
  readonly lab: Lab;
  /** What snapshot `n` holds, at `n - 1`. */
  readonly trees: readonly Tree[];
}

/** Four snapshots: deltas, shared frames, a large file in pieces, a file that came back. */
async function prepare(): Promise<History> {
  const lab = createLab({ chunking: SMALL_PIECES });
  const trees: Tree[] = [];
  for (const state of [1, 2, 3, 4]) {
    lab.write('log.txt', prose(60 + 5 * state, 1));
    lab.write('there-and-back.txt', prose(50, state % 2));
    lab.write('steady.txt', prose(30, 7));
    lab.write('image.bin', Buffer.concat([noise(200 * state, 50 + state), noise(15_000, 3)]));
    fs.utimesSync(lab.path('image.bin'), 1000, 1000 + state);
    trees.push(readTree(lab.source));
    await lab.backup();
  }
  return { lab, trees };
}

/** Every file comes back exactly, or is named in an issue and is not there. */
async function expectNoWrongBytes({ lab, trees }: History, label: string): Promise<void> {
  for (const [position, expected] of trees.entries()) {
    const to = lab.newTarget();
    const { issues } = await lab.restore(position + 1, { to });
    const restored = readTree(to);
    fs.rmSync(to, { recursive: true });
    const reported = new Set(issues.map(({ path }) => textFromBytes(path)));
    for (const { code } of issues) expect(code, label).toBe('DAMAGED');
    for (const [path, node] of expected) {
      if (reported.has(path)) expect(restored.has(path), `${label}: ${path}`).toBe(false);
      else expect(restored.get(path), `${label}: ${path}`).toEqual(node);
    }
    expect(restored.size + reported.size, label).toBe(expected.size);
  }
}

async function countLost(lab: Lab, snapshots: number): Promise<number> {
  let lost = 0;
  for (let number = 1; number <= snapshots; number += 1) {
    lost += (await lab.restore(number)).issues.length;
  }
  return lost;
}

/** Under no checksum: another version is a newer format, which is refused (newer.test.ts). */
const PACK_VERSION_AT = 8;

describe('a flipped byte of a pack', () => {
  test(`is reported by verify or changes nothing, and is never restored (seed ${testSeed})`, async () => {
    const history = await prepare();
    const { lab } = history;
    const draw = drawer(testSeed);
    const putBack = saveFiles(lab.repository);
    for (let round = 0; round < 120; round += 1) {
      const names = fs.readdirSync(lab.packs);
      const pack = join(lab.packs, names[draw(names.length)]!);
      const offset = draw(fs.statSync(pack).size);
      const mask = 1 << draw(8);
      if (offset === PACK_VERSION_AT) continue;
      const label = `${pack} at ${offset} mask ${mask}, seed ${testSeed}`;
      flipByte(pack, offset, mask);
      const { ok, damage } = await lab.verify();
      expect(ok, label).toBe(damage.length === 0);
      if (ok) {
        expect(await countLost(lab, 4), label).toBe(0);
        // What verify takes for sound, a rebuilt index must hold as well.
        const before = logicalIndex(lab.repository);
        const rebuilt = await lab.rebuild();
        expect({ ...rebuilt, actions: [] }, label).toMatchObject({ lost: 0 });
        expect(logicalIndex(lab.repository), label).toEqual(before);
      } else if (round % 4 === 0) await expectNoWrongBytes(history, label);
      putBack();
    }
  });

  test('names the paths that it touches', async () => {
    const lab = createLab();
    lab.write('one.bin', noise(600_000, 1));
    lab.write('two.bin', noise(600_000, 2));
    await lab.backup();
    const [frame] = queryIndex<{ start: number; pack: number; hash: string }>(
      lab.repository,
      `SELECT f.start, f.pack, lower(hex(b.hash)) AS hash FROM version v
       JOIN blob b ON b.id = v.blob JOIN frame f ON f.id = b.frame
       JOIN path p ON p.id = v.path WHERE CAST(p.name AS TEXT) = 'one.bin'`,
    );
    const { start, pack, hash } = frame!;
    flipByte(join(lab.packs, `${String(pack).padStart(8, '0')}.pack`), start + 1000);
    const { ok, damage } = await lab.verify();
    expect(ok).toBe(false);
    expect(damage).toEqual([
      {
        code: 'BLOB_DAMAGED',
        message:
          `Blob ${hash} in the frame at ${start} of pack ${pack}: ` +
          'The stored bytes do not match the hash of their blob.',
        pack,
        offset: start,
        paths: [lab.bytes('one.bin')],
        snapshots: [1],
      },
    ]);
    const to = lab.newTarget();
    const { issues } = await lab.restore(1, { to });
    expect(issues).toMatchObject([{ path: 'one.bin', code: 'DAMAGED' }]);
    expect(fs.readdirSync(to)).toEqual(['two.bin']);
  });
});

describe('a pack that is not as it was', () => {
  const ways: [string, (pack: string, other: string) => void][] = [
    ['cut to nothing', (pack) => truncateTo(pack, 0)],
    ['cut inside its header', (pack) => truncateTo(pack, 17)],
    ['cut after its header', (pack) => truncateTo(pack, 32)],
    ['cut by one byte', (pack) => truncateTo(pack, fs.statSync(pack).size - 1)],
    ['cut in the middle', (pack) => truncateTo(pack, Math.floor(fs.statSync(pack).size / 2))],
    ['removed', (pack) => fs.rmSync(pack)],
    ['swapped with another', (pack, other) => swapFiles(pack, other)],
    ['replaced by another', (pack, other) => fs.copyFileSync(other, pack)],
    [
      'overwritten by zeros',
      (pack) => fs.writeFileSync(pack, Buffer.alloc(fs.statSync(pack).size)),
    ],
  ];

  test.each(ways)(
    '%s: verify fails, nothing wrong is restored, a backup heals',
    async (_, spoil) => {
      for (const name of ['00000001.pack', '00000003.pack']) {
        const history = await prepare();
        const { lab, trees } = history;
        const pack = join(lab.packs, name);
        const other = fs.readdirSync(lab.packs).find((found) => found !== name);
        spoil(pack, join(lab.packs, other!));
        const { ok, damage } = await lab.verify();
        expect(ok, name).toBe(false);
        expect(damage[0]!.code, name).toMatch(/^PACK_(MISSING|CORRUPT)$/);
        await expectNoWrongBytes(history, name);

        const lostBefore = await countLost(lab, 4);
        await lab.repair();
        expect(await countLost(lab, 4), 'repair loses nothing more').toBe(lostBefore);
        lab.write('log.txt', prose(99, 4));
        await lab.backup();
        expect(await lab.treeAt(5), name).toEqual(readTree(lab.source));
        expect(await countLost(lab, 4), 'healed').toBeLessThanOrEqual(lostBefore);
        await expectNoWrongBytes({ lab, trees }, name);
      }
    },
  );

  test('with garbage at its end: verify is content, and the next backup cuts it off', async () => {
    const { lab, trees } = await prepare();
    for (const name of fs.readdirSync(lab.packs)) {
      appendGarbage(join(lab.packs, name), noise(5000, 8));
    }
    await lab.expectSound();
    await lab.backup();
    for (const { number, length } of packRows(lab.repository)) {
      const path = join(lab.packs, `${String(number).padStart(8, '0')}.pack`);
      expect(fs.statSync(path).size).toBe(length);
    }
    await lab.expectSound();
    expect(await lab.treeAt(1)).toEqual(trees[0]);
  });
});

describe('repair', () => {
  test('changes nothing in a healthy repository', async () => {
    const { lab } = await prepare();
    const before = logicalIndex(lab.repository);
    const blobs = queryIndex(lab.repository, 'SELECT * FROM blob ORDER BY id');
    const packs = fs.readdirSync(lab.packs).map((name) => fs.readFileSync(join(lab.packs, name)));
    const result = await lab.repair();
    expect(result).toMatchObject({ lost: 0, actions: [], damage: [], snapshots: 4 });
    expect(logicalIndex(lab.repository)).toEqual(before);
    expect(queryIndex(lab.repository, 'SELECT * FROM blob ORDER BY id')).toEqual(blobs);
    const after = fs.readdirSync(lab.packs).map((name) => fs.readFileSync(join(lab.packs, name)));
    expect(after).toEqual(packs);
  });

  test('of a damaged newest copy: once it is stored again, the older versions are back too', async () => {
    const lab = createLab({ lanes: 1 });
    const trees: Tree[] = [];
    for (const state of [1, 2, 3]) {
      lab.write('log.txt', prose(200 + state, 1));
      trees.push(readTree(lab.source));
      await lab.backup();
    }
    const [frame] = queryIndex<{ start: number; head: number }>(
      lab.repository,
      `SELECT f.start, f.head FROM version v JOIN blob b ON b.id = v.blob
       JOIN frame f ON f.id = b.frame WHERE v.last = 0`,
    );
    flipByte(join(lab.packs, '00000001.pack'), frame!.start + frame!.head + 40);
    expect((await lab.verify()).damage[0]).toMatchObject({
      code: 'BLOB_DAMAGED',
      paths: [lab.bytes('log.txt')],
    });
    const first = await lab.repair();
    expect(first.actions).toEqual([
      'Damaged blobs marked lost: 1.',
      'The next backup re-reads the files that use them and stores what it still finds.',
    ]);
    expect((await lab.repair()).actions).toEqual([]);
    lab.runAhead();
    await lab.backup();
    await lab.expectSound();
    expectInvariants(lab.repository);
    for (const [position, tree] of trees.entries()) {
      expect(await lab.treeAt(position + 1)).toEqual(tree);
    }
  });

  test('with a dry run says what it would do and does nothing', async () => {
    const { lab } = await prepare();
    fs.rmSync(join(lab.packs, '00000001.pack'));
    const before = queryIndex(lab.repository, 'SELECT * FROM blob');
    const { actions } = await lab.repair({ isDryRun: true });
    expect(actions[0]).toMatch(/^Damaged blobs to be marked lost: \d+\.$/);
    expect(queryIndex(lab.repository, 'SELECT * FROM blob')).toEqual(before);
  });
});

describe('an index that is lost', () => {
  const ways: [string, string, (index: string) => void][] = [
    ['removed', 'INDEX_MISSING', (index) => fs.rmSync(index)],
    ['garbage', 'INDEX_CORRUPT', (index) => fs.writeFileSync(index, noise(40_000, 5))],
    ['of another program', 'INDEX_CORRUPT', (index) => fs.writeFileSync(index, '')],
    ['cut', 'INDEX_CORRUPT', (index) => truncateTo(index, 10_000)],
  ];

  test.each(ways)(
    '%s: commands say %s, and it is rebuilt from the packs',
    async (_, code, spoil) => {
      const { lab, trees } = await prepare();
      const before = logicalIndex(lab.repository);
      for (const suffix of ['-wal', '-shm']) fs.rmSync(lab.indexPath + suffix, { force: true });
      spoil(lab.indexPath);
      const hint = 'Run `varve repair --rebuild-index` to rebuild it from the packs.';
      await expect(lab.restore(1)).rejects.toMatchObject({ code, hint });
      await expect(lab.backup()).rejects.toMatchObject({ code, hint });
      const { snapshots, lost, damage, actions } = await lab.rebuild();
      expect({ snapshots, lost, damage }).toEqual({ snapshots: 4, lost: 0, damage: [] });
      expect(actions[0]).toMatch(/^The index was rebuilt \(snapshots: 4, blobs: \d+\)\.$/);
      expect(logicalIndex(lab.repository)).toEqual(before);
      await lab.expectSound();
      expectInvariants(lab.repository);
      for (const [position, tree] of trees.entries()) {
        expect(await lab.treeAt(position + 1)).toEqual(tree);
      }
    },
  );

  test('replaced by an older copy: a writer refuses it instead of cutting newer snapshots off', async () => {
    const { lab, trees } = await prepare();
    const older = fs.readFileSync(lab.indexPath);
    for (const state of [5, 6]) {
      lab.write('log.txt', prose(60 + 5 * state, 1));
      await lab.backup();
    }
    for (const suffix of ['-wal', '-shm']) fs.rmSync(lab.indexPath + suffix, { force: true });
    fs.writeFileSync(lab.indexPath, older);
    await expect(lab.backup()).rejects.toMatchObject({
      code: 'INDEX_CORRUPT',
      hint: 'Run `varve repair --rebuild-index` to rebuild it from the packs.',
    });
    expect(await lab.rebuild()).toMatchObject({ snapshots: 6, lost: 0 });
    expect(await lab.treeAt(1)).toEqual(trees[0]);
    expect(await lab.treeAt(6)).toEqual(readTree(lab.source));
  });
});

describe('an index rebuilt from damaged packs', () => {
  test('without one manifest loses that snapshot and keeps the others', async () => {
    const lab = createLab({ lanes: 1 });
    const trees: Tree[] = [];
    for (const state of [1, 2, 3, 4]) {
      // Gone in the third snapshot, back in the fourth.
      if (state === 3) lab.remove('comes-and-goes');
      else lab.write('comes-and-goes', prose(20, 1));
      lab.write('log.txt', prose(20 + state, 2));
      trees.push(readTree(lab.source));
      await lab.backup();
    }
    const ends = queryIndex<{ pack: number; start: number; head: number }>(
      lab.repository,
      'SELECT pack, start, head FROM frame WHERE kind = 4 ORDER BY start',
    );
    const { pack, start, head } = ends[2]!;
    flipByte(join(lab.packs, `0000000${pack}.pack`), start + head + 12);
    const result = await lab.rebuild();
    expect(result).toMatchObject({
      snapshots: 3,
      damage: [
        {
          code: 'PACK_CORRUPT',
          message:
            'The manifest of run 3 is damaged: its snapshot is lost, and later snapshots lack its changes.',
        },
      ],
    });
    expect(await lab.treeAt(1)).toEqual(trees[0]);
    expect(await lab.treeAt(2)).toEqual(trees[1]);
    expect(await lab.treeAt(4)).toEqual(trees[3]);
  });

  test('without the manifest of the newest snapshot before a prune', async () => {
    const lab = createLab({ lanes: 1 });
    for (const state of [1, 2, 3]) {
      lab.write('log.txt', prose(20 + state, 2));
      await lab.backup();
    }
    await lab.prune({ keepLast: 1 });
    const ends = queryIndex<{ pack: number; start: number; head: number }>(
      lab.repository,
      'SELECT pack, start, head FROM frame WHERE kind = 4 ORDER BY start',
    );
    const { pack, start, head } = ends[2]!;
    flipByte(join(lab.packs, `0000000${pack}.pack`), start + head + 12);
    const { damage } = await lab.rebuild();
    expect(damage.map(({ message }) => message)).toEqual([
      'The manifest of run 3 is damaged: its snapshot is lost, and later snapshots lack its changes.',
    ]);
    await lab.backup();
    expect((await lab.verify()).damage).toEqual([
      {
        code: 'FRAME_CORRUPT',
        message: `The manifest at ${start} in pack ${pack} is damaged.`,
        pack,
        offset: start,
        paths: [],
        snapshots: [],
      },
    ]);
  });

  test('without the frame that brought a content back does not hang on a loop', async () => {
    const lab = createLab({ lanes: 1 });
    for (const state of [1, 0, 1]) {
      lab.write('there-and-back.txt', prose(100 + state, 1));
      await lab.backup();
    }
    const [frame] = queryIndex<{ pack: number; start: number; head: number }>(
      lab.repository,
      `SELECT f.pack, f.start, f.head FROM version v JOIN blob b ON b.id = v.blob
       JOIN frame f ON f.id = b.frame WHERE v.last = 0`,
    );
    const { pack, start, head } = frame!;
    flipByte(join(lab.packs, `0000000${pack}.pack`), start + head + 12);
    const history = await lab.rebuild();
    expect(history.snapshots).toBe(3);
    const { issues } = await lab.restore(2);
    expect(issues).toEqual([]);
    lab.runAhead();
    await lab.backup();
    expect(await lab.treeAt(4)).toEqual(readTree(lab.source));
  });

  test('without a pack marks what it held as lost, and the next backup stores it again', async () => {
    const lab = createLab({ lanes: 1 });
    lab.write('log.txt', prose(80, 2));
    lab.write('other.txt', prose(80, 3));
    await lab.backup();
    lab.runAhead();
    await lab.backup();
    fs.rmSync(join(lab.packs, '00000001.pack'));
    const { lost } = await lab.rebuild();
    expect(lost).toBe(2);
    expect((await lab.restore(1)).issues.map(({ code }) => code)).toEqual(['DAMAGED', 'DAMAGED']);
    await lab.backup();
    await lab.expectSound();
    expect(await lab.treeAt(1)).toEqual(readTree(lab.source));
  });
});
