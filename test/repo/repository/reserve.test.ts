/** A little space is kept for what frees more of it, and for nothing else. */
import * as fs from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { FileSystem } from '../../../src/platform/files.js';
import { keepReserve } from '../../../src/repo/repository/reserve.js';
import { systemError } from '../../support/faulty-files.js';
import { createLab, type Lab } from '../../support/lab.js';
import { openFilesBelow } from '../../support/open-files.js';
import { noise } from '../../support/seed.js';

const KIB = 1024;
const MIB = 1024 * KIB;
/** What is kept at least. */
const LEAST = 512 * KIB;

const reserveOf = ({ repository }: Lab): string => {
  const name = fs.readdirSync(repository).find((found) => found.includes('reserve'));
  return join(repository, name ?? 'none');
};

async function prepare(): Promise<Lab> {
  const lab = createLab({ lanes: 1 });
  for (const seed of [1, 2]) {
    lab.write('file', noise(20_000, seed));
    await lab.backup();
  }
  expect(fs.statSync(reserveOf(lab)).size).toBe(LEAST);
  // Zeros would take no space everywhere.
  expect(fs.statSync(reserveOf(lab)).blocks * 512).toBe(LEAST);
  return lab;
}

/** What `operate` does to the reserve where so much is free. */
async function callsOf(
  lab: Lab,
  freeBytes: number,
  operate: () => Promise<unknown>,
): Promise<string[]> {
  const calls: string[] = [];
  const { files } = lab.platform;
  const isReserve = (path: string): boolean => path.includes('reserve');
  lab.useFiles({
    ...files,
    freeBytes: () => freeBytes,
    remove(path) {
      if (isReserve(path)) calls.push('released');
      files.remove(path);
    },
    open(path, mode) {
      if (isReserve(path) && mode === 'create') calls.push('made');
      return files.open(path, mode);
    },
  });
  await operate();
  lab.useRealFiles();
  return calls;
}

describe('where little is free', () => {
  test.each<[string, (lab: Lab) => Promise<unknown>]>([
    ['a prune', (lab) => lab.prune({ keepLast: 1 })],
    ['a repair', (lab) => lab.repair()],
    ['a rebuild of the index', (lab) => lab.rebuild()],
  ])('%s takes what is kept, and keeps as much again', async (_, operate) => {
    const lab = await prepare();
    expect(await callsOf(lab, LEAST, () => operate(lab))).toEqual(['released', 'made']);
    expect(await callsOf(lab, 64 * MIB - 1, () => operate(lab))).toEqual(['released', 'made']);
    expect(await callsOf(lab, 64 * MIB, () => operate(lab))).toEqual([]);
    expect(await callsOf(lab, LEAST - 1, () => operate(lab))).toEqual(['released']);
    await lab.expectSound();
  });

  test('a backup does not, and makes none where four times as much is not free', async () => {
    const lab = await prepare();
    const backup = () => lab.backup();
    expect(await callsOf(lab, 1000, backup)).toEqual([]);
    fs.rmSync(reserveOf(lab));
    expect(await callsOf(lab, 4 * LEAST - 1, backup)).toEqual([]);
    expect(await callsOf(lab, 4 * LEAST, backup)).toEqual(['made']);
  });
});

test('one that is less than half of what it should be is made anew', async () => {
  const lab = await prepare();
  fs.truncateSync(reserveOf(lab), LEAST / 2);
  expect(await callsOf(lab, 64 * MIB, () => lab.backup())).toEqual([]);
  fs.truncateSync(reserveOf(lab), LEAST / 2 - 1);
  expect(await callsOf(lab, 64 * MIB, () => lab.backup())).toEqual(['released', 'made']);
  expect(fs.statSync(reserveOf(lab)).size).toBe(LEAST);
});

test('no run fails for its sake', async () => {
  const lab = await prepare();
  fs.rmSync(reserveOf(lab));
  const { files } = lab.platform;
  lab.useFiles({
    ...files,
    open(path, mode) {
      if (path.includes('reserve')) throw systemError('EACCES');
      return files.open(path, mode);
    },
  });
  await lab.backup();
  lab.useRealFiles();
  expect(fs.existsSync(reserveOf(lab))).toBe(false);
  await lab.expectSound();
});

describe('how much is kept', () => {
  /** What is written for an index of so many bytes, where `found` are there already. */
  function writtenFor(indexBytes: number, found?: number, freeBytes = 2 ** 40): number | undefined {
    const { repository, platform, indexPath } = createLab();
    const reserve = join(repository, 'reserve');
    fs.rmSync(reserve);
    if (found !== undefined) fs.writeFileSync(reserve, '');
    if (found !== undefined) fs.truncateSync(reserve, found);
    let written: number | undefined;
    const files: FileSystem = {
      ...platform.files,
      freeBytes: () => freeBytes,
      stat(path) {
        const stat = platform.files.stat(path);
        return path === indexPath && stat ? { ...stat, sizeBytes: indexBytes } : stat;
      },
      write: (_, { length }) => void (written = length),
    };
    keepReserve(repository, { ...platform, files });
    expect(openFilesBelow(repository)).toEqual([]);
    return written;
  }

  test.each([
    ['the least for a small index', 100 * KIB, LEAST],
    ['the least for one of eight times that', 8 * LEAST, LEAST],
    ['an eighth of a larger one', 8 * LEAST + 8, LEAST + 1],
    ['an eighth of a large one', 64 * MIB, 8 * MIB],
    ['no more than 16 MiB', 128 * MIB + 8, 16 * MIB],
    ['no more than that, however large it is', 100_000 * MIB, 16 * MIB],
  ])('is %s', (_, indexBytes, expected) => {
    expect(writtenFor(indexBytes)).toBe(expected);
  });

  test('is made anew where the index has outgrown the half of it', () => {
    expect(writtenFor(64 * MIB, 4 * MIB)).toBeUndefined();
    expect(writtenFor(64 * MIB, 4 * MIB - 1)).toBe(8 * MIB);
  });

  test('is nothing where four times as much is not free', () => {
    expect(writtenFor(64 * MIB, undefined, 32 * MIB - 1)).toBeUndefined();
    expect(writtenFor(64 * MIB, undefined, 32 * MIB)).toBe(8 * MIB);
  });
});

test('it is for whom the other files of the repository are, and takes up space', () => {
  const lab = createLab();
  fs.chmodSync(join(lab.repository, 'varve.json'), 0o664);
  fs.rmSync(join(lab.repository, 'reserve'));
  keepReserve(lab.repository, lab.platform);
  expect(fs.statSync(join(lab.repository, 'reserve')).mode & 0o777).toBe(0o664);
  // A file system that keeps no zeros keeps these bytes.
  const bytes = fs.readFileSync(join(lab.repository, 'reserve'));
  expect(bytes.filter((byte) => byte === 0).length).toBeLessThan(bytes.length / 100);
  expect(openFilesBelow(lab.repository)).toEqual([]);
});
