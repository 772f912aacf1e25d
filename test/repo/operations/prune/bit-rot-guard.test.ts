import { expect, test } from 'vitest';
import {
  droppedBytes,
  guardSuspects,
} from '../../../../src/repo/operations/prune/bit-rot-guard.js';
import type { Retention } from '../../../../src/repo/operations/prune/retention.js';
import { bytesFromText } from '../../../../src/platform/bytes.js';
import { createLab, type Lab } from '../../../support/lab.js';
import { rottingFiles } from '../../../support/rotting-files.js';

const verdict = (number: number, reasons: readonly string[] = [], source = 1) => ({
  number,
  source,
  startedMs: number * 1000,
  reasons,
});

/** Snapshots 1 to 6 of a source, and 7 of another; the last of each is kept. */
const RETENTION: Retention = {
  kept: [verdict(6, ['last snapshot']), verdict(7, ['last snapshot'], 2)],
  removed: [1, 2, 3, 4, 5].map((number) => verdict(number)),
};

const SUSPECT = {
  source: 1,
  path: 'photo',
  good: { first: 1, last: 3 },
  suspect: { first: 3, last: 5 },
};

test('the newest snapshots with the bytes of before and of after are kept, and say why', () => {
  const { kept, removed } = guardSuspects(RETENTION, [SUSPECT, { ...SUSPECT, path: 'second' }]);
  expect(kept).toEqual([
    verdict(2, ['contents from before possible bit rot']),
    verdict(4, ['contents from after possible bit rot']),
    ...RETENTION.kept,
  ]);
  expect(removed.map(({ number }) => number)).toEqual([1, 3, 5]);
  expect(droppedBytes({ kept, removed }, [SUSPECT])).toEqual([]);
});

test('nothing is added where the rules keep both already', () => {
  const suspect = { ...SUSPECT, good: { first: 1, last: 6 }, suspect: { first: 6, last: 0 } };
  const retention = { kept: [verdict(2, ['tag x']), ...RETENTION.kept], removed: [verdict(1)] };
  expect(guardSuspects(retention, [suspect])).toEqual(retention);
});

test('a snapshot of another source is no substitute', () => {
  const suspect = { ...SUSPECT, good: { first: 4, last: 6 }, suspect: { first: 6, last: 0 } };
  const { kept } = guardSuspects(RETENTION, [suspect]);
  expect(kept.map(({ number }) => number)).toEqual([5, 6, 7]);
});

test('a kept snapshot of another source, between those of this one, is no substitute either', () => {
  const suspect = { ...SUSPECT, good: { first: 4, last: 6 }, suspect: { first: 6, last: 0 } };
  const kept = [verdict(4, ['tag x'], 2), verdict(6, ['last snapshot'])];
  const retention = { kept, removed: [verdict(3), verdict(5)] };
  expect(guardSuspects(retention, [suspect]).kept.map(({ number }) => number)).toEqual([4, 5, 6]);
  expect(droppedBytes(retention, [suspect])).toEqual([{ path: 'photo', snapshot: 5 }]);
});

test('without the guard what goes is named with the newest snapshot that has it', () => {
  expect(droppedBytes(RETENTION, [SUSPECT])).toEqual([{ path: 'photo', snapshot: 2 }]);
});

/** Snapshots 1 and 2 have the good bytes, 3 the rotten ones, 4 and 5 what somebody wrote later. */
async function rottenLab(): Promise<Lab> {
  const lab = createLab();
  const rotting = rottingFiles();
  lab.useFiles(rotting.files);
  lab.write('photo', 'good bytes');
  lab.runAhead();
  await lab.backup();
  lab.write('other', 'other');
  await lab.backup();
  rotting.rot(lab.path('photo'), 'rott bytes');
  await lab.backup({ readsAll: true });
  lab.write('photo', 'edited since');
  await lab.backup();
  lab.write('other', 'another');
  await lab.backup();
  return lab;
}

const numbers = (verdicts: readonly { readonly number: number }[]): number[] =>
  verdicts.map(({ number }) => number);

test('pruning again and again leaves the good bytes', async () => {
  const lab = await rottenLab();
  for (let time = 0; time < 3; time += 1) {
    const { kept, dropped } = await lab.prune({ keepLast: 1 });
    expect({ kept: numbers(kept), dropped }).toEqual({ kept: [2, 3, 5], dropped: [] });
  }
  expect((await lab.treeAt(2)).get('photo')?.content).toBe('good bytes');
  await lab.expectSound();
});

test('where they stay, the newest snapshot of their source does, even if all was to go', async () => {
  const lab = await rottenLab();
  const { kept } = await lab.pruneNamed({
    snapshots: [1, 2, 3, 4, 5],
    takesAll: true,
  });
  expect(numbers(kept)).toEqual([2, 3, 5]);
  await lab.expectSound();
});

test('they may go when the file has them again', async () => {
  const lab = await rottenLab();
  lab.write('photo', 'good bytes');
  await lab.backup();
  const { kept, dropped } = await lab.prune({ keepLast: 1 });
  expect({ kept: numbers(kept), dropped }).toEqual({ kept: [6], dropped: [] });
});

test('they go when that is asked for, and are named', async () => {
  const lab = await rottenLab();
  const { kept, dropped } = await lab.prune({ keepLast: 1 }, { dropsBeforeBitRot: true });
  expect(numbers(kept)).toEqual([5]);
  expect(dropped).toEqual([{ path: bytesFromText(lab.path('photo')), snapshot: 2 }]);
});
