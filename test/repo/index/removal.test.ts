/** What snapshots had goes with them, and the others of their source and of every other stay as they were. */
import { describe, expect, test } from 'vitest';
import { logPath } from '../../support/by-path.js';
import { queryIndex } from '../../support/index-facts.js';
import { expectKept } from '../../support/kept-snapshots.js';
import { createLab, SMALL_PIECES, type Lab } from '../../support/lab.js';
import { noise } from '../../support/seed.js';
import { readTree, type Tree } from '../../support/tree.js';

const HOSTS = ['one', 'other'] as const;
/** In which rounds a file is there: from, to. */
const RANGES = [
  [1, 1],
  [1, 3],
  [2, 2],
  [2, 4],
  [3, 3],
  [4, 6],
] as const;

/** Six snapshots of each of two sources in turns; `r2-4` is there in rounds 2 to 4, and so on. */
async function twoSources() {
  const lab = createLab({ lanes: 1 });
  const trees = new Map<number, Tree>();
  for (let round = 1; round <= 6; round += 1) {
    for (const [first, last] of RANGES) {
      const name = `deep/down/r${first}-${last}`;
      if (round === first) lab.write(name, `${name}\n`);
      if (round === last + 1) lab.remove(name);
    }
    lab.write('changes', `in round ${round}\n`);
    if (round === 3) lab.write(`gone/with/all/round${round}`, 'x');
    if (round === 4) lab.remove('gone');
    for (const host of HOSTS) {
      const { snapshot } = await lab.backup({ host });
      trees.set(snapshot!, readTree(lab.source));
    }
  }
  const prune = async (...snapshots: number[]): Promise<void> => {
    for (const number of snapshots) trees.delete(number);
    await lab.pruneNamed({ snapshots });
  };
  return { lab, trees, prune };
}

/** The first and the last snapshot of each state of a file of the first source. */
async function statesOf({ repository, platform, path }: Lab, name: string): Promise<number[][]> {
  const source = { type: 'number', id: 1 } as const;
  const { versions } = await logPath(repository, platform, { path: path(name), source });
  return versions.map(({ firstSnapshot, lastSnapshot }) => [firstSnapshot, lastSnapshot]);
}

describe('snapshots of one of two sources', () => {
  // Those of the first have the odd numbers.
  test.each([
    [[1]],
    [[3]],
    [[9]],
    [[1, 3]],
    [[3, 5]],
    [[1, 3, 5, 7, 9]],
    [[2, 3]],
    [[2, 4, 6, 8, 10]],
    [[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]],
  ])('%j go, and every other restores as before', async (numbers) => {
    const { lab, trees, prune } = await twoSources();
    await prune(...numbers);
    await expectKept(lab, trees);
    const rest = [...trees.keys()].filter((number) => number < 11);
    if (rest.length > 0) await prune(...rest);
    await expectKept(lab, trees);
  });

  test('hand their versions over to the next of their own source', async () => {
    const { lab, prune } = await twoSources();
    await prune(3, 5);
    expect(await statesOf(lab, 'changes')).toEqual([
      [1, 1],
      [7, 7],
      [9, 9],
      [11, 11],
    ]);
    expect(await statesOf(lab, 'deep/down/r1-3')).toEqual([[1, 1]]);
    expect(await statesOf(lab, 'deep/down/r2-4')).toEqual([[7, 7]]);
    await expect(statesOf(lab, 'deep/down/r2-2')).rejects.toMatchObject({ code: 'PATH_NOT_FOUND' });
  });

  test('take the paths with them that only they had, and none that holds others', async () => {
    const { lab, prune } = await twoSources();
    await prune(5);
    await expect(statesOf(lab, 'gone')).rejects.toMatchObject({ code: 'PATH_NOT_FOUND' });
    await expect(statesOf(lab, 'deep/down/r3-3')).rejects.toMatchObject({ code: 'PATH_NOT_FOUND' });
    expect(await statesOf(lab, 'deep/down/r2-4')).toEqual([[3, 7]]);
    // Of the other source they are other paths.
    expect((await lab.treeAt(6)).has('gone/with/all/round3')).toBe(true);
  });
});

describe('what a large file was made of', () => {
  test('goes with its last snapshot, but for the pieces that another has', async () => {
    const lab = createLab({ lanes: 1, chunking: SMALL_PIECES });
    const trees = new Map<number, Tree>();
    const common = noise(30_000, 1);
    lab.write('large', Buffer.concat([noise(9000, 2), common]));
    await lab.backup();
    lab.write('large', Buffer.concat([noise(9000, 3), common]));
    await lab.backup();
    lab.remove('large');
    const rows = (table: string) =>
      queryIndex<{ count: number }>(lab.repository, `SELECT count(*) AS count FROM ${table}`)[0]!
        .count;
    await lab.backup();
    trees.set(3, readTree(lab.source));
    const pieces = rows('blob');
    await lab.pruneNamed({ snapshots: [1] });
    expect([rows('content'), rows('blob') < pieces]).toEqual([1, true]);
    expect((await lab.treeAt(2)).get('large')!.content.length).toBe(39_000);
    await lab.pruneNamed({ snapshots: [2] });
    expect([rows('content'), rows('content_blob'), rows('blob')]).toEqual([0, 0, 0]);
    await expectKept(lab, trees);
  });

  test('goes with the last source like everything else', async () => {
    const lab = createLab({ lanes: 1, chunking: SMALL_PIECES });
    lab.write('large', noise(20_000, 1));
    lab.write('small', 'small');
    await lab.backup();
    await lab.pruneNamed({ snapshots: [1], takesAll: true });
    const tables = 'source snapshot path version attributes content content_blob blob'.split(' ');
    for (const table of tables) {
      expect(queryIndex(lab.repository, `SELECT * FROM ${table}`), table).toEqual([]);
    }
  });

  test('the newest snapshot of a source is never removed alone', async () => {
    const { lab } = await twoSources();
    await expect(lab.pruneNamed({ snapshots: [11] })).rejects.toMatchObject({
      code: 'PRUNE_LAST_SNAPSHOT',
    });
  });
});
