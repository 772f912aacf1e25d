import * as fs from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  lockForReading,
  lockForWriting,
  tryLockExclusively,
} from '../../../src/repo/index/lock.js';
import { reclaim } from '../../../src/repo/repository/reclaim.js';
import { openRepository } from '../../../src/repo/repository/repository.js';
import { expectInvariants, packRows } from '../../support/index-facts.js';
import { createLab } from '../../support/lab.js';
import { noise, prose } from '../../support/seed.js';
import { readTree } from '../../support/tree.js';

const noSleep = (): Promise<void> => Promise.resolve();

describe('the lock of a repository', () => {
  test('one writer: a second one is refused, and may come once the first has gone', async () => {
    const lab = createLab();
    const path = join(lab.repository, 'lock.sqlite');
    const first = await lockForWriting(path, 0, noSleep);
    await expect(lockForWriting(path, 0, noSleep)).rejects.toMatchObject({
      code: 'REPOSITORY_LOCKED',
      message: `Another process is writing to this repository (${path}).`,
      hint: 'Try again once it has finished, or give --lock-wait 10m to wait for it.',
    });
    await expect(lab.backup()).rejects.toMatchObject({ code: 'REPOSITORY_LOCKED' });
    first.release();
    (await lockForWriting(path, 0, noSleep)).release();
  });

  test('readers beside a writer and each other; nobody is alone beside them', async () => {
    const lab = createLab();
    const path = join(lab.repository, 'lock.sqlite');
    const writer = await lockForWriting(path, 0, noSleep);
    const readers = [
      await lockForReading(path, 0, noSleep),
      await lockForReading(path, 0, noSleep),
    ];
    writer.release();
    expect(tryLockExclusively(path)).toBeUndefined();
    for (const reader of readers) reader.release();
    const alone = tryLockExclusively(path);
    expect(alone).toBeDefined();
    await expect(lockForReading(path, 0, noSleep)).rejects.toMatchObject({
      code: 'REPOSITORY_LOCKED',
      message: `Another process is compacting this repository (${path}).`,
    });
    await expect(lockForWriting(path, 0, noSleep)).rejects.toMatchObject({
      code: 'REPOSITORY_LOCKED',
    });
    alone!.release();
  });

  test('a writer that waits gets its turn', async () => {
    const lab = createLab();
    const path = join(lab.repository, 'lock.sqlite');
    const first = await lockForWriting(path, 0, noSleep);
    let pauses = 0;
    const second = await lockForWriting(path, 10_000, () => {
      if (++pauses === 3) first.release();
      return Promise.resolve();
    });
    expect(pauses).toBe(3);
    second.release();
  });
});

describe('while space is given back', () => {
  test('a pack that another writer has taken up in the meantime is left alone', async () => {
    const lab = createLab({ lanes: 1 });
    lab.write('old', noise(30_000, 1));
    await lab.backup();
    lab.write('old', noise(30_000, 2));
    await lab.backup();
    await lab.prune({ keepLast: 1 });
    const db = new Database(lab.indexPath);
    onTestFinished(() => void db.close());
    const repository = openRepository(lab.repository, lab.platform, { access: 'write' });
    await repository.write((held) => {
      // The first pack holds nothing, as far as this writer can see.
      db.exec('UPDATE frame SET live = 0 WHERE kind = 1');
      const releaseLock = (): void => {
        held.releaseLock();
        db.exec('UPDATE frame SET live = total WHERE kind = 1');
      };
      reclaim({ ...held, releaseLock });
    });
    expect(packRows(lab.repository).map(({ number }) => number)).toContain(1);
    expect(fs.existsSync(join(lab.packs, '00000001.pack'))).toBe(true);
    await lab.expectSound();
  });

  test('nothing is punched under a reader; the next writer does it', async () => {
    const lab = createLab({ lanes: 1 });
    lab.write('old', noise(900_000, 1));
    await lab.backup();
    lab.write('old', noise(900_000, 2));
    await lab.backup({ tags: ['x'] });
    const repository = openRepository(lab.repository, lab.platform, { access: 'read' });
    const reading = await repository.beginReading();
    await lab.prune({ keepLast: 1 });
    const allocated = (): number => fs.statSync(join(lab.packs, '00000001.pack')).blocks * 512;
    expect(allocated()).toBeGreaterThan(1_790_000);
    reading.end();
    await lab.backup();
    expect(allocated()).toBeLessThan(1_000_000);
    await lab.expectSound();
    expectInvariants(lab.repository);
  });
});

describe('a restore while its snapshot is pruned', () => {
  test('ends as it began: every file of the snapshot is there', async () => {
    const lab = createLab({ lanes: 1 });
    for (let file = 0; file < 600; file += 1) lab.write(`f${file}`, prose(1, file));
    await lab.backup();
    const tree = readTree(lab.source);
    for (let file = 0; file < 600; file += 1) lab.write(`f${file}`, prose(2, 1000 + file));
    await lab.backup();
    const to = lab.newTarget();
    let pruning: Promise<unknown> = Promise.resolve();
    const { issues, files } = await lab.restore(1, {
      to,
      onStart: () => {
        pruning = lab.prune({ keepLast: 1 });
      },
    });
    await pruning;
    expect(issues).toEqual([]);
    expect(files).toBe(600);
    expect(readTree(to)).toEqual(tree);
  });
});
