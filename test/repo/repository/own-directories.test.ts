/** The repository is known by what its directories are, under whatever path they are met. */
import * as fs from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { bytesFromText } from '../../../src/platform/bytes.js';
import { openFileSystem, type FileSystem } from '../../../src/platform/files.js';
import { findOwnDirectories } from '../../../src/repo/repository/own-directories.js';
import { scratchDirectory } from '../../support/directory.js';
import { openFilesBelow } from '../../support/open-files.js';

const keyOf = (path: string): string => {
  const { dev, ino } = fs.statSync(path);
  return `${dev}:${ino}`;
};

/** A repository whose packs lie elsewhere, beside directories of somebody else. */
function prepare() {
  const directory = fs.realpathSync(scratchDirectory());
  const path = (...names: string[]): string => join(directory, ...names);
  for (const name of ['store/other', 'elsewhere', 'beside/below', 'above']) {
    fs.mkdirSync(path(name), { recursive: true });
  }
  fs.writeFileSync(path('store/varve.json'), '');
  fs.symlinkSync(path('elsewhere'), path('store/packs'));
  fs.symlinkSync('nowhere', path('store/dangling'));
  fs.symlinkSync(path('store'), path('above/link'));
  return { directory, path };
}

test('they are the repository and the directories in it, wherever these lead', () => {
  const { directory, path } = prepare();
  const own = findOwnDirectories(openFileSystem(), path('above/link'));
  const expected = ['store', 'store/other', 'elsewhere'].map((name) => keyOf(path(name)));
  expect(own.keys).toEqual(new Set(expected));
  expect(openFilesBelow(directory)).toEqual([]);
});

test('a directory is one of them, and nothing else with its number is', () => {
  const { path } = prepare();
  const files = openFileSystem();
  const own = findOwnDirectories(files, path('store'));
  const statOf = (name: string) => {
    const parent = files.at.open(undefined, bytesFromText(path('.')), 'read-directory');
    const stat = files.at.stat(parent, bytesFromText(name))!;
    files.close(parent);
    return stat;
  };
  expect(own.has(statOf('store'))).toBe(true);
  expect(own.has(statOf('elsewhere'))).toBe(true);
  expect(own.has(statOf('beside'))).toBe(false);
  expect(own.has({ ...statOf('store'), type: 'file' })).toBe(false);
});

describe('a path lies in the repository', () => {
  test.each([
    ['store', true],
    ['store/other/missing/deeper', true],
    ['elsewhere/x', true],
    ['beside/below', false],
    ['above', false],
  ])('%s: %s', (name, expected) => {
    const { directory, path } = prepare();
    const own = findOwnDirectories(openFileSystem(), path('store'));
    expect(own.holds(bytesFromText(path(name)))).toBe(expected);
    expect(own.holds(bytesFromText('/'))).toBe(false);
    expect(openFilesBelow(directory)).toEqual([]);
  });

  test('where the repository is the directory of all others', () => {
    const { path } = prepare();
    const real = openFileSystem();
    // What is opened as `/` is the repository.
    const open: FileSystem['at']['open'] = (directory, name, mode) =>
      real.at.open(directory, name === '//.' ? bytesFromText(`${path('store')}/.`) : name, mode);
    const own = findOwnDirectories({ ...real, at: { ...real.at, open } }, path('store'));
    expect(own.holds(bytesFromText(path('beside')))).toBe(true);
  });
});

test('a bug is no directory that is not there', () => {
  const { path } = prepare();
  const real = openFileSystem();
  const statOpen = (): never => {
    throw new TypeError('x is not a function');
  };
  const broken = { ...real, at: { ...real.at, statOpen } };
  expect(() => findOwnDirectories(broken, path('store'))).toThrow(TypeError);
});
