import fc from 'fast-check';
import { expect, test } from 'vitest';
import { rereadsOf } from '../../../../src/repo/operations/backup/reread.js';
import { runs } from '../../../support/seed.js';

/** Paths 1 to `count` that the runs `snapshots` read, and the most that one of them read. */
function readBy(
  snapshots: readonly number[],
  options: { share: number; count: number; isOnlySource: boolean },
) {
  const { share, count, isOnlySource } = options;
  const read = new Set<number>();
  let most = 0;
  for (const snapshot of snapshots) {
    const isDue = rereadsOf({ rereadShare: share }, { snapshot, isOnlySource });
    const due = Array.from({ length: count }, (_, path) => path + 1).filter(isDue);
    most = Math.max(most, due.length);
    due.forEach((path) => read.add(path));
  }
  return { count: read.size, most };
}

test('runs of one source read every file within one over the share of them, from any on', () => {
  const shares = fc.constantFrom(1, 0.5, 0.4, 0.25, 0.1, 0.03, 0.02, 0.01);
  fc.assert(
    fc.property(shares, fc.nat(1_000_000), (share, first) => {
      const runs = Math.ceil(1 / share);
      const snapshots = Array.from({ length: runs }, (_, run) => first + run);
      const { count, most } = readBy(snapshots, { share, count: 2000, isOnlySource: true });
      expect(count).toBe(2000);
      // Even to a few files: ids that follow each other are spread.
      expect(most).toBeLessThanOrEqual(2000 / runs + 4);
    }),
    runs(50),
  );
});

test('so do those of several sources that take turns, only later', () => {
  for (let sources = 2; sources <= 12; sources += 1) {
    for (const share of [0.5, 0.25, 0.1, 0.02]) {
      const runs = 8 * Math.ceil(1 / share);
      const snapshots = Array.from({ length: runs }, (_, run) => 1 + run * sources);
      const { count } = readBy(snapshots, { share, count: 500, isOnlySource: false });
      expect({ sources, share, count }).toEqual({ sources, share, count: 500 });
    }
  }
});

test('without a share nothing is due, and with all of them everything', () => {
  const run = { snapshot: 7, isOnlySource: true };
  expect([1, 2, 3].map(rereadsOf({}, run))).toEqual([false, false, false]);
  expect([1, 2, 3].map(rereadsOf({ readsAll: true, rereadShare: 0.01 }, run))).toEqual([
    true,
    true,
    true,
  ]);
});
