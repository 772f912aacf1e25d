import * as fs from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  createLockFile,
  isLockDamaged,
  lockForReading,
  lockForWriting,
  lockWithoutWriting,
  rewriteLockFile,
  tryLockExclusively,
} from '../../../src/repo/index/lock.js';
import { openFileSystem } from '../../../src/platform/files.js';
import { scratchDirectory } from '../../support/directory.js';

const files = openFileSystem();
const LOCKED = { code: 'REPOSITORY_LOCKED' };

function lockFile(): string {
  const path = join(scratchDirectory(), 'lock.sqlite');
  createLockFile(files, path);
  return path;
}

/** Counts the pauses; at the `last` of them something happens. */
function pauses(last = Infinity, happens: () => void = () => undefined) {
  const counted = { count: 0 };
  const sleep = (): Promise<void> => {
    counted.count += 1;
    if (counted.count === last) happens();
    return Promise.resolve();
  };
  return { counted, sleep };
}
const { sleep } = pauses();

describe('beside each other are', () => {
  test('any number of readers and one writer', async () => {
    const path = lockFile();
    const held = [
      await lockForReading(path, 0, sleep),
      await lockForWriting(path, 0, sleep),
      await lockForReading(path, 0, sleep),
      (await lockWithoutWriting(path, 0, sleep))!,
    ];
    await expect(lockForWriting(path, 0, sleep)).rejects.toMatchObject(LOCKED);
    held[1]!.release();
    held[1] = await lockForWriting(path, 0, sleep);
    for (const lock of held) lock.release();
  });

  test('who gives space back and nobody else', async () => {
    const path = lockFile();
    const alone = tryLockExclusively(path);
    expect(alone).toBeDefined();
    expect(tryLockExclusively(path)).toBeUndefined();
    await expect(lockForReading(path, 0, sleep)).rejects.toMatchObject(LOCKED);
    await expect(lockWithoutWriting(path, 0, sleep)).rejects.toMatchObject(LOCKED);
    await expect(lockForWriting(path, 0, sleep)).rejects.toMatchObject(LOCKED);
    alone?.release();
    for (const lock of [lockForReading, lockForWriting]) {
      const held = await lock(path, 0, sleep);
      expect(tryLockExclusively(path)).toBeUndefined();
      held.release();
    }
    tryLockExclusively(path)?.release();
  });
});

describe.each([
  ['a writer', lockForWriting],
  ['a reader', lockForReading],
])('%s waits', (_, lock) => {
  test.each([
    [0, 0],
    [1, 1],
    [100, 1],
    [101, 2],
    [300, 3],
  ])('for %i ms with so many pauses: %i', async (waitMs, count) => {
    const path = lockFile();
    const alone = tryLockExclusively(path);
    const { counted, sleep: pause } = pauses();
    await expect(lock(path, waitMs, pause)).rejects.toMatchObject(LOCKED);
    expect(counted.count).toBe(count);
    alone?.release();
  });

  test('no longer than for the lock to be free', async () => {
    const path = lockFile();
    const alone = tryLockExclusively(path);
    const { counted, sleep: pause } = pauses(2, () => alone?.release());
    (await lock(path, 10_000, pause)).release();
    expect(counted.count).toBe(2);
  });
});

/** Ways in which a lock database cannot be used; none means that somebody holds it. */
const UNUSABLE: readonly (readonly [string, (path: string) => void, RegExp])[] = [
  ['text', (path) => fs.writeFileSync(path, 'not a database, '.repeat(99)), /^SQLITE_NOTADB/],
  [
    'a directory',
    (path) => {
      fs.rmSync(path);
      fs.mkdirSync(path);
    },
    /^SQLITE_CANTOPEN/,
  ],
  [
    'in a directory that is gone',
    (path) => fs.rmSync(join(path, '..'), { recursive: true }),
    /^SQLITE_CANTOPEN|^undefined$/,
  ],
];

describe.each(UNUSABLE)('a lock database that is %s', (_, spoil, code) => {
  test('fails as what it is, never as locked', async () => {
    const path = lockFile();
    spoil(path);
    const { counted, sleep: pause } = pauses();
    for (const lock of [lockForReading, lockForWriting]) {
      const failure: unknown = await lock(path, 500, pause).then(
        () => undefined,
        (error: unknown) => error,
      );
      expect(failure).toBeInstanceOf(Error);
      expect(String((failure as NodeJS.ErrnoException).code)).toMatch(code);
    }
    expect(() => tryLockExclusively(path)).toThrow();
    expect(counted.count).toBe(0);
  });
});

test.each(UNUSABLE.slice(0, 2))(
  'who may not write goes without one that is %s',
  async (_, spoil) => {
    const path = lockFile();
    spoil(path);
    expect(await lockWithoutWriting(path, 0, sleep)).toBeUndefined();
  },
);

test.each([
  ['SQLITE_NOTADB', true],
  ['SQLITE_CORRUPT', true],
  ['SQLITE_CORRUPT_VTAB', true],
  ['SQLITE_ERROR', true],
  ['SQLITE_IOERR_SHORT_READ', true],
  ['SQLITE_IOERR_READ', false],
  ['SQLITE_IOERR_LOCK', false],
  ['SQLITE_BUSY', false],
  ['SQLITE_FULL', false],
  ['SQLITE_READONLY', false],
  ['SQLITE_CANTOPEN', false],
])('%s is damage of the lock: %s', (code, isDamage) => {
  const error = Object.assign(new Error('said'), { name: 'SqliteError', code });
  expect(isLockDamaged(error)).toBe(isDamage);
  expect(isLockDamaged(Object.assign(new Error('said'), { code }))).toBe(false);
});

test('sound bytes go into the file that is there, over all of what it held', async () => {
  const path = lockFile();
  const { ino, size } = fs.statSync(path);
  fs.writeFileSync(path, 'not a database, '.repeat(2000));
  rewriteLockFile(files, path);
  expect(fs.statSync(path)).toMatchObject({ ino, size });
  const held = await lockForWriting(path, 0, sleep);
  expect(tryLockExclusively(path)).toBeUndefined();
  held.release();
});
