/** What must hold of the snapshots that a repository keeps, now and when its index is rebuilt. */
import { expect } from 'vitest';
import { readStats } from './by-path.js';
import { expectExactLiveBytes, expectInvariants, logicalIndex, queryIndex } from './index-facts.js';
import type { Lab } from './lab.js';
import { readTree, type Tree } from './tree.js';

/** What is stored, and what it is charged to. */
async function statsOf({ repository, platform }: Lab): Promise<unknown> {
  const stats = await readStats(repository, platform);
  // What the index itself takes is another number for a new file.
  const own = { storedBytes: undefined, indexBytes: undefined };
  return { ...stats, ...own, contents: queryIndex(repository, 'SELECT count(*) FROM content') };
}

/**
 * Nothing is damaged and each of `trees` is what its snapshot restores to; so it is after the index is
 * rebuilt from the packs, which makes an equal one.
 */
export async function expectKept(lab: Lab, trees: ReadonlyMap<number, Tree>): Promise<void> {
  const expectAsBefore = async (): Promise<void> => {
    await lab.expectSound();
    expectExactLiveBytes(lab.repository);
    for (const [number, tree] of trees) expect(await lab.treeAt(number)).toEqual(tree);
  };
  await expectAsBefore();
  const before = { rows: logicalIndex(lab.repository), stats: await statsOf(lab) };
  expect(await lab.rebuild()).toMatchObject({ lost: 0, damage: [] });
  await expectAsBefore();
  expectInvariants(lab.repository);
  expect({ rows: logicalIndex(lab.repository), stats: await statsOf(lab) }).toEqual(before);
}

/** Backups and prunes of a lab, and what the snapshots that it has then are to restore to. */
export function recordSnapshots(lab: Lab) {
  const trees = new Map<number, Tree>();
  return {
    trees,
    backup: async (): Promise<void> => {
      const { snapshot } = await lab.backup();
      trees.set(snapshot!, readTree(lab.source));
    },
    /** Returns the bytes that were freed. */
    prune: async (...snapshots: number[]): Promise<number> => {
      for (const number of snapshots) trees.delete(number);
      return (await lab.pruneNamed({ snapshots })).bytesFreed;
    },
  };
}
