import { describe, expect, test } from 'vitest';
import { expectInvariants, queryIndex } from '../../support/index-facts.js';
import { createLab } from '../../support/lab.js';
import { noise, prose } from '../../support/seed.js';
import { readTree, type Tree } from '../../support/tree.js';

const kinds = (repository: string): { id: number; kind: number }[] =>
  queryIndex(repository, 'SELECT id, kind FROM blob ORDER BY id');

describe('many versions of one file', () => {
  test('are one full copy and a chain, the oldest of 60 restores exactly', async () => {
    const lab = createLab({ lanes: 1 });
    const trees: Tree[] = [];
    const base = noise(60_000, 1);
    for (let state = 0; state < 60; state += 1) {
      base.set(noise(200, 100 + state), (state * 997) % 59_000);
      lab.write('file.bin', base);
      trees.push(readTree(lab.source));
      await lab.backup();
    }
    expectInvariants(lab.repository);
    await lab.expectSound();
    const rows = kinds(lab.repository);
    expect(rows).toHaveLength(60);
    expect(rows.at(-1)!.kind).toBe(1);
    expect(rows.filter(({ kind }) => kind === 2)).toHaveLength(59);
    for (const number of [1, 2, 30, 59, 60]) {
      expect(await lab.treeAt(number)).toEqual(trees[number - 1]);
    }
  });

  test('get checkpoints when a chain costs more than one full copy', async () => {
    const lab = createLab({ lanes: 1 });
    const trees: Tree[] = [];
    const base = noise(20_000, 1);
    for (let state = 0; state < 16; state += 1) {
      base.set(noise(5000, 100 + state), (state * 4999) % 15_000);
      lab.write('file.bin', base);
      trees.push(readTree(lab.source));
      await lab.backup();
    }
    expectInvariants(lab.repository);
    const full = kinds(lab.repository).filter(({ kind }) => kind === 1);
    expect(full.length).toBeGreaterThan(2);
    expect(full.length).toBeLessThan(9);
    const [tail] = queryIndex<{ most: number }>(
      lab.repository,
      'SELECT max(tail_bytes) AS most FROM blob',
    );
    expect(tail!.most).toBeLessThanOrEqual(20_000);
    for (const [position, tree] of trees.entries()) {
      expect(await lab.treeAt(position + 1)).toEqual(tree);
    }
  });
});

describe('a content that comes back', () => {
  test('is whole again, and what replaced it becomes the delta', async () => {
    const lab = createLab({ lanes: 1 });
    const trees: Tree[] = [];
    for (const state of [0, 1, 0, 1, 0]) {
      lab.write('file.txt', prose(100 + state, 1));
      trees.push(readTree(lab.source));
      await lab.backup();
      expectInvariants(lab.repository);
    }
    expect(kinds(lab.repository)).toEqual([
      { id: 1, kind: 1 },
      { id: 2, kind: 2 },
    ]);
    await lab.expectSound();
    for (const [position, tree] of trees.entries()) {
      expect(await lab.treeAt(position + 1)).toEqual(tree);
    }
  });
});

describe('one content under two paths', () => {
  test('stays whole while one of them still has it', async () => {
    const lab = createLab({ lanes: 1 });
    lab.write('one', prose(100, 1));
    lab.write('two', prose(100, 1));
    await lab.backup();
    lab.write('one', prose(101, 1));
    await lab.backup();
    expect(kinds(lab.repository).map(({ kind }) => kind)).toEqual([1, 1]);
    lab.write('two', prose(101, 1));
    await lab.backup();
    expect(kinds(lab.repository).map(({ kind }) => kind)).toEqual([2, 1]);
    expectInvariants(lab.repository);
    await lab.expectSound();
    expect((await lab.treeAt(1)).get('two')!.content).toBe(prose(100, 1).toString('latin1'));
  });

  test('is stored once, whichever snapshot, path or source brings it', async () => {
    const lab = createLab();
    lab.write('one', noise(50_000, 1));
    lab.write('copy', noise(50_000, 1));
    const first = await lab.backup();
    expect(first.bytesStored).toBeLessThan(55_000);
    lab.write('elsewhere/again', noise(50_000, 1));
    const second = await lab.backup({ host: 'another' });
    expect(second.bytesStored).toBeLessThan(5000);
    expect(kinds(lab.repository)).toHaveLength(1);
  });
});

describe('a file renamed and edited at once', () => {
  test('is still a delta', async () => {
    const lab = createLab({ lanes: 1 });
    lab.write('old name', prose(200, 1));
    await lab.backup();
    lab.remove('old name');
    lab.write('moved/old name', prose(201, 1));
    await lab.backup();
    expect(kinds(lab.repository).map(({ kind }) => kind)).toEqual([2, 1]);
    expectInvariants(lab.repository);
  });
});

describe('prune of middle snapshots', () => {
  test('hangs the kept deltas onto a nearer full copy', async () => {
    const lab = createLab({ lanes: 1 });
    const trees: Tree[] = [];
    const base = noise(60_000, 1);
    for (let state = 0; state < 12; state += 1) {
      base.set(noise(200, 100 + state), state * 4000);
      lab.write('file.bin', base);
      trees.push(readTree(lab.source));
      await lab.backup({ tags: state % 5 === 0 ? ['keep'] : [] });
    }
    const dry = await lab.prune({ keepTags: [['keep']] }, { isDryRun: true });
    expect(kinds(lab.repository)).toHaveLength(12);
    const { removed, bytesFreed } = await lab.prune({ keepTags: [['keep']] });
    expect(removed.map(({ number }) => number)).toEqual([2, 3, 4, 5, 7, 8, 9, 10]);
    expect(dry.bytesFreed).toBe(bytesFreed);
    expect(kinds(lab.repository)).toHaveLength(4);
    expectInvariants(lab.repository);
    await lab.expectSound();
    for (const number of [1, 6, 11, 12])
      expect(await lab.treeAt(number)).toEqual(trees[number - 1]);
    expect((await lab.prune({ keepTags: [['keep']] })).removed).toEqual([]);
  });
});
