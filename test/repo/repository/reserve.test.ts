/** A little space is kept for what frees more of it, and for nothing else. */
import * as fs from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { systemError } from '../../support/faulty-files.js';
import { createLab, type Lab } from '../../support/lab.js';
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
