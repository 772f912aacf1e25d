import * as fs from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openTarget } from '../../../../src/repo/operations/restore/target.js';
import { findOwnDirectories } from '../../../../src/repo/repository/own-directories.js';
import { openPlatform } from '../../../../src/platform/platform.js';
import { initRepository } from '../../../../src/repo/repository/init.js';
import { scratchDirectory } from '../../../support/directory.js';
import { systemError } from '../../../support/faulty-files.js';
import { openFilesBelow } from '../../../support/open-files.js';
import { makeFifo } from '../../../support/special-files.js';

const platform = openPlatform();

/** A scratch directory with a repository in it, and how targets there are opened. */
function prepare() {
  const directory = scratchDirectory();
  const repository = join(directory, 'repository');
  initRepository(repository, platform);
  const own = findOwnDirectories(platform.files, repository);
  const open = (name: string, more: { isInPlace?: boolean; isDryRun?: boolean } = {}) => {
    const how = { isInPlace: false, isDryRun: false, own, ...more };
    return openTarget(`${directory}/${name}`, platform, how);
  };
  /** Which directory a descriptor is of. */
  const placeOf = (descriptor: number | undefined): string => {
    const place = fs.readlinkSync(`/proc/self/fd/${descriptor ?? -1}`);
    platform.files.close(descriptor!);
    return place.slice(directory.length + 1);
  };
  return { directory, open, placeOf };
}

describe('a directory is opened', () => {
  test('that is made, with those above it', () => {
    const { open, placeOf } = prepare();
    expect(placeOf(open('new/deep'))).toBe('new/deep');
  });

  test('that is empty', () => {
    const { directory, open, placeOf } = prepare();
    fs.mkdirSync(join(directory, 'empty'));
    expect(placeOf(open('empty'))).toBe('empty');
  });

  test('where a link leads to', () => {
    const { directory, open, placeOf } = prepare();
    fs.mkdirSync(join(directory, 'real'));
    fs.symlinkSync('real', join(directory, 'link'));
    expect(placeOf(open('link/below'))).toBe('real/below');
  });

  test('that holds something, to restore over it', () => {
    const { directory, open, placeOf } = prepare();
    fs.mkdirSync(join(directory, 'full/sub'), { recursive: true });
    expect(placeOf(open('full', { isInPlace: true }))).toBe('full');
  });
});

describe.each([true, false])('refused, in place: %s', (isInPlace) => {
  test.each(['a file', 'a fifo', 'a link to a file'])('%s is no directory', (what) => {
    const { directory, open } = prepare();
    const path = join(directory, 'target');
    fs.writeFileSync(join(directory, 'file'), '');
    if (what === 'a file') fs.writeFileSync(path, '');
    else if (what === 'a fifo') makeFifo(path);
    else fs.symlinkSync('file', path);
    expect(() => open('target', { isInPlace })).toThrow(
      expect.objectContaining({
        code: 'TARGET_UNUSABLE',
        message: `${path} is not a directory.`,
        hint: 'Name a directory.',
      }),
    );
  });

  test.each([
    'repository',
    'repository/packs',
    'repository/new',
    'link',
    'link/new',
    'link/new/deep',
  ])('%s is in the repository, under whatever name, and nothing is made there', (name) => {
    const { directory, open } = prepare();
    fs.symlinkSync('repository/packs', join(directory, 'link'));
    const isFull = !isInPlace && name === 'repository';
    const expected = isFull
      ? { code: 'TARGET_NOT_EMPTY' }
      : {
          code: 'TARGET_UNUSABLE',
          message: `${directory}/${name} is inside the repository.`,
          hint: 'Name a directory outside it.',
        };
    const before = fs.readdirSync(directory, { recursive: true });
    for (const isDryRun of [true, false]) {
      expect(() => open(name, { isInPlace, isDryRun })).toThrow(expect.objectContaining(expected));
    }
    expect(fs.readdirSync(directory, { recursive: true })).toEqual(before);
    expect(openFilesBelow(directory)).toEqual([]);
  });

  test.each(['EACCES', 'EROFS', 'ENOTDIR'])('%s is told with its cause', (code) => {
    const { directory } = prepare();
    const cause = systemError(code);
    const path = join(directory, 'new');
    const files = {
      ...platform.files,
      makeDirectories() {
        throw cause;
      },
    };
    const own = findOwnDirectories(platform.files, join(directory, 'repository'));
    const how = { isInPlace, isDryRun: false, own };
    expect(() => openTarget(path, { ...platform, files }, how)).toThrow(
      expect.objectContaining({
        code: 'TARGET_UNUSABLE',
        message: expect.stringMatching(`^${path} cannot be created or opened: .+\\.$`) as string,
        hint: 'Name a directory that you can write to.',
        cause,
      }),
    );
  });
});

test('what is not empty is refused, unless it is restored over, a dry run among it', () => {
  const { directory, open } = prepare();
  fs.mkdirSync(join(directory, 'full/sub'), { recursive: true });
  for (const isDryRun of [false, true]) {
    expect(() => open('full', { isDryRun })).toThrow(
      expect.objectContaining({
        code: 'TARGET_NOT_EMPTY',
        message: `${join(directory, 'full')} is not empty; nothing was restored.`,
      }),
    );
  }
});

test('a dry run makes nothing, and opens what is there', () => {
  const { directory, open, placeOf } = prepare();
  expect(open('new', { isDryRun: true })).toBeUndefined();
  expect(fs.existsSync(join(directory, 'new'))).toBe(false);
  fs.mkdirSync(join(directory, 'there'));
  expect(placeOf(open('there', { isDryRun: true }))).toBe('there');
});

test('a mistake is not called a target that cannot be used', () => {
  const { directory } = prepare();
  const mistake = new TypeError('a mistake');
  const files = {
    ...platform.files,
    realPath() {
      throw mistake;
    },
  };
  const own = findOwnDirectories(platform.files, join(directory, 'repository'));
  const how = { isInPlace: false, isDryRun: false, own };
  expect(() => openTarget(join(directory, 'new'), { ...platform, files }, how)).toThrow(mistake);
});
