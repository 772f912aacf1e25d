import * as fs from 'node:fs';
import { expect, test } from 'vitest';
import { reasonOf } from '../../src/platform/system-errors.js';
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
