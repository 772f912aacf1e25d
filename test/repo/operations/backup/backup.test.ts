import * as fs from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { BackupProgress } from '../../../../src/repo/operations/backup/snapshot-run.js';
import { queryIndex } from '../../../support/index-facts.js';
import { filesWithAt } from '../../../support/faulty-files.js';
import { backupOf, createLab, SMALL_PIECES } from '../../../support/lab.js';
import { openFilesBelow } from '../../../support/open-files.js';
import { noise } from '../../../support/seed.js';

const DELTAS = 'SELECT count(*) AS deltas FROM blob WHERE kind = 2';
const edited = (bytes: Buffer, seed: number): Buffer => {
  const copy = Buffer.from(bytes);
  copy.set(noise(40, seed), copy.length >> 1);
  return copy;
};

describe('what a file held before becomes a delta', () => {
  const before = noise(20_000, 1);

  test.each<[string, (lab: ReturnType<typeof createLab>) => void]>([
    ['of what it holds now', (lab) => lab.write('dir/file', edited(before, 2))],
    [
      'of the file of its name elsewhere, where it was moved and edited',
      (lab) => {
        lab.remove('dir/file');
        lab.write('other/file', edited(before, 2));
      },
    ],
    [
      'of the file of its inode, where it was renamed and edited',
      (lab) => {
        fs.renameSync(lab.path('dir/file'), lab.path('dir/another'));
        fs.writeFileSync(lab.path('dir/another'), edited(before, 2));
      },
    ],
    [
      'of what its hard links hold now',
      (lab) => {
        lab.remove('dir/file');
        lab.write('a', edited(before, 2));
        fs.linkSync(lab.path('a'), lab.path('dir/file'));
      },
    ],
  ])('%s', async (_, change) => {
    const lab = createLab({ lanes: 1 });
    lab.write('dir/file', before);
    lab.write('stays', 'x');
    await lab.backup();
    change(lab);
    await lab.backup();
    expect(queryIndex(lab.repository, DELTAS)).toEqual([{ deltas: 1 }]);
    await lab.expectSound();
  });

  test('of nothing that the first backup of another source brings', async () => {
    const lab = createLab({ lanes: 1 });
    lab.write('one/file', before);
    lab.write('two/file', edited(before, 2));
    await lab.backup({ paths: [lab.path('one')] });
    await lab.backup({ paths: [lab.path('two')] });
    expect(queryIndex(lab.repository, DELTAS)).toEqual([{ deltas: 0 }]);
  });
});

describe('notices', () => {
  test('of the place of the repository come with the first backup of a source alone', async () => {
    const lab = createLab({ lanes: 1 });
    lab.write('file', 'x');
    const codes = async () => (await lab.backup()).notices.map(({ code }) => code);
    expect((await codes()).length).toBe(1);
    lab.write('file', 'other');
    expect(await codes()).toEqual([]);
  });

  test('of a source that resembles a known one count hard links, too', async () => {
    const lab = createLab({ lanes: 1 });
    lab.write('one/a', 'the same');
    fs.linkSync(lab.path('one/a'), lab.path('one/b'));
    lab.write('two/one/a', 'the same');
    fs.linkSync(lab.path('two/one/a'), lab.path('two/one/b'));
    lab.write('two/one/new', 'another');
    await lab.backup({ paths: [lab.path('one')] });
    const { notices } = await backupOf(lab, { paths: [lab.path('two/one')] });
    expect(notices.map(({ code }) => code)).toEqual(['SOURCE_RESEMBLES']);
    expect(notices[0]!.message).toContain('2 of 3 files');
  });
});

describe('paths that do not exist', () => {
  const prepare = () => {
    const lab = createLab({ lanes: 1 });
    lab.write('there', 'x');
    return { lab, paths: ['there', 'gone'].map(lab.path) };
  };

  test('are a failure, unless they are tolerated', async () => {
    const { lab, paths } = prepare();
    await expect(lab.backup({ paths })).rejects.toMatchObject({ code: 'SOURCE_NOT_FOUND' });
    const { issues } = await lab.backup({ paths, toleratesMissing: true });
    expect(issues.map(({ code }) => code)).toEqual(['SOURCE_MISSING']);
  });

  test('are a failure where all of them are', async () => {
    const { lab } = prepare();
    const tolerant = { paths: [lab.path('gone')], toleratesMissing: true };
    await expect(lab.backup(tolerant)).rejects.toMatchObject({ code: 'SOURCE_NOT_FOUND' });
  });
});

test('the repository does not back itself up', async () => {
  const lab = createLab({ lanes: 1 });
  const paths = [lab.repository];
  await expect(lab.backup({ paths })).rejects.toMatchObject({ code: 'SOURCE_IS_REPOSITORY' });
  expect(openFilesBelow(lab.directory)).toEqual([]);
});

describe('progress', () => {
  test('never goes back, and ends with all that there is', async () => {
    const lab = createLab({ chunking: SMALL_PIECES, lanes: 1 });
    lab.write('large', noise(100_000, 1));
    for (const name of ['a', 'b', 'z']) lab.write(name, noise(100, 2));
    const told: BackupProgress[] = [];
    await lab.backup({ onProgress: (progress) => void told.push(progress) });
    const bytes = told.map((one) => one.bytes);
    expect(bytes).toEqual(bytes.toSorted((a, b) => a - b));
    const parts = told.filter(({ current }) => current === lab.bytes('large'));
    expect(parts.length).toBeGreaterThan(3);
    expect(new Set(parts.map((one) => one.bytes)).size).toBe(parts.length);
    expect(parts.at(-1)!.bytes).toBeGreaterThanOrEqual(100_000);
    expect(told.at(-1)!.bytes).toBeLessThanOrEqual(100_300);
  });
});

test('what rules cannot be read are issues, with what the walk finds', async () => {
  const lab = createLab({ lanes: 1 });
  lab.write('.varveignore', `${'x'.repeat(1024 * 1024)}\n`);
  lab.write('file', 'x');
  lab.useFiles(
    filesWithAt((real) => ({
      open(directory, name, mode) {
        if (name.endsWith('file')) throw Object.assign(new Error('EACCES'), { code: 'EACCES' });
        return real.open(directory, name, mode);
      },
    })),
  );
  const { issues } = await lab.backup();
  expect(issues.map(({ code }) => code).toSorted()).toEqual(['RULES_UNREADABLE', 'UNREADABLE']);
});

test('an interrupt is seen by the walk', async () => {
  const lab = createLab({ lanes: 1 });
  for (let at = 0; at < 300; at++) fs.symlinkSync('x', lab.path(`l${at}`));
  const controller = new AbortController();
  let looked = 0;
  lab.useFiles(
    filesWithAt((real) => ({
      readSymlink(directory, name) {
        if (++looked === 10) controller.abort();
        return real.readSymlink(directory, name);
      },
    })),
  );
  await expect(lab.backup({ signal: controller.signal })).rejects.toMatchObject({
    code: 'INTERRUPTED',
  });
  expect(looked).toBeLessThan(129);
  expect(openFilesBelow(lab.directory)).toEqual([]);
});

test('several sources take turns in being read again', async () => {
  const lab = createLab({ lanes: 1 });
  for (const name of ['one', 'two']) {
    for (let at = 0; at < 40; at++) lab.write(`${name}/${at}`, `${at}`);
  }
  lab.runAhead();
  const paths = ['one', 'two'].map((name) => [lab.path(name)]);
  for (const each of paths) await lab.backup({ paths: each });
  // By the number of the snapshot alone, each source would come to one half of its files only.
  const read: number[] = [];
  for (let round = 0; round < 6; round++) {
    for (const each of paths) {
      const { bytesRead } = await lab.backup({ paths: each, rereadShare: 0.5 });
      if (each === paths[0]) read.push(bytesRead);
    }
  }
  expect(read.every((bytes) => bytes > 0)).toBe(true);
  expect(new Set(read).size).toBeGreaterThan(1);
});
