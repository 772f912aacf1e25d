import * as fs from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  discardWrites,
  openDirectoryPackStore,
  PACK_HEADER_BYTES,
  packFileName,
  PackKind,
  readPackKind,
} from '../../../src/repo/packs/pack-store.js';
import { openFileSystem } from '../../../src/platform/files.js';
import { scratchDirectory } from '../../support/directory.js';

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
