/** What a new repository is made of, in which order it is durable, and where none is made. */
import * as fs from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openPlatform } from '../../../src/platform/platform.js';
import { readConfig } from '../../../src/repo/repository/config.js';
import { initRepository } from '../../../src/repo/repository/init.js';
import { layoutOf } from '../../../src/repo/repository/layout.js';
import { scratchDirectory } from '../../support/directory.js';
import { watchedFiles } from '../../support/disk/watched-files.js';
import { systemError } from '../../support/faulty-files.js';
import { openFilesBelow } from '../../support/open-files.js';

const platform = openPlatform();
const NAMES = ['README.txt', 'index.sqlite', 'lock.sqlite', 'packs', 'reserve', 'varve.json'];

test('a new repository has all its parts, its own id and the time; and none of them stays open', () => {
  const directory = scratchDirectory();
  const path = join(directory, 'new');
  const id = Buffer.from('0123456789abcdef');
  const config = initRepository(path, {
    ...platform,
    clock: { nowMs: () => 1_234_567_890_123 },
    randomBytes: (count) => (count === 16 ? id : platform.randomBytes(count)),
  });
  expect(config).toMatchObject({ id, createdMs: 1_234_567_890_123 });
  expect(readConfig(path, platform)).toEqual(config);
  expect(fs.readdirSync(path).sort()).toEqual(NAMES);
  expect(Object.values<string>({ ...layoutOf(path) }).map((part) => fs.existsSync(part))).toEqual(
    NAMES.map(() => true),
  );
  expect(openFilesBelow(directory)).toEqual([]);
});

describe('the directories that get a new name', () => {
  /** The directories that are made durable, below the scratch directory. */
  function syncedBy(name: string, makesParents: boolean): { synced: string[]; last: string } {
    const directory = scratchDirectory();
    const path = join(directory, name);
    const calls: string[] = [];
    const files = watchedFiles((call, act) => {
      if (call.name === 'sync-names') calls.push(call.path.slice(directory.length + 1));
      if (call.name === 'rename') calls.push('its varve.json');
      return act();
    });
    initRepository(path, { ...platform, files }, { makesParents });
    const named = calls.indexOf('its varve.json');
    return { synced: calls.slice(named + 2), last: calls[named + 1] ?? '' };
  }

  test('are made durable from the lowest up to one that was there, once its varve.json is', () => {
    expect(syncedBy('new', false)).toEqual({ last: 'new', synced: [''] });
    expect(syncedBy('a/b/new', true)).toEqual({
      last: 'a/b/new',
      synced: ['a/b', 'a', ''],
    });
  });
});

describe('no repository is made', () => {
  const codeOf = (path: string, makesParents = false): unknown => {
    try {
      initRepository(path, platform, { makesParents });
      return undefined;
    } catch (error) {
      const { code, message, hint } = error as { code: string; message: string; hint: string };
      return { code, message, hint };
    }
  };

  test('below what is missing, unless that is asked for', () => {
    const directory = scratchDirectory();
    const path = join(directory, 'a/b/new');
    expect(codeOf(path)).toEqual({
      code: 'PARENT_MISSING',
      message: `${join(directory, 'a/b')} does not exist, so no repository is made in it: is its disk mounted?`,
      hint: 'Check the path; --make-parents makes the directories that are missing.',
    });
    expect(fs.readdirSync(directory)).toEqual([]);
    expect(codeOf(path, true)).toBeUndefined();
    expect(fs.readdirSync(path).sort()).toEqual(NAMES);
  });

  test('below a file', () => {
    const parent = join(scratchDirectory(), 'file');
    fs.writeFileSync(parent, '');
    expect(codeOf(join(parent, 'new'))).toEqual({
      code: 'PARENT_MISSING',
      message: `${parent} is not a directory: nothing is made in it.`,
      hint: 'Check the path.',
    });
  });

  test.each([
    [
      'another file',
      (path: string) => fs.writeFileSync(join(path, 'letter.txt'), ''),
      'is not empty',
    ],
    [
      'a pack',
      (path: string) => {
        fs.mkdirSync(join(path, 'packs'));
        fs.writeFileSync(join(path, 'packs/00000001.pack'), '');
      },
      'is not empty',
    ],
    [
      'a file in its place',
      (path: string) => {
        fs.rmdirSync(path);
        fs.writeFileSync(path, '');
      },
      'is not a directory',
    ],
  ])('where there is %s', (_, make, why) => {
    const path = join(scratchDirectory(), 'new');
    fs.mkdirSync(path);
    make(path);
    const listed = (): string[] => (fs.statSync(path).isFile() ? [] : fs.readdirSync(path));
    const before = listed();
    expect(codeOf(path)).toEqual({
      code: 'REPOSITORY_EXISTS',
      message: `${path} ${why}: a repository needs a new or empty directory.`,
      hint: 'Name a directory that is empty or does not exist yet.',
    });
    expect(listed()).toEqual(before);
  });

  test('where there is one', () => {
    const path = join(scratchDirectory(), 'new');
    initRepository(path, platform);
    expect(codeOf(path)).toMatchObject({
      code: 'REPOSITORY_EXISTS',
      message: `${path} is a repository already.`,
    });
  });

  test.each([
    ['ENOSPC', 'DISK_FULL'],
    ['EROFS', 'REPOSITORY_READ_ONLY'],
    ['EIO', 'DISK_FAILED'],
  ])('where the system refuses it, in our own words: %s', (system, code) => {
    const path = join(scratchDirectory(), 'new');
    const files = {
      ...platform.files,
      makeDirectories: () => {
        throw systemError(system);
      },
    };
    expect(() => initRepository(path, { ...platform, files })).toThrow(
      expect.objectContaining({ code }),
    );
  });
});

test('what an attempt left that died is replaced, whatever is in it', () => {
  const path = join(scratchDirectory(), 'new');
  fs.mkdirSync(join(path, 'packs'), { recursive: true });
  const left = [...NAMES, 'index.sqlite-wal', 'index.sqlite-shm', 'lock.sqlite-journal'].filter(
    (name) => name !== 'packs' && name !== 'varve.json',
  );
  for (const name of [...left, 'varve.json.new']) fs.writeFileSync(join(path, name), 'torn');
  initRepository(path, platform);
  expect(fs.readdirSync(path).sort()).toEqual(NAMES);
  for (const name of left.filter((each) => fs.existsSync(join(path, each)))) {
    expect(fs.readFileSync(join(path, name)).subarray(0, 4).toString('latin1'), name).not.toBe(
      'torn',
    );
  }
});
