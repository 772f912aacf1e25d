/** The list of small faults fits the sources: a fault whose place is gone would test nothing. */
import { expect, test } from 'vitest';

interface Mutant {
  readonly file: string;
  readonly old: string;
  readonly new: string;
  readonly what: string;
}

/** A script: it has no types. */
interface List {
  readonly readMutants: () => readonly Mutant[];
  readonly faultsOfList: (mutants: readonly Mutant[]) => readonly string[];
  readonly folderOf: (mutant: Pick<Mutant, 'file'>) => string;
  readonly sampleOf: (items: readonly Mutant[], count: number, seed: number) => readonly Mutant[];
}

const script = new URL('../../tools/mutants/list.js', import.meta.url);
const { readMutants, faultsOfList, folderOf, sampleOf } = (await import(script.href)) as List;
const mutants = readMutants();

test('each fault of the list has one place in the sources, and changes it', () => {
  expect(mutants.length).toBeGreaterThan(500);
  expect(faultsOfList(mutants)).toEqual([]);
});

test('no fault is listed twice', () => {
  const keys = mutants.map((mutant) => JSON.stringify([mutant.file, mutant.old, mutant.new]));
  expect(new Set(keys).size).toBe(keys.length);
});

test('a sample is the same for a seed, and another for another', () => {
  const names = (seed: number) => sampleOf(mutants, 20, seed).map(({ what }) => what);
  expect(names(7)).toEqual(names(7));
  expect(names(7)).not.toEqual(names(8));
  expect(new Set(sampleOf(mutants, Infinity, 7)).size).toBe(mutants.length);
});

test('scores are counted by folders', () => {
  const of = (file: string): string => folderOf({ file });
  expect(of('src/repo/index/blobs.ts')).toBe('src/repo/index');
  expect(of('src/remote/copy/draft/draft.ts')).toBe('src/remote');
  expect(of('src/cli/output.ts')).toBe('src/cli');
});
