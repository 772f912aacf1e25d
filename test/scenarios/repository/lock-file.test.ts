/** The lock database holds no data: whatever its bytes are, nothing is kept from working. */
import * as fs from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { lockForWriting, tryLockExclusively } from '../../../src/repo/index/lock.js';
import { listSnapshots } from '../../../src/repo/operations/queries/snapshots.js';
import { openRepository } from '../../../src/repo/repository/repository.js';
import { createLab } from '../../support/lab.js';

const DAMAGES: Record<string, (path: string, sound: Buffer) => void> = {
  'is empty': (path) => fs.writeFileSync(path, ''),
  'is text': (path) => fs.writeFileSync(path, 'not a database, '.repeat(1000)),
  'is zeros': (path, sound) => fs.writeFileSync(path, Buffer.alloc(sound.length)),
  'is cut off': (path, sound) => fs.writeFileSync(path, sound.subarray(0, 700)),
  'is cut off in its first page': (path, sound) => fs.writeFileSync(path, sound.subarray(0, 60)),
  'is longer than it was': (path, sound) =>
    fs.writeFileSync(path, Buffer.concat([Buffer.alloc(sound.length, 1), sound, sound])),
  'has a damaged header': (path, sound) =>
    fs.writeFileSync(path, Buffer.concat([Buffer.from('x'), sound.subarray(1)])),
  'has a damaged schema': (path, sound) =>
    fs.writeFileSync(path, Buffer.from(sound).fill(255, 100)),
  'is missing': (path) => fs.rmSync(path),
};

async function damagedLab(damage: (path: string, sound: Buffer) => void) {
  const lab = createLab({ lanes: 1 });
  lab.write('a', 'a');
  await lab.backup();
  const path = join(lab.repository, 'lock.sqlite');
  damage(path, fs.readFileSync(path));
  return { lab, path };
}

describe.each(Object.entries(DAMAGES))('a lock that %s', (_, damage) => {
  test('keeps no writer', async () => {
    const { lab } = await damagedLab(damage);
    await lab.backup();
    await lab.prune({ keepLast: 1 });
    await lab.repair();
    await lab.expectSound();
  });

  test('keeps no reader', async () => {
    const { lab } = await damagedLab(damage);
    using repository = openRepository(lab.repository, lab.platform, { access: 'read' });
    expect(await listSnapshots(repository)).toHaveLength(1);
  });

  test('holds again once it was mended', async () => {
    const { lab, path } = await damagedLab(damage);
    const pause = (): Promise<void> => Promise.resolve();
    await lab.backup();
    const lock = await lockForWriting(path, 0, pause);
    await expect(lab.backup()).rejects.toMatchObject({ code: 'REPOSITORY_LOCKED' });
    lock.release();
    const alone = tryLockExclusively(path);
    await expect(lab.verify()).rejects.toMatchObject({ code: 'REPOSITORY_LOCKED' });
    alone?.release();
    await lab.verify();
  });
});

test('a lock that was mended is as long as a new one, with the mode that it had', async () => {
  const { lab, path } = await damagedLab((file) => {
    fs.writeFileSync(file, 'not a database, '.repeat(1000));
    fs.chmodSync(file, 0o640);
  });
  await lab.backup();
  const fresh = createLab();
  const { size } = fs.statSync(join(fresh.repository, 'lock.sqlite'));
  expect([fs.statSync(path).size, fs.statSync(path).mode & 0o777]).toEqual([size, 0o640]);
});

test('a lock that is damaged while it is held is mended without being lost', async () => {
  const { lab, path } = await damagedLab(() => undefined);
  const lock = await lockForWriting(path, 0, () => Promise.resolve());
  const descriptor = fs.openSync(path, 'r+');
  fs.writeSync(descriptor, Buffer.alloc(500, 1), 0, 500, 0);
  // Not closed before the end: this process would lose its locks.
  await expect(lab.backup()).rejects.toMatchObject({ code: 'REPOSITORY_LOCKED' });
  lock.release();
  await lab.backup();
  fs.closeSync(descriptor);
});

test('what is not a file is named, and not opened', async () => {
  const { lab, path } = await damagedLab((file) => {
    fs.rmSync(file);
    fs.mkdirSync(file);
  });
  for (const operate of [() => lab.backup(), () => lab.verify(), () => lab.rebuild()]) {
    await expect(operate()).rejects.toMatchObject({
      code: 'LOCK_UNUSABLE',
      message: `The lock ${path} is not a file.`,
    });
  }
});
