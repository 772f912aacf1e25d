import * as fs from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { BackupOptions } from '../../../../src/repo/operations/backup/backup.js';
import type { BackupProgress } from '../../../../src/repo/operations/backup/snapshot-run.js';
import { listSnapshots } from '../../../support/by-path.js';
import { backupOf, createLab, type Lab } from '../../../support/lab.js';
import { noise } from '../../../support/seed.js';
import { makeFifo } from '../../../support/special-files.js';

/** An operation whose workers start at 1000, and which therefore ends at 4500. */
function timed(lab: Lab): Pick<BackupOptions, 'createPool'> {
  lab.setClock(1000);
  return {
    createPool(...of) {
      lab.setClock(4500);
      return lab.createPool(...of);
    },
  };
}

/** A backup of three files, and a second one after each kind of change. */
async function twice(lab: Lab, second: Partial<BackupOptions> = {}) {
  lab.write('changed', noise(1000, 1));
  lab.write('removed', noise(200, 2));
  lab.write('kept', noise(30, 3));
  lab.runAhead();
  const first = await backupOf(lab);
  lab.write('changed', noise(1500, 4));
  lab.remove('removed');
  lab.write('dir/new', noise(7, 5));
  fs.symlinkSync('kept', lab.path('link'));
  makeFifo(lab.path('fifo'));
  return { first, second: await backupOf(lab, second) };
}

const COUNTS = {
  files: 3,
  bytes: 1537,
  filesNew: 1,
  filesChanged: 1,
  filesUnchanged: 1,
  filesRemoved: 1,
};

test('a backup counts what it found, and its snapshot says the same', async () => {
  const lab = createLab({ lanes: 1 });
  const started: (BackupProgress | undefined)[] = [];
  const { first, second } = await twice(lab, {
    ...timed(lab),
    tags: ['one', 'other'],
    onStart: (expected) => started.push(expected),
  });
  expect(first).toMatchObject({ snapshot: 1, files: 3, bytes: 1230, bytesRead: 1230, filesNew: 3 });
  expect(started).toEqual([{ files: 3, bytes: 1230 }]);
  expect(second).toMatchObject({ ...COUNTS, snapshot: 2, durationMs: 3500, issues: [] });
  expect(second.bytesRead).toBeGreaterThanOrEqual(1507);
  expect(second.bytesStored).toBeGreaterThan(1507);
  const snapshots = await listSnapshots(lab.repository, lab.platform);
  const { filesUnchanged, ...counts } = COUNTS;
  expect(second.filesUnchanged).toBe(filesUnchanged);
  expect(snapshots[1]).toEqual({
    source: { id: 1, host: 'lab', roots: [lab.bytes().replace(/\/$/, '')] },
    snapshot: {
      ...counts,
      number: 2,
      source: 1,
      generation: 2,
      startedMs: 1000,
      finishedMs: 4500,
      tags: ['one', 'other'],
      directories: 2,
      symlinks: 1,
      specials: 1,
      bytesRead: second.bytesRead,
      bytesStored: second.bytesStored,
      issues: 0,
    },
  });
});

test('a dry run counts as much, and makes no snapshot', async () => {
  const lab = createLab({ lanes: 1 });
  const { second } = await twice(lab, { isDryRun: true });
  expect(second).toMatchObject({ ...COUNTS, snapshot: undefined });
  expect(second.bytesStored).toBeGreaterThan(1507);
  expect(await listSnapshots(lab.repository, lab.platform)).toHaveLength(1);
  const real = await backupOf(lab);
  expect(real).toMatchObject({ ...COUNTS, snapshot: 2 });
});

describe('a backup that skips what is unchanged', () => {
  const skip = { skipsIfUnchanged: true };

  test('makes a snapshot of each change, and of nothing else but the first', async () => {
    const lab = createLab({ lanes: 1 });
    const numberOf = async (change: () => void): Promise<number | undefined> => {
      change();
      // Or what came and went would be a change of the directory.
      fs.utimesSync(lab.source, 1000, 1000);
      lab.runAhead();
      return (await lab.backup(skip)).snapshot;
    };
    const numbers = [];
    for (const change of [
      () => undefined,
      () => undefined,
      () => lab.write('a', 'x'),
      () => undefined,
      // One that no umask gives.
      () => fs.chmodSync(lab.path('a'), 0o641),
      () => undefined,
      () => lab.remove('a'),
      () => undefined,
    ]) {
      numbers.push((await numberOf(change)) !== undefined);
    }
    expect(numbers).toEqual([true, false, true, false, true, false, true, false]);
  });
});

describe('how long it took is told', () => {
  test('by a backup that makes no snapshot, a restore and a prune', async () => {
    const lab = createLab({ lanes: 1 });
    lab.write('a', 'x');
    lab.runAhead();
    await lab.backup();
    await lab.backup();
    const skipped = await lab.backup({ skipsIfUnchanged: true, ...timed(lab) });
    expect(skipped).toMatchObject({ snapshot: undefined, durationMs: 3500 });
    expect(await lab.restore(2, timed(lab))).toMatchObject({ durationMs: 3500 });
    const pruned = await lab.prune({ keepLast: 1 }, timed(lab));
    expect(pruned).toMatchObject({ durationMs: 3500 });
  });
});

describe('an interrupt', () => {
  test.each<[string, (lab: Lab) => void]>([
    ['a file is gone', (lab) => lab.remove('kept')],
    ['a name is new', (lab) => fs.symlinkSync('kept', lab.path('link'))],
    ['a mode is another', (lab) => fs.chmodSync(lab.path('kept'), 0o711)],
  ])('at the last that is told, be it that %s, leaves no snapshot', async (_, change) => {
    const lab = createLab();
    lab.write('kept', 'x');
    lab.runAhead();
    await lab.backup();
    change(lab);
    const controller = new AbortController();
    const interrupted = lab.backup({
      signal: controller.signal,
      onPath: () => controller.abort(),
    });
    await expect(interrupted).rejects.toMatchObject({ code: 'INTERRUPTED' });
    expect(controller.signal.aborted).toBe(true);
    expect(await listSnapshots(lab.repository, lab.platform)).toHaveLength(1);
    await lab.backup();
    await lab.expectSound();
  });
});
