/** What no transaction followed is taken away where there is no room for it, and nothing else. */
import { expect, onTestFinished, test } from 'vitest';
import { openIndex } from '../../../src/repo/index/index.js';
import { PACK_HEADER_BYTES, PackKind, type PackStore } from '../../../src/repo/packs/pack-store.js';
import { cutUncommitted } from '../../../src/repo/repository/cut-packs.js';
import type { HeldRepository } from '../../../src/repo/repository/held.js';
import { memoryPacks } from '../../support/memory-packs.js';
import { makeRepository } from '../../support/repository.js';

/** Packs of these lengths, of which the index knows some, by the lengths that it committed. */
function held(lengths: Record<number, number>, committed: Record<number, number>) {
  const { path, platform } = makeRepository();
  const index = openIndex(`${path}/index.sqlite`, 'write', platform.files);
  onTestFinished(() => index.close());
  for (const [pack, length] of Object.entries(committed)) {
    index.packs.put(Number(pack), PackKind.blobs, length);
  }
  const packs = memoryPacks();
  for (const [pack, length] of Object.entries(lengths)) {
    packs.packs.set(Number(pack), Buffer.alloc(length));
  }
  const sizes = (): Record<number, number> =>
    Object.fromEntries([...packs.packs].map(([pack, { length }]) => [pack, length]));
  return { repository: { index, packs } as unknown as HeldRepository, packs, sizes };
}

test('packs are cut back to what is committed, and those that nobody knows go', () => {
  const lengths = { 1: 100, 2: 300, 3: 80, 4: PACK_HEADER_BYTES, 5: 7 };
  const { repository, sizes } = held(lengths, { 1: 100, 2: 200 });
  cutUncommitted(repository);
  expect(sizes()).toEqual({ 1: 100, 2: 200 });
});

test("what was there before and is not the index's stays as it is", () => {
  const { repository, sizes } = held({ 1: 300, 2: 90, 3: 80, 9: 5 }, { 1: 200 });
  cutUncommitted(repository, new Set([2, 9]));
  expect(sizes()).toEqual({ 1: 200, 2: 90, 9: 5 });
});

test('a pack that is shorter than what is committed is not lengthened', () => {
  const { repository, packs, sizes } = held({ 1: 50, 2: 200 }, { 1: 200, 2: 200 });
  const cut: number[] = [];
  const truncate = (pack: number): void => void cut.push(pack);
  cutUncommitted({ ...repository, packs: { ...packs, truncate } });
  expect(cut).toEqual([]);
  expect(sizes()).toEqual({ 1: 50, 2: 200 });
});

test('one that cannot be cut or removed keeps nothing else from being so', () => {
  const { repository, packs, sizes } = held({ 1: 300, 2: 300, 3: 90, 4: 90 }, { 1: 200, 2: 200 });
  const failOdd = (pack: number): void => {
    if (pack % 2 === 1) throw new Error('EIO');
  };
  const spoilt: PackStore = {
    ...packs,
    truncate(pack, length) {
      failOdd(pack);
      packs.truncate(pack, length);
    },
    remove(pack) {
      failOdd(pack);
      packs.remove(pack);
    },
  };
  cutUncommitted({ ...repository, packs: spoilt });
  expect(sizes()).toEqual({ 1: 300, 2: 200, 3: 90 });
});

test('a pack that goes is emptied first: whoever has it open would keep its space', () => {
  const lengths = { 1: 300, 2: PACK_HEADER_BYTES, 3: PACK_HEADER_BYTES - 1, 4: 90 };
  const { repository, packs } = held(lengths, { 1: 200 });
  const calls: string[] = [];
  const watched: PackStore = {
    ...packs,
    truncate: (pack, length) => void calls.push(`${pack} to ${length}`),
    remove: (pack) => void calls.push(`${pack} removed`),
  };
  cutUncommitted({ ...repository, packs: watched });
  expect(calls).toEqual([
    ...['1 to 200', '2 to 0', '2 removed', '3 removed', '4 to 0', '4 removed'],
  ]);
});
