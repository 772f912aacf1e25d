import * as fs from 'node:fs';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  beginsPack,
  discardWrites,
  openDirectoryPackStore,
  PACK_HEADER_BYTES,
  packFileName,
  PackKind,
  readPackKind,
  type PackStore,
} from '../../../src/repo/packs/pack-store.js';
import { openFileSystem, type FileSystem } from '../../../src/platform/files.js';
import { scratchDirectory } from '../../support/directory.js';
import { openFilesBelow } from '../../support/open-files.js';
import { makeFifo } from '../../support/special-files.js';

const id = Buffer.from('00112233445566778899aabbccddeeff', 'hex');

/** Where the descriptors of this process lead to. */
function openFiles(): (string | undefined)[] {
  return fs.readdirSync('/proc/self/fd').map((descriptor) => {
    try {
      return fs.readlinkSync(`/proc/self/fd/${descriptor}`);
    } catch {
      return undefined;
    }
  });
}

function openStore() {
  const directory = scratchDirectory();
  const open = () => openDirectoryPackStore(openFileSystem(), directory, id);
  const store = open();
  store.create(5, PackKind.blobs);
  store.append(5, PACK_HEADER_BYTES, Buffer.from('frame'));
  store.close();
  return { directory, path: `${directory}/${packFileName(5)}`, store, open };
}

describe('a pack', () => {
  test('begins with these 32 bytes', () => {
    const { path } = openStore();
    expect(fs.readFileSync(path).toString('hex')).toBe(
      '564152565041434b01010000' + '05000000' + '00112233445566778899aabbccddeeff' + '6672616d65',
    );
  });

  test('is found by its number, beside what is none', () => {
    const { directory, open } = openStore();
    for (const name of ['5.pack', '00000001.pack.tmp', 'x.pack', '123456789.pack']) {
      fs.writeFileSync(`${directory}/${name}`, '');
    }
    expect(open().list()).toEqual([5, 123_456_789]);
    expect(open().sizeBytes(5)).toBe(37);
    expect(open().sizeBytes(6)).toBeUndefined();
  });

  test('is listed by its number, and only under the name that it has', () => {
    const { directory, open } = openStore();
    const names = ['00000009', '100000000', '99999999', '4294967295', '00000002'];
    const none = ['000000005', '0000000005', '4294967296', '9999999999', '0000007'];
    for (const name of [...names, ...none]) fs.writeFileSync(`${directory}/${name}.pack`, '');
    expect(open().list()).toEqual([2, 5, 9, 99_999_999, 100_000_000, 4_294_967_295]);
  });

  test('that is removed is no longer held open, nor is what was tried', () => {
    const store = openStore().open();
    const open = (): number => fs.readdirSync('/proc/self/fd').length;
    const before = open();
    store.read(5, 0, 10);
    store.append(5, 37, Buffer.from('more'));
    expect(store.read(5, 32, 100).toString()).toBe('framemore');
    store.remove(5);
    expect(open()).toBe(before);
    store.canPunch();
    expect(open()).toBe(before);
    expect(() => store.read(5, 0, 10)).toThrow(expect.objectContaining({ code: 'PACK_MISSING' }));
  });

  test('is read up to its end, whatever is asked for', () => {
    const store = openStore().open();
    expect(store.read(5, 32, 100).toString()).toBe('frame');
    expect(store.read(5, 37, 100)).toHaveLength(0);
    expect(readPackKind(store, 5, id)).toBe(PackKind.blobs);
  });

  test('is never created over another', () => {
    const store = openStore().open();
    expect(() => store.create(5, PackKind.blobs)).toThrow(
      expect.objectContaining({ code: 'EEXIST' }),
    );
  });

  test('that is missing has a code; removing it is no error', () => {
    const { directory, open } = openStore();
    const store = open();
    const missing = expect.objectContaining({
      code: 'PACK_MISSING',
      message: `The pack ${directory}/00000009.pack does not exist.`,
    }) as Error;
    expect(() => store.read(9, 0, 1)).toThrow(missing);
    expect(() => store.append(9, 32, Buffer.from('x'))).toThrow(missing);
    store.remove(9);
  });
});

describe('a pack that is not the one expected', () => {
  const ways: [string, string, (bytes: Buffer) => Buffer][] = [
    ['cut', 'it is truncated in its header', (bytes) => bytes.subarray(0, 31)],
    ['empty', 'it is truncated in its header', () => Buffer.alloc(0)],
    ['no pack', 'it has no pack header', (bytes) => bytes.fill('x', 0, 8)],
    ['another number', 'it carries another number', (bytes) => bytes.fill(6, 12, 13)],
    ['another repository', 'it belongs to another repository', (bytes) => bytes.fill(1, 31, 32)],
  ];

  test.each(ways)('%s: is neither read nor written', (_, what, spoil) => {
    const { path, open } = openStore();
    fs.writeFileSync(path, spoil(fs.readFileSync(path)));
    const corrupt = expect.objectContaining({
      code: 'PACK_CORRUPT',
      message: `${path} is not the pack 5 of this repository: ${what}.`,
    }) as Error;
    expect(() => open().read(5, 0, 1)).toThrow(corrupt);
    expect(() => open().append(5, 40, Buffer.from('x'))).toThrow(corrupt);
    expect(readPackKind(open(), 5, id)).toBeUndefined();
    expect(openFiles()).not.toContain(path);
  });

  test('of a newer version is refused, not called damaged', () => {
    const { path, open } = openStore();
    fs.writeFileSync(path, fs.readFileSync(path).fill(2, 8, 9));
    const newer = expect.objectContaining({
      code: 'FORMAT_UNKNOWN',
      message: `${path} has pack version 2.`,
    }) as Error;
    expect(() => open().read(5, 0, 1)).toThrow(newer);
    expect(() => readPackKind(open(), 5, id)).toThrow(newer);
  });
});

describe('a dry run', () => {
  test('leaves every pack as it is', () => {
    const { directory, path, open } = openStore();
    const store = discardWrites(open());
    store.create(6, PackKind.blobs);
    store.append(5, 32, Buffer.from('other'));
    store.truncate(5, 0);
    store.remove(5);
    store.sync(5);
    store.syncNames();
    expect(store.punch(5, 32, 5)).toBe(false);
    expect(fs.readdirSync(directory)).toEqual(['00000005.pack']);
    expect(fs.statSync(path).size).toBe(37);
  });
});

describe('many packs', () => {
  test('are read with few of them open', () => {
    const directory = scratchDirectory();
    const store = openDirectoryPackStore(openFileSystem(), directory, id);
    for (let pack = 1; pack <= 100; pack += 1) store.create(pack, PackKind.blobs);
    store.close();
    const before = fs.readdirSync('/proc/self/fd').length;
    for (let pack = 1; pack <= 100; pack += 1) store.read(pack, 0, 32);
    expect(fs.readdirSync('/proc/self/fd').length - before).toBe(32);
    store.close();
    expect(fs.readdirSync('/proc/self/fd').length).toBe(before);
  });
});

test('a full disk does not keep prune from knowing what it may do, and the probe is gone', () => {
  const directory = scratchDirectory();
  const files = openFileSystem();
  const full = {
    ...files,
    write(): never {
      throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
    },
  };
  expect(openDirectoryPackStore(full, directory, id).canPunch()).toBe(true);
  expect(fs.readdirSync(directory)).toEqual([]);
});

/** A store over files that a test changes, in a directory with `varve.json` above it. */
function storeOver(change: (real: FileSystem) => Partial<FileSystem> = () => ({})) {
  const above = scratchDirectory();
  const directory = `${above}/packs`;
  fs.mkdirSync(directory);
  fs.writeFileSync(`${above}/varve.json`, '');
  fs.chmodSync(`${above}/varve.json`, 0o664);
  const real = openFileSystem();
  const store = openDirectoryPackStore({ ...real, ...change(real) }, directory, id);
  onTestFinished(() => store.close());
  return { directory, store, path: (pack: number) => `${directory}/${packFileName(pack)}` };
}

const refusing = (code: string) => (): never => {
  throw Object.assign(new Error(`${code}: injected`), { code });
};

describe('a call on a pack that fails', () => {
  test.each<[string, keyof FileSystem, (store: PackStore) => unknown]>([
    ['create', 'write', (store) => store.create(6, PackKind.blobs)],
    ['append', 'write', (store) => store.append(5, 32, Buffer.from('x'))],
    ['sync', 'sync', (store) => store.sync(5)],
    ['truncate', 'truncate', (store) => store.truncate(5, 40)],
    ['read', 'read', (store) => store.read(5, 32, 8)],
  ])('says of which: %s', (name, call, act) => {
    let isBroken = false;
    const { store, path } = storeOver((real) => ({
      [call]: (...of: never[]) =>
        isBroken ? refusing('EIO')() : (real[call] as (...given: never[]) => unknown)(...of),
    }));
    store.create(5, PackKind.blobs);
    isBroken = true;
    const pack = name === 'create' ? 6 : 5;
    expect(() => act(store)).toThrow(expect.objectContaining({ code: 'EIO', path: path(pack) }));
  });

  test('as a bug is told as it is', () => {
    const { store } = storeOver(() => ({
      write: () => {
        throw new TypeError('a bug');
      },
    }));
    expect(() => store.create(5, PackKind.blobs)).toThrow(
      expect.not.objectContaining({ path: expect.anything() as string }),
    );
  });

  test.each(['EIO', 'a header'])('while it is opened leaves nothing open: %s', (what) => {
    let isBroken = false;
    const { store, path, directory } = storeOver((real) => ({
      read: (...of) => (isBroken && what === 'EIO' ? refusing('EIO')() : real.read(...of)),
    }));
    store.create(5, PackKind.blobs);
    store.close();
    isBroken = true;
    if (what !== 'EIO') fs.writeFileSync(path(5), 'no pack');
    for (const act of [() => store.read(5, 0, 8), () => store.append(5, 32, Buffer.alloc(1))]) {
      expect(act).toThrow();
      expect(openFilesBelow(directory)).toEqual([]);
    }
  });
});

describe('what is open', () => {
  test('is each pack once, be it read and written, and nothing once the store is closed', () => {
    const { store, directory, path } = storeOver();
    store.create(5, PackKind.blobs);
    store.create(6, PackKind.blobs);
    store.append(5, 32, Buffer.from('frame'));
    expect(store.read(5, 32, 9).toString()).toBe('frame');
    expect(openFilesBelow(directory).sort()).toEqual([path(5), path(6)]);
    store.remove(5);
    expect(openFilesBelow(directory)).toEqual([path(6)]);
    store.close();
    expect(openFilesBelow(directory)).toEqual([]);
    store.read(6, 0, 8);
    store.close();
    expect(openFilesBelow(directory)).toEqual([]);
  });

  test('to be read is what was opened last', () => {
    const { store, directory, path } = storeOver();
    for (let pack = 1; pack <= 34; pack += 1) store.create(pack, PackKind.blobs);
    store.close();
    for (let pack = 1; pack <= 34; pack += 1) store.read(pack, 0, 8);
    expect(openFilesBelow(directory)).toHaveLength(32);
    expect(openFilesBelow(directory)).toContain(path(34));
    expect(openFilesBelow(directory)).not.toContain(path(2));
  });
});

test('a new pack is for whom varve.json is for', () => {
  const { store, path } = storeOver();
  store.create(5, PackKind.manifests);
  expect(fs.statSync(path(5)).mode & 0o777).toBe(0o664);
  expect(readPackKind(store, 5, id)).toBe(PackKind.manifests);
});

test.each(['a named pipe', 'a directory'])('%s in the place of a pack is none', (what) => {
  const { store, path } = storeOver();
  if (what === 'a directory') fs.mkdirSync(path(5));
  else makeFifo(path(5));
  expect(store.list()).toEqual([]);
  for (const act of [() => store.read(5, 0, 8), () => store.append(5, 32, Buffer.alloc(1))]) {
    expect(act).toThrow(
      expect.objectContaining({
        code: 'PACK_CORRUPT',
        message: `${path(5)} is not the pack 5 of this repository: it is not a file.`,
      }),
    );
  }
});

test('space is what files take, whatever their size, and all that lies there counts', () => {
  const { store, directory, path } = storeOver();
  store.create(5, PackKind.blobs);
  fs.truncateSync(path(5), 1024 * 1024);
  fs.writeFileSync(`${directory}/other`, Buffer.alloc(20_000, 1));
  const taken = fs.readdirSync(directory).map((name) => fs.statSync(`${directory}/${name}`).blocks);
  expect(store.allocatedBytes()).toBe(taken.reduce((sum, blocks) => sum + 512 * blocks, 0));
  expect(store.allocatedBytes()).toBeLessThan(1024 * 1024);
});

describe('whether space can be given back', () => {
  test.each([true, false])('is tried, and nothing of that stays: %s', (can) => {
    const asked: number[] = [];
    const { store, directory } = storeOver((real) => ({
      at: {
        ...real.at,
        punchHole: (descriptor, offset, length) => {
          asked.push(fs.fstatSync(descriptor).size, offset, length);
          return can;
        },
      },
    }));
    fs.writeFileSync(`${directory}/probe.tmp`, 'of a dead run');
    expect(store.canPunch()).toBe(can);
    expect(asked).toEqual([65_536, 0, 65_536]);
    expect(fs.readdirSync(directory)).toEqual([]);
    expect(openFilesBelow(directory)).toEqual([]);
  });

  test.each(['ENOSPC', 'EDQUOT'])('is not known on a full disk: as if it could (%s)', (code) => {
    const { store, directory } = storeOver(() => ({ write: refusing(code) }));
    expect(store.canPunch()).toBe(true);
    expect(fs.readdirSync(directory)).toEqual([]);
    expect(openFilesBelow(directory)).toEqual([]);
  });

  test('is a failure where anything else is wrong', () => {
    const { store, directory } = storeOver(() => ({ write: refusing('EIO') }));
    expect(() => store.canPunch()).toThrow('EIO: injected');
    expect(fs.readdirSync(directory)).toEqual([]);
    expect(openFilesBelow(directory)).toEqual([]);
  });

  test('is not tried by a dry run, which counts on it', () => {
    const { store } = storeOver(() => ({ open: refusing('EIO') }));
    expect(discardWrites(store).canPunch()).toBe(true);
  });
});

describe('a file begins as a pack', () => {
  const HEADER = (kind: number): Buffer =>
    Buffer.from(`564152565041434b010${kind}00000500000000112233445566778899aabbccddeeff`, 'hex');

  test.each<[string, Buffer, boolean]>([
    ['nothing', Buffer.alloc(0), true],
    ['half a header of blobs', HEADER(1).subarray(0, 20), true],
    ['half a header of manifests', HEADER(2).subarray(0, 10), true],
    ['a header and more', Buffer.concat([HEADER(2), Buffer.from('more')]), true],
    ['the header of an unknown kind', HEADER(3), false],
    ['a note', Buffer.from('to do'), false],
    [
      'half a header, and then something else',
      Buffer.concat([HEADER(1).subarray(0, 9), Buffer.from('x')]),
      false,
    ],
  ])('of %s: %s', (_, bytes, expected) => {
    const { store, path } = storeOver();
    fs.writeFileSync(path(5), bytes);
    expect(beginsPack(store, 5, id)).toBe(expected);
    expect(store.readUnchecked(5, 100)).toEqual(bytes);
  });
});
