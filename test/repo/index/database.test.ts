import * as fs from 'node:fs';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { openDatabase } from '../../../src/repo/index/database.js';
import { openFileSystem } from '../../../src/platform/files.js';
import { scratchDirectory } from '../../support/directory.js';
import { systemError } from '../../support/faulty-files.js';
import { openFilesBelow } from '../../support/open-files.js';

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

test('what is no index is refused, and does not stay open', () => {
  const directory = scratchDirectory();
  const path = `${directory}/index.sqlite`;
  const other = new Database(path);
  other.exec('CREATE TABLE other (id INTEGER)');
  other.close();
  for (const mode of ['read', 'write'] as const) {
    expect(() => openDatabase(path, mode, openFileSystem())).toThrow(
      expect.objectContaining({ code: 'INDEX_CORRUPT' }),
    );
    expect(openFilesBelow(directory)).toEqual([]);
  }
  expect(() => openDatabase(`${directory}/none`, 'read', openFileSystem())).toThrow(
    expect.objectContaining({ code: 'INDEX_MISSING' }),
  );
});

test('what is committed is on disk before anything else is done', () => {
  const path = `${scratchDirectory()}/index.sqlite`;
  for (const mode of ['create', 'write'] as const) {
    const db = openDatabase(path, mode, openFileSystem());
    expect(db.pragma('synchronous', { simple: true })).toBe(2);
    expect(db.pragma('journal_mode', { simple: true })).toBe('wal');
    expect(db.pragma('trusted_schema', { simple: true })).toBe(0);
    db.close();
  }
});

test('files of the log that cannot be made are left to SQLite; a mistake is not hidden', () => {
  const path = `${scratchDirectory()}/index.sqlite`;
  const files = openFileSystem();
  openDatabase(path, 'create', files).close();
  const failing = (error: Error) => ({
    ...files,
    stat(name: string) {
      if (name.endsWith('-wal')) throw error;
      return files.stat(name);
    },
    open(...args: Parameters<typeof files.open>) {
      if (args[0].endsWith('-wal')) throw error;
      return files.open(...args);
    },
  });
  openDatabase(path, 'write', failing(systemError('EACCES'))).close();
  const mistake = new TypeError('a mistake');
  expect(() => openDatabase(path, 'write', failing(mistake))).toThrow(mistake);
});
