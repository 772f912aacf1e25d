import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import { describe, expect, test } from 'vitest';
import { keepFree, type MinFree } from '../../../src/repo/repository/free-space.js';
import { createLab } from '../../support/lab.js';

const MIB = 2 ** 20;

/** A file system of 100 MiB whose free space shrinks with every look. */
function labOfSmallDisk(free: readonly number[]) {
  const lab = createLab();
  const left = [...free];
  lab.useFiles({
    ...lab.platform.files,
    capacityBytes: () => 100 * MIB,
    freeBytes: () => (left.length > 1 ? (left.shift() ?? 0) : (left[0] ?? 0)) * MIB,
  });
  return lab;
}

test('a backup that would take what is to stay free ends while it grows', async () => {
  const lab = labOfSmallDisk([60, 9]);
  for (let i = 0; i < 10; i += 1) lab.write(`f${i}`, randomBytes(3 * MIB));
  await expect(lab.backup({ minFree: { type: 'share', fraction: 0.1 } })).rejects.toMatchObject({
    code: 'DISK_FULL',
    message: expect.stringContaining('has 9 MiB free, and 10 MiB are to stay free.') as string,
  });
  lab.useRealFiles();
  await lab.expectSound();
});

const LEAST = {
  bytes: { type: 'bytes', bytes: 10 * MIB },
  'a share': { type: 'share', fraction: 0.1 },
} as const satisfies Record<string, MinFree>;

describe.each(Object.entries(LEAST))('what is to stay free, in %s,', (_, minFree) => {
  test('is looked at before anything is stored, to the byte', async () => {
    const lab = labOfSmallDisk([10 - 1 / MIB]);
    lab.write('f', 'x');
    await expect(lab.backup({ minFree })).rejects.toMatchObject({
      code: 'DISK_FULL',
      message: expect.stringContaining('has 9 MiB free, and 10 MiB are to stay free.') as string,
    });
    expect(fs.readdirSync(lab.packs)).toEqual([]);
    lab.useRealFiles();
    await lab.expectSound();
  });

  test('may be all that is free', async () => {
    const lab = labOfSmallDisk([10]);
    lab.write('f', 'x');
    expect(await lab.backup({ minFree })).toMatchObject({ snapshot: 1 });
  });

  test('is nothing to a dry run, which takes none', async () => {
    const lab = labOfSmallDisk([9]);
    lab.write('f', 'x');
    expect(await lab.backup({ minFree, isDryRun: true })).toMatchObject({ files: 1 });
  });
});

test('a small backup is not looked at twice', async () => {
  const lab = labOfSmallDisk([60, 9]);
  lab.write('f', randomBytes(MIB));
  expect(await lab.backup({ minFree: { type: 'bytes', bytes: 10 * MIB } })).toMatchObject({
    snapshot: 1,
  });
});

test('nothing is asked where nothing is to stay free', async () => {
  const lab = labOfSmallDisk([0]);
  lab.write('f', randomBytes(MIB));
  expect(await lab.backup()).toMatchObject({ snapshot: 1 });
});

test('it is looked at again once 8 MiB were appended, and each time as much was', () => {
  const lab = createLab();
  let looks = 0;
  const platform = {
    ...lab.platform,
    files: { ...lab.platform.files, freeBytes: () => ((looks += 1), 100 * MIB) },
  };
  const held = { path: lab.repository, packDirectory: lab.packs, platform };
  const guard = keepFree(held, { type: 'bytes', bytes: MIB });
  const appended = [4 * MIB, 4 * MIB - 1, 1, 1, 8 * MIB - 2, 1, 9 * MIB, 1];
  const seen = appended.map((bytes) => {
    guard(bytes);
    return looks;
  });
  expect(seen).toEqual([1, 1, 2, 2, 2, 3, 4, 4]);
});

test('a share is of the whole file system, and rounded up', () => {
  const lab = createLab();
  const filesOf = (freeBytes: number) => ({
    ...lab.platform.files,
    capacityBytes: () => 1001,
    freeBytes: () => freeBytes,
  });
  const lookAt = (freeBytes: number) => () => {
    const platform = { ...lab.platform, files: filesOf(freeBytes) };
    keepFree(
      { path: lab.repository, packDirectory: lab.packs, platform },
      { type: 'share', fraction: 0.5 },
    );
  };
  expect(lookAt(500)).toThrow('has 0 MiB free, and 1 MiB are to stay free.');
  expect(lookAt(501)).not.toThrow();
});
