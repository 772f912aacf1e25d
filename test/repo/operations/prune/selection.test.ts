/** What a prune removes when snapshots or sources are named; and that a whole source may go. */
import { describe, expect, test } from 'vitest';
import {
  keepNewest,
  selectSnapshots,
  type Selection,
} from '../../../../src/repo/operations/prune/selection.js';
import { expectInvariants, logicalIndex } from '../../../support/index-facts.js';
import { createLab, type Lab } from '../../../support/lab.js';

const NOW = new Date('2026-11-01T12:00:00Z');
/** Source 1 has 1, 2 and 4; source 2 has 3. */
const SNAPSHOTS = [
  { number: 1, source: 1 },
  { number: 2, source: 1 },
  { number: 3, source: 2 },
  { number: 4, source: 1 },
].map((one) => ({ ...one, startedMs: NOW.getTime() - 10_000 + one.number, tags: [] }));

function removedBy(selection: Partial<Selection>): { removed: number[]; kept: number[] } {
  const whole = { policy: undefined, numbers: [], sources: undefined, takesAll: false };
  const { removed, kept } = selectSnapshots(SNAPSHOTS, { ...whole, ...selection }, NOW);
  const numbers = (verdicts: typeof removed): number[] => verdicts.map(({ number }) => number);
  return { removed: numbers(removed), kept: numbers(kept) };
}

describe('what is named goes', () => {
  test.each<[Partial<Selection>, number[], number[]]>([
    [{ numbers: [2] }, [2], [1, 4]],
    [{ numbers: [2, 1] }, [1, 2], [4]],
    [{ numbers: [3], takesAll: true }, [3], []],
    [{ numbers: [4, 2, 1], takesAll: true }, [1, 2, 4], []],
    [{ sources: [1] }, [1, 2], [4]],
    [{ sources: [1], takesAll: true }, [1, 2, 4], []],
    [{ sources: [1, 2] }, [1, 2], [3, 4]],
    [{ sources: [1], policy: { keepLast: 2 } }, [1], [2, 4]],
    [{ policy: { keepLast: 1 } }, [1, 2], [3, 4]],
  ])('%j removes %j and keeps %j', (selection, removed, kept) => {
    expect(removedBy(selection)).toEqual({ removed, kept });
  });

  test.each<[Partial<Selection>, string]>([
    [{ numbers: [4] }, 'PRUNE_LAST_SNAPSHOT'],
    [{ numbers: [4], takesAll: true }, 'PRUNE_LAST_SNAPSHOT'],
    [{ numbers: [2, 4] }, 'PRUNE_LAST_SNAPSHOT'],
    [{ numbers: [3] }, 'PRUNE_LAST_SNAPSHOT'],
    [{ numbers: [1, 3] }, 'PRUNE_LAST_SNAPSHOT'],
    [{ numbers: [9] }, 'SNAPSHOT_NOT_FOUND'],
    [{ numbers: [3], sources: [1] }, 'SNAPSHOT_NOT_FOUND'],
    [{ numbers: [1], policy: { keepLast: 1 } }, 'USAGE'],
    [{ takesAll: true, policy: { keepLast: 1 } }, 'USAGE'],
    [{ policy: {} }, 'PRUNE_EMPTY_POLICY'],
    [{}, 'PRUNE_EMPTY_POLICY'],
  ])('%j is refused with %s', (selection, code) => {
    expect(() => removedBy(selection)).toThrow(expect.objectContaining({ code }) as Error);
  });

  test('where an older one stays after all, the newest does', () => {
    const verdict = (number: number) => ({ number, source: 1, startedMs: 0, reasons: [] });
    const guarded = { kept: [{ ...verdict(1), reasons: ['rot'] }], removed: [2, 4].map(verdict) };
    const { kept, removed } = keepNewest(guarded);
    expect(kept.map(({ number }) => number)).toEqual([1, 4]);
    expect(removed.map(({ number }) => number)).toEqual([2]);
  });

  test('of that source alone: another, of which nothing stays, goes as a whole', () => {
    const verdict = (number: number, source: number) => {
      return { number, source, startedMs: 0, reasons: [] };
    };
    const guarded = {
      kept: [{ ...verdict(1, 1), reasons: ['rot'] }],
      removed: [verdict(2, 2), verdict(4, 1), verdict(5, 2)],
    };
    const { kept, removed } = keepNewest(guarded);
    expect(kept.map(({ number }) => number)).toEqual([1, 4]);
    expect(removed.map(({ number }) => number)).toEqual([2, 5]);
  });
});

/** Snapshots 1 and 2 of the host `other`, 3 of the usual one, over the same files. */
async function twoSources(): Promise<Lab> {
  const lab = createLab();
  lab.write('shared', 'x'.repeat(5000));
  lab.write('dir/gone', 'only in the first\n');
  await lab.backup({ host: 'other' });
  lab.remove('dir');
  lab.write('shared', `${'x'.repeat(5000)}more`);
  await lab.backup({ host: 'other' });
  lab.write('own', 'of the other source\n');
  await lab.backup();
  return lab;
}

describe('a source that goes altogether', () => {
  test('takes its snapshots, paths and bytes, and leaves the others sound', async () => {
    const lab = await twoSources();
    const before = await lab.treeAt(3);
    const dry = await lab.pruneNamed({ host: 'other', takesAll: true, isDryRun: true });
    const { removed, bytesFreed } = await lab.pruneNamed({ host: 'other', takesAll: true });
    expect(removed.map(({ number }) => number)).toEqual([1, 2]);
    expect(bytesFreed).toBe(dry.bytesFreed);
    await lab.expectSound();
    expectInvariants(lab.repository);
    expect(await lab.treeAt(3)).toEqual(before);
    const rows = logicalIndex(lab.repository);
    await lab.rebuild();
    expect(logicalIndex(lab.repository)).toEqual(rows);
  });

  test('begins anew under another number: its old manifests are not its own', async () => {
    const lab = await twoSources();
    await lab.pruneNamed({ snapshots: [3], takesAll: true });
    const { source, filesNew } = await lab.backup();
    expect({ id: source.id, filesNew }).toEqual({ id: 3, filesNew: 2 });
    const rows = logicalIndex(lab.repository);
    await lab.rebuild();
    expect(logicalIndex(lab.repository)).toEqual(rows);
    await lab.expectSound();
    expect((await lab.backup({ host: 'third' })).source.id).toBe(4);
  });

  test('one snapshot in between goes like any other', async () => {
    const lab = await twoSources();
    const before = await lab.treeAt(2);
    await lab.pruneNamed({ snapshots: [1] });
    expect(await lab.treeAt(2)).toEqual(before);
    await expect(lab.treeAt(1)).rejects.toMatchObject({ code: 'SNAPSHOT_NOT_FOUND' });
    await lab.expectSound();
    expectInvariants(lab.repository);
  });
});
