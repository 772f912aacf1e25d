import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { explainFullDisk } from '../../../src/repo/repository/full-disk.js';
import { systemError } from '../../support/faulty-files.js';

test.each([
  ['the file system', systemError('ENOSPC')],
  ['the quota', systemError('EDQUOT')],
  ['SQLite', new Database.SqliteError('database or disk is full', 'SQLITE_FULL')],
])('a full disk, as %s says it, is DISK_FULL', async (_, cause) => {
  await expect(explainFullDisk('/repo', () => Promise.reject(cause))).rejects.toMatchObject({
    code: 'DISK_FULL',
    message: 'No space is left for the repository /repo.',
    cause,
  });
});

test('every other error passes as it is', async () => {
  const error = systemError('EIO');
  await expect(explainFullDisk('/repo', () => Promise.reject(error))).rejects.toBe(error);
  expect(await explainFullDisk('/repo', () => Promise.resolve(5))).toBe(5);
});
