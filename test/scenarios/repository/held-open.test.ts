/** A repository that stays open, as a server or a mount has it. */
import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { tryLockExclusively } from '../../../src/repo/index/lock.js';
import { backup } from '../../../src/repo/operations/backup/backup.js';
import { listEntries } from '../../../src/repo/operations/queries/ls.js';
import { logPath } from '../../../src/repo/operations/queries/log.js';
import { listSnapshots } from '../../../src/repo/operations/queries/snapshots.js';
import { openRepository, type Repository } from '../../../src/repo/repository/repository.js';
import { createLab, type Lab } from '../../support/lab.js';
import { noise } from '../../support/seed.js';

const MAIN = fileURLToPath(new URL('../../../dist/cli/main.js', import.meta.url));

function openToRead({ repository, platform }: Lab): Repository {
  const opened = openRepository(repository, platform, { access: 'read' });
  onTestFinished(() => opened.close());
  return opened;
}

async function countSnapshots(repository: Repository): Promise<number> {
  return (await listSnapshots(repository)).length;
}

/** Runs the command in a process of its own. */
function varve({ repository }: Lab, ...args: string[]): void {
  const all = [MAIN, '--repo', repository, '-q', ...args];
  const { status, stderr } = spawnSync(process.execPath, all, { encoding: 'utf8' });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
}

describe('a repository held open', () => {
  test.runIf(fs.existsSync(MAIN))(
    'answers 1000 questions, and sees the snapshots that another process makes meanwhile',
    async () => {
      const lab = createLab();
      lab.write('file', 'first');
      varve(lab, 'backup', lab.source);
      const repository = openToRead(lab);
      const path = lab.path('file');
      for (let question = 0; question < 1000; question += 1) {
        if (question === 500) {
          lab.write('file', 'second');
          varve(lab, 'backup', lab.source);
        }
        const expected = question < 500 ? 1 : 2;
        if (question % 2 === 0) expect(await countSnapshots(repository)).toBe(expected);
        else expect((await logPath(repository, { path })).versions).toHaveLength(expected);
      }
    },
  );

  test.runIf(fs.existsSync(MAIN))(
    'holds no prune off between two questions: the space is given back',
    async () => {
      const lab = createLab({ lanes: 1 });
      lab.write('file', noise(900_000, 1));
      await lab.backup();
      lab.write('file', noise(900_000, 2));
      await lab.backup();
      const repository = openToRead(lab);
      expect(await countSnapshots(repository)).toBe(2);
      const allocated = (): number => fs.statSync(join(lab.packs, '00000001.pack')).blocks * 512;
      expect(allocated()).toBeGreaterThan(1_790_000);
      varve(lab, 'prune', '--keep-last', '1');
      expect(allocated()).toBeLessThan(1_000_000);
      expect(await countSnapshots(repository)).toBe(1);
    },
  );

  test('keeps the log of the index from growing: each run moves it into the database', async () => {
    const lab = createLab();
    lab.write('file', 'x');
    await lab.backup();
    const repository = openToRead(lab);
    const logBytes = (): number => fs.statSync(`${lab.indexPath}-wal`).size;
    expect(await countSnapshots(repository)).toBe(1);
    await lab.backup();
    const one = logBytes();
    for (let run = 3; run <= 12; run += 1) {
      await lab.backup();
      expect(await countSnapshots(repository)).toBe(run);
    }
    expect(logBytes()).toBeLessThan(3 * one);
  });

  test('sees one state in each question, whatever is committed meanwhile', async () => {
    const lab = createLab();
    lab.write('file', 'x');
    await lab.backup();
    const repository = openToRead(lab);
    const during = await repository.read(async ({ index }) => {
      const before = index.snapshots.all().length;
      await lab.backup();
      return [before, index.snapshots.all().length];
    });
    expect(during).toEqual([1, 1]);
    expect(await countSnapshots(repository)).toBe(2);
  });

  test('answers several questions at once', async () => {
    const lab = createLab();
    lab.write('file', 'x');
    await lab.backup();
    const repository = openToRead(lab);
    const listings = await Promise.all(
      Array.from({ length: 6 }, () =>
        listEntries(repository, { at: { type: 'latest' }, isRecursive: true }),
      ),
    );
    for (const { entries } of listings) expect([...entries]).toHaveLength(2);
    const alone = tryLockExclusively(join(lab.repository, 'lock.sqlite'));
    expect(alone).toBeDefined();
    alone!.release();
  });

  test('goes on with the new index when the old one is rebuilt', async () => {
    const lab = createLab();
    lab.write('file', 'x');
    await lab.backup();
    const repository = openToRead(lab);
    expect(await countSnapshots(repository)).toBe(1);
    await lab.rebuild();
    await lab.backup();
    expect(await countSnapshots(repository)).toBe(2);
  });

  test('that cannot be written is copied again when its index has changed', async () => {
    const lab = createLab();
    lab.write('file', 'x');
    await lab.backup();
    const files = { ...lab.platform.files, canWrite: () => false };
    const platform = { ...lab.platform, files };
    const repository = openRepository(lab.repository, platform, { access: 'read' });
    onTestFinished(() => repository.close());
    expect(await countSnapshots(repository)).toBe(1);
    await lab.backup();
    expect(await countSnapshots(repository)).toBe(2);
  });

  test('for reading refuses what would write', async () => {
    const lab = createLab();
    lab.write('file', 'x');
    await expect(backup(openToRead(lab), { paths: [lab.source] })).rejects.toMatchObject({
      code: 'REPOSITORY_READ_ONLY',
      message: `The repository ${lab.repository} was opened for reading.`,
    });
  });
});
