import * as fs from 'node:fs';
import { expect, test } from 'vitest';
import { openDatabase } from '../../../src/repo/index/database.js';
import { openFileSystem } from '../../../src/platform/files.js';
import { scratchDirectory } from '../../support/directory.js';

test.each(['create', 'build'] as const)(
  'a new index (%s) has the mode of the repository, and so have the files of its log',
  (mode) => {
    const directory = scratchDirectory();
    fs.writeFileSync(`${directory}/varve.json`, '{}');
    fs.chmodSync(`${directory}/varve.json`, 0o660);
    const path = `${directory}/index.sqlite`;
    openDatabase(path, mode, openFileSystem()).close();
    const modeOf = (file: string): number => fs.statSync(file).mode & 0o777;
    expect(modeOf(path)).toBe(0o660);
    for (const end of ['-wal', '-shm']) fs.rmSync(path + end, { force: true });
    const db = openDatabase(path, 'write', openFileSystem());
    db.exec('CREATE TABLE more (id INTEGER) STRICT');
    expect(['-wal', '-shm'].map((end) => modeOf(path + end))).toEqual([0o660, 0o660]);
    db.close();
  },
);

test('an index that is only read is not written', () => {
  const path = `${scratchDirectory()}/index.sqlite`;
  openDatabase(path, 'create', openFileSystem()).close();
  const db = openDatabase(path, 'read', openFileSystem());
  expect(() => db.exec('CREATE TABLE more (id INTEGER) STRICT')).toThrow('readonly');
  db.close();
});
