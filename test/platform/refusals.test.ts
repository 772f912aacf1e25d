import { join } from 'node:path';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import Database from 'better-sqlite3';
import { CodedError } from '../../src/errors.js';
import { explainRefusal, type Place } from '../../src/platform/refusals.js';
import { fileErrorCode, sqliteCode, systemErrorCode } from '../../src/platform/system-errors.js';
import { scratchDirectory } from '../support/directory.js';

const PLACE: Place = { name: 'the repository /r', path: '/r' };
const sqlite = (code: string, message = 'x') => new Database.SqliteError(message, code);

/** As Node makes it for a number of libuv, and for one that libuv does not know. */
function systemError(code: string, errno: number, path?: string): Error {
  const message = code.startsWith('E') ? `${code}: words, write` : `${code}: ${code}, write`;
  return Object.assign(new Error(message), {
    code,
    errno,
    syscall: 'write',
    ...(path && { path }),
  });
}

const byNumber = (number: number) => systemError(`Unknown system error -${number}`, -number);

describe('the code of a failed system call', () => {
  test.each([
    ['EDQUOT', 122],
    ['ESTALE', 116],
    ['ENOLCK', 37],
    ['EUCLEAN', 117],
    ['EREMOTEIO', 121],
  ])('is %s where Node knows only the number %i', (name, number) => {
    expect(systemErrorCode(byNumber(number))).toBe(name);
    const ofLibc = Object.assign(new Error('x'), { code: `E${number}`, errno: -number });
    expect(systemErrorCode(ofLibc)).toBe(name);
  });

  test('is none of any other error', () => {
    const others = [new TypeError('x'), new CodedError('USAGE', 'x'), 'EIO', sqlite('SQLITE_FULL')];
    expect(others.map(systemErrorCode)).toEqual(others.map(() => undefined));
    const ofNode = Object.assign(new Error('x'), { code: 'ERR_INVALID_ARG_TYPE' });
    expect(systemErrorCode(ofNode)).toBeUndefined();
  });

  test('is that of one file only where the others would not fail, too', () => {
    const codes = ['EACCES', 'EIO', 'EFBIG', 'EMFILE', 'ENFILE', 'ENOMEM', 'ENOSPC', 'EDQUOT'];
    expect(codes.map((code) => fileErrorCode(systemError(code, -1)))).toEqual([
      ...codes.slice(0, 3),
      ...codes.slice(3).map(() => undefined),
    ]);
  });

  test("is not SQLite's, which is known by its class", () => {
    expect(sqliteCode(sqlite('SQLITE_BUSY'))).toBe('SQLITE_BUSY');
    expect(sqliteCode(systemError('EIO', -5))).toBeUndefined();
  });
});

describe('a refusal', () => {
  test.each<[string, Error, string]>([
    ['a quota', byNumber(122), 'DISK_FULL'],
    ['a full disk', systemError('ENOSPC', -28), 'DISK_FULL'],
    ['a limit of sizes', systemError('EFBIG', -27), 'FILE_SIZE_LIMIT'],
    ['a bad sector', systemError('EIO', -5), 'DISK_FAILED'],
    ['a server of files that is gone', byNumber(116), 'DISK_FAILED'],
    ['a damaged file system', byNumber(117), 'DISK_FAILED'],
    ['no locks', byNumber(37), 'DISK_FAILED'],
    ['a limit of open files', systemError('EMFILE', -24), 'OPEN_FILES_LIMIT'],
    ['no memory', systemError('ENOMEM', -12), 'OUT_OF_MEMORY'],
    ['a full disk in the index', sqlite('SQLITE_FULL'), 'DISK_FULL'],
    ['a long lock of the index', sqlite('SQLITE_BUSY_SNAPSHOT'), 'REPOSITORY_LOCKED'],
    ['a lock that cannot be had', sqlite('SQLITE_PROTOCOL'), 'REPOSITORY_LOCKED'],
    ['a damaged index', sqlite('SQLITE_CORRUPT_INDEX'), 'INDEX_CORRUPT'],
    ['no index', sqlite('SQLITE_NOTADB'), 'INDEX_CORRUPT'],
    ['an index without tables', sqlite('SQLITE_ERROR', 'no such table: blob'), 'INDEX_CORRUPT'],
    ['no memory for SQLite', sqlite('SQLITE_IOERR_NOMEM'), 'OUT_OF_MEMORY'],
  ])('by %s has a code, the place and an advice', (_, error, code) => {
    const explained = explainRefusal(error, PLACE);
    expect(explained).toMatchObject({ code, cause: error });
    if (!/OPEN_FILES|OUT_OF/.test(code))
      expect(explained?.message).toMatch(/[Tt]he repository \/r/);
    expect(explained?.hint).toMatch(/\.$/);
  });

  test.each([
    'Worker initialization failure: EMFILE',
    'Cannot read package config /p/package.json: too many open files.',
  ])('without a code is known by its words: %s', (message) => {
    expect(explainRefusal(new Error(message), PLACE)?.code).toBe('OPEN_FILES_LIMIT');
  });

  test('names the file that the system names', () => {
    const here = explainRefusal(systemError('EIO', -5, '/r/packs/1.pack'), PLACE);
    expect(here?.message).toContain(
      "the repository /r failed (EIO: words, write '/r/packs/1.pack')",
    );
    const there = explainRefusal(systemError('EIO', -5, '/rest/file'), PLACE);
    expect(there?.message).toContain('system of /rest/file failed (EIO: words');
  });

  test('of a permission means what the place is used for', () => {
    const codes = ['EACCES', 'EPERM', 'EROFS'];
    const explainAll = (place: Place) =>
      codes.map((code) => explainRefusal(systemError(code, -1), place)?.code);
    expect(explainAll({ ...PLACE, access: 'write' })).toEqual(
      codes.map(() => 'REPOSITORY_READ_ONLY'),
    );
    expect(explainAll({ ...PLACE, access: 'read' })).toEqual(
      codes.map(() => 'REPOSITORY_UNREADABLE'),
    );
    expect(explainAll(PLACE)).toEqual(codes.map(() => undefined));
  });

  test('is none of a bug, of our own errors, and of codes that say nothing alone', () => {
    const others = [
      new TypeError('x'),
      new CodedError('USAGE', 'x'),
      systemError('ENOENT', -2),
      null,
    ];
    expect(others.map((error) => explainRefusal(error, PLACE))).toEqual(
      others.map(() => undefined),
    );
  });
});

describe('what SQLite does not say', () => {
  test('is asked of the system, which leaves nothing behind', () => {
    const directory = scratchDirectory();
    const path = join(directory, 'index.sqlite');
    writeFileSync(path, 'x');
    const explained = explainRefusal(sqlite('SQLITE_IOERR_READ'), { name: 'the index', path });
    expect(explained?.code).toBe('DISK_FAILED');
    expect(explained?.message).toContain('SQLITE_IOERR_READ');
    expect(readdirSync(directory)).toEqual(['index.sqlite']);
  });

  test('is that a directory lies there', () => {
    const path = join(scratchDirectory(), 'index.sqlite');
    mkdirSync(path);
    const explained = explainRefusal(sqlite('SQLITE_CANTOPEN'), { name: 'the index', path });
    expect(explained?.code).toBe('INDEX_CORRUPT');
  });
});
