import * as fs from 'node:fs';
import { expect, test } from 'vitest';
import {
  fileErrorCode,
  reasonOf,
  saysVanished,
  sqliteCode,
  systemErrorCode,
} from '../../src/platform/system-errors.js';
import { testDirectory } from '../support/directory.js';

const directory = testDirectory();

function failureOf(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was refused');
}

test('a known refusal is told in words, without the call or the path', () => {
  const file = `${directory}/file`;
  fs.writeFileSync(file, '');
  fs.symlinkSync('loop', `${directory}/loop`);
  const refused = [
    () => fs.readFileSync(`${directory}/none`),
    () => fs.readFileSync(directory),
    () => fs.readFileSync(`${file}/x`),
    () => fs.mkdirSync(file),
    () => fs.readFileSync(`${directory}/loop`),
    () => fs.readFileSync(`${directory}/${'n'.repeat(300)}`),
  ];
  expect(refused.map((action) => reasonOf(failureOf(action)))).toEqual([
    'it does not exist',
    'it is a directory',
    'a part of its path is not a directory',
    'it exists already',
    'it is a symbolic link, or its links lead in a circle',
    'a name in it is too long',
  ]);
});

test.each([
  ['EIO: i/o error, read', 'EIO', 'i/o error (EIO)'],
  ["ESTALE: stale file handle, open '/mnt/x'", 'ESTALE', 'stale file handle (ESTALE)'],
  ['ENXIO: no such device or address', 'ENXIO', 'no such device or address (ENXIO)'],
])('of another one (%s) the words and the code are kept', (message, code, reason) => {
  expect(reasonOf(Object.assign(new Error(message), { code }))).toBe(reason);
});

test('what is not of the system is told as it is', () => {
  expect(reasonOf(new Error('the end is missing'))).toBe('the end is missing');
  expect(reasonOf('gone')).toBe('gone');
});

test.each([
  ['EACCES', 'permission denied'],
  ['EBUSY', 'it is in use'],
  ['EEXIST', 'it exists already'],
  ['EFBIG', 'it would be larger than a file may be here'],
  ['EISDIR', 'it is a directory'],
  ['ELOOP', 'it is a symbolic link, or its links lead in a circle'],
  ['EMFILE', 'too many files are open'],
  ['ENAMETOOLONG', 'a name in it is too long'],
  ['ENOENT', 'it does not exist'],
  ['ENOTDIR', 'a part of its path is not a directory'],
  ['EPERM', 'the operation is not permitted'],
  ['EROFS', 'its file system is read-only'],
])('%s is told as: %s', (code, reason) => {
  const error = Object.assign(new Error(`${code}: words, call '/path'`), { code });
  expect(reasonOf(error)).toBe(reason);
});

test.each([
  [{ code: 'ENOENT' }, 'ENOENT'],
  [{ code: 'E117' }, 'EUCLEAN'],
  [{ code: 'E121' }, 'EREMOTEIO'],
  [{ code: 'E123' }, 'ENOMEDIUM'],
  [{ code: 'E124' }, 'EMEDIUMTYPE'],
  [{ code: 'E126' }, 'ENOKEY'],
  [{ code: 'E122' }, 'EDQUOT'],
  [{ code: 'E9999' }, 'E9999'],
  [{ errno: -122, syscall: 'write' }, 'EDQUOT'],
  [{ errno: -122 }, undefined],
  [{ syscall: 'write' }, undefined],
  [{ code: 7 }, undefined],
  [{ code: 'xEIO' }, undefined],
  [{ code: 'EIO x' }, undefined],
  [{ code: 'ERR_X' }, undefined],
  [{}, undefined],
])('what says %j of itself is the failure %s of the system', (said, code) => {
  expect(systemErrorCode(Object.assign(new Error('x'), said))).toBe(code);
  expect(systemErrorCode(said)).toBeUndefined();
  const isLimit = code !== undefined && ['EDQUOT'].includes(code);
  expect(fileErrorCode(Object.assign(new Error('x'), said))).toBe(isLimit ? undefined : code);
});

test('a failure is of SQLite by its name, and only an error is one', () => {
  const named = (name: string) => Object.assign(new Error('x'), { name, code: 'SQLITE_BUSY' });
  expect([sqliteCode(named('SqliteError')), sqliteCode(named('Error'))]).toEqual([
    'SQLITE_BUSY',
    undefined,
  ]);
  expect(sqliteCode({ name: 'SqliteError', code: 'SQLITE_BUSY' })).toBeUndefined();
});

test('words without a code, or a code without words, are told as they are', () => {
  expect(reasonOf(new Error('EIO: i/o error, read'))).toBe('EIO: i/o error, read');
  expect(reasonOf(Object.assign(new Error('broken'), { code: 'EIO' }))).toBe('broken');
  const late = Object.assign(new Error('see EIO: i/o error, read'), { code: 'EIO' });
  expect(reasonOf(late)).toBe('see EIO: i/o error, read');
});

test.each([
  ['ENOENT', true],
  ['ENOTDIR', true],
  ['ELOOP', true],
  ['ENXIO', true],
  ['EACCES', false],
  ['EIO', false],
  ['ENOSPC', false],
])('opening a file that was there fails with %s: it has vanished: %s', (code, expected) => {
  expect(saysVanished(code)).toBe(expected);
});
