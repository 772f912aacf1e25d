/** Where files of copies are, and what is none. */
import {
  appendFileSync,
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  confinedPlace,
  identityOf,
  localPlace,
  openExistingFile,
  openFile,
  type Place,
} from '../../../../src/remote/copy/file/place.js';
import type { FileSystem } from '../../../../src/platform/files.js';
import { bytesFromText } from '../../../../src/platform/bytes.js';
import { openPlatform } from '../../../../src/store.js';
import { systemError } from '../../../support/faulty-files.js';
import { makeFifo, makeSocket } from '../../../support/special-files.js';

const { files } = openPlatform();
const base = realpathSync(mkdtempSync(join(tmpdir(), 'varve-place-')));
const root = join(base, 'root');
const outside = join(base, 'outside');
let closeSocket: () => void;

beforeAll(async () => {
  mkdirSync(join(root, 'a/b'), { recursive: true });
  mkdirSync(outside);
  writeFileSync(join(root, 'file'), 'file');
  writeFileSync(join(root, 'a/b/deep'), 'deep');
  writeFileSync(join(outside, 'secret'), 'secret');
  symlinkSync('file', join(root, 'link'));
  symlinkSync('a', join(root, 'inner-link'));
  symlinkSync(outside, join(root, 'outer-link'));
  symlinkSync('nowhere', join(root, 'dangling'));
  makeFifo(join(root, 'fifo'));
  closeSocket = await makeSocket(join(root, 'socket'));
});
afterAll(() => {
  closeSocket();
  rmSync(base, { recursive: true });
});

const confined = (name: string, makesDirectories = false): Place =>
  confinedPlace(files, bytesFromText(root), bytesFromText(name), { makesDirectories });

/** What stands at a place; the place is given up. */
function textAt(place: Place): string | undefined {
  try {
    const file = openFile(files, place);
    if (!file) return undefined;
    const bytes = Buffer.alloc(file.stat.sizeBytes);
    files.read(file.descriptor, bytes, 0);
    file.close();
    return bytes.toString();
  } finally {
    place.close();
  }
}

const descriptors = (): number => readdirSync('/proc/self/fd').length;

describe('a path of this machine', () => {
  test.each([
    ['a file', 'file', 'file'],
    ['a file in a directory', 'a/b/deep', 'deep'],
    ['with dots and slashes', './a//../a/./b/deep', 'deep'],
    ['a symbolic link to a file', 'link', 'file'],
    ['through a symbolic link', 'inner-link/b/deep', 'deep'],
    ['out through a symbolic link', 'outer-link/secret', 'secret'],
    ['of nothing yet', 'a/new', undefined],
    ['of nothing yet, through a symbolic link', 'inner-link/new', undefined],
  ])('%s', (_, path, text) => {
    expect(textAt(localPlace(files, join(root, '/') + path))).toBe(text);
  });

  test('keeps the words of the user for messages', () => {
    const path = join(root, './a/../file');
    const place = localPlace(files, path);
    expect(place.path).toBe(path);
    place.close();
  });

  test('that is relative begins where the process is', () => {
    expect(textAt(localPlace(files, 'package.json'))).toBe(readFileSync('package.json', 'utf8'));
  });

  test.each([
    ['in a directory that is not there', 'none/file'],
    ['below a file', 'file/below'],
    ['a symbolic link to nothing', 'dangling'],
  ])('%s is not found', (_, path) => {
    const before = descriptors();
    expect(() => localPlace(files, join(root, path))).toThrow(
      expect.objectContaining({ code: 'PATH_NOT_FOUND' }),
    );
    expect(descriptors()).toBe(before);
  });

  test('the root of all is a directory', () => {
    expect(() => localPlace(files, '/')).toThrow(
      '/ is a directory; only regular files can be copied.',
    );
  });
});

describe('a name below a root', () => {
  test.each([
    ['a file', 'file', 'file'],
    ['from the top', '/file', 'file'],
    ['in a directory', 'a/b/deep', 'deep'],
    ['with dots and slashes', './/a/./b//deep', 'deep'],
    ['with a slash behind it', 'file/', 'file'],
    ['of nothing yet', 'a/b/new', undefined],
  ])('%s', (_, name, text) => {
    expect(textAt(confined(name))).toBe(text);
  });

  test.each([
    ['upwards', '..'],
    ['upwards and back', '../root/file'],
    ['upwards in the midst', 'a/../../outside/secret'],
    ['upwards within the root', 'a/../file'],
    ['with a zero byte', 'file\0'],
    ['through a symbolic link that leads out', 'outer-link/secret'],
    ['through a symbolic link that stays inside', 'inner-link/b/deep'],
    ['below a file', 'file/below'],
    ['in a directory that is not there', 'none/file'],
    ['in a directory whose name is too long', `${'x'.repeat(300)}/file`],
  ])('%s is not found, and nothing is made', (_, name) => {
    const before = descriptors();
    const notFound = expect.objectContaining({ code: 'PATH_NOT_FOUND' }) as Error;
    expect(() => confined(name)).toThrow(notFound);
    expect(readdirSync(outside)).toEqual(['secret']);
    if (!name.startsWith('none')) expect(() => confined(name, true)).toThrow(notFound);
    expect(readdirSync(outside)).toEqual(['secret']);
    expect(descriptors()).toBe(before);
  });

  test.each(['', '.', '/', './/.'])('"%s" is the root, which is no file', (name) => {
    expect(() => confined(name)).toThrow('is a directory');
  });

  test('directories are made where that is asked for, once', () => {
    confined('made/deep/er/file', true).close();
    expect(statSync(join(root, 'made/deep/er')).isDirectory()).toBe(true);
    expect(existsSync(join(root, 'made/deep/er/file'))).toBe(false);
    confined('made/deep/other/file', true).close();
    expect(readdirSync(join(root, 'made/deep')).sort()).toEqual(['er', 'other']);
  });

  test('a directory that is moved away stays the one that was opened', () => {
    mkdirSync(join(root, 'moved'));
    writeFileSync(join(root, 'moved/file'), 'moved');
    const place = confined('moved/file');
    renameSync(join(root, 'moved'), join(root, 'elsewhere'));
    symlinkSync(outside, join(root, 'moved'));
    expect(textAt(place)).toBe('moved');
  });
});

describe('what is opened', () => {
  test.each([
    ['a directory', 'a', 'a is a directory'],
    ['a symbolic link', 'link', 'link is a symbolic link'],
    ['a symbolic link out', 'outer-link', 'outer-link is a symbolic link'],
    ['a fifo, without waiting for its other end', 'fifo', 'fifo is a special file'],
    ['a socket', 'socket', 'socket is a socket or a device'],
  ])('is not %s', (_, name, message) => {
    const before = descriptors();
    expect(() => textAt(confined(name))).toThrow(
      expect.objectContaining({
        code: 'NOT_A_FILE',
        message: `${message}; only regular files can be copied.`,
      }),
    );
    expect(descriptors()).toBe(before);
  });

  test('nothing is nothing, or not found where there must be a file', () => {
    const place = confined('new');
    expect(openFile(files, place)).toBeUndefined();
    expect(() => openExistingFile(files, place)).toThrow('new does not exist.');
    place.close();
  });

  test('a name that is too long is not found', () => {
    expect(() => textAt(confined('x'.repeat(300)))).toThrow(
      expect.objectContaining({ code: 'PATH_NOT_FOUND' }),
    );
  });
});

describe('the identity of a file', () => {
  const identity = (): string => {
    const place = confined('changing');
    try {
      const file = openExistingFile(files, place);
      file.close();
      return identityOf(file.stat);
    } finally {
      place.close();
    }
  };
  const path = join(root, 'changing');
  /** The change time moves in steps. */
  const untilTimeMoves = (): void => {
    const { ctimeMs } = statSync(path);
    const probe = join(base, 'probe');
    do writeFileSync(probe, '');
    while (statSync(probe).ctimeMs <= ctimeMs);
  };

  test('is the same as long as nothing changes, by whatever name', () => {
    writeFileSync(path, 'content');
    expect(identity()).toBe(identity());
  });

  test.each<readonly [string, () => void]>([
    ['bytes are added', () => appendFileSync(path, 'x')],
    [
      'bytes are exchanged and the time set back',
      () => {
        const { atime, mtime } = statSync(path);
        writeFileSync(path, 'CONTENT');
        utimesSync(path, atime, mtime);
      },
    ],
    ['its time is set', () => utimesSync(path, 1, 1)],
    ['its mode is set', () => chmodSync(path, 0o600)],
    ['it gets another name', () => linkSync(path, join(root, 'second-name'))],
    [
      'another file takes its name',
      () => {
        writeFileSync(join(root, 'replacement'), 'content');
        renameSync(join(root, 'replacement'), path);
      },
    ],
  ])('changes when %s', (_, change) => {
    writeFileSync(path, 'content');
    const before = identity();
    untilTimeMoves();
    change();
    expect(identity()).not.toBe(before);
  });
});

test('a file that says it has 0 bytes and has more is refused, and one that has none is not', () => {
  for (const path of ['/proc/version', '/proc/self/mountinfo', '/proc/sys/kernel/ostype']) {
    const place = localPlace(files, path);
    expect(() => openExistingFile(files, place)).toThrow(
      expect.objectContaining({ code: 'NOT_A_FILE' }),
    );
    place.close();
  }
  writeFileSync(join(root, 'nothing'), '');
  const place = localPlace(files, join(root, 'nothing'));
  openExistingFile(files, place).close();
  place.close();
});

test.each([
  ['what it is cannot be told', 'file', 'stat'],
  ['what it is cannot be told, of a directory', 'a', 'stat'],
  ['it says that it has 0 bytes and cannot be read', 'unreadable', 'read'],
] as const)('a file is closed where %s', (_, name, failing) => {
  writeFileSync(join(root, 'unreadable'), '');
  const fail = (): never => {
    throw systemError('EIO');
  };
  const failingFiles: FileSystem = {
    ...files,
    at: { ...files.at, ...(failing === 'stat' && { statOpen: fail }) },
    ...(failing === 'read' && { read: fail }),
  };
  const place = confined(name);
  const before = descriptors();
  expect(() => openExistingFile(failingFiles, place)).toThrow('EIO');
  expect(descriptors()).toBe(before);
  place.close();
});
