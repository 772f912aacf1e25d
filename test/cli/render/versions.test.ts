import { expect, test, vi } from 'vitest';
import {
  VersionType,
  type AttributeSet,
  type ByteString,
  type Version,
} from '../../../src/store.js';
import {
  formatBtime,
  formatLong,
  formatMode,
  formatMtime,
  jsonAttributes,
  octalMode,
  typeName,
} from '../../../src/cli/render/versions.js';

vi.stubEnv('TZ', 'UTC');

const { file, directory, symlink } = VersionType;
const { fifo, socket, characterDevice, blockDevice } = VersionType;

test.each([
  [file, 0o644, '-rw-r--r--'],
  [directory, 0o755, 'drwxr-xr-x'],
  [symlink, 0o777, 'lrwxrwxrwx'],
  [file, 0o4755, '-rwsr-xr-x'],
  [file, 0o6644, '-rwSr-Sr--'],
  [directory, 0o1777, 'drwxrwxrwt'],
  [directory, 0o1770, 'drwxrwx--T'],
  [file, 0, '----------'],
])('type %d with mode %o is %s', (type, mode, text) => {
  expect(formatMode({ type, mode })).toBe(text);
});

test('the long line is that of ls -l, owners by name where they have one', () => {
  const version = {
    type: symlink,
    mode: 0o777,
    uid: 1000,
    gid: 100,
    sizeBytes: 0,
    mtime: { seconds: 0, nanoseconds: 5 },
    link: 'to/\xff' as ByteString,
  } as Version;
  const rest = '          0 1970-01-01 00:00:00 /a -> to/\\xff';
  expect(formatLong(version, undefined, '/a')).toBe(`lrwxrwxrwx 1000     100      ${rest}`);
  const known = { user: 'wader' as ByteString, group: '' as ByteString, flags: 0, xattrs: [] };
  expect(formatLong(version, known, '/a')).toBe(`lrwxrwxrwx wader    100      ${rest}`);
});

test('programs get all nine digits', () => {
  expect(formatMtime({ mtime: { seconds: -1, nanoseconds: 123_456_789 } })).toBe(
    '1969-12-31T23:59:59.123456789+00:00',
  );
});

test.each([
  [file, '-', 'file'],
  [directory, 'd', 'directory'],
  [symlink, 'l', 'symlink'],
  [fifo, 'p', 'fifo'],
  [socket, 's', 'socket'],
  [characterDevice, 'c', 'character_device'],
  [blockDevice, 'b', 'block_device'],
])('type %d is %s for people and %s for programs', (type, letter, name) => {
  expect(formatMode({ type, mode: 0o640 })).toBe(`${letter}rw-r-----`);
  expect(typeName({ type })).toBe(name);
});

test('a device has its numbers where a file has its size, and anything else has bytes', () => {
  const sizeOf = (type: VersionType): string => {
    const times = { mtime: { seconds: 0, nanoseconds: 0 } };
    const version = { type, mode: 0, uid: 1, gid: 2, sizeBytes: 12_345_678_901, ...times };
    const rdev = 259 * 2 ** 20 + 70_000;
    return formatLong({ ...version, rdev } as Version, undefined, '').slice(29, 40);
  };
  expect([characterDevice, blockDevice].map(sizeOf)).toEqual(Array(2).fill(' 259, 70000'));
  expect([file, fifo].map(sizeOf)).toEqual(Array(2).fill('12345678901'));
});

test('permission bits have four digits', () => {
  expect([0, 0o7, 0o644, 0o4755].map((mode) => octalMode({ mode }))).toEqual([
    '0000',
    '0007',
    '0644',
    '4755',
  ]);
});

test('programs get null for what is not known, and nothing for what there is none of', () => {
  expect(formatBtime({ btime: undefined })).toBeNull();
  expect(formatBtime({ btime: { seconds: 1, nanoseconds: 2 } })).toBe(
    '1970-01-01T00:00:01.000000002+00:00',
  );
  const unknown = { user: null, group: null, flags: null, xattrs: null };
  expect(jsonAttributes(undefined)).toEqual(unknown);
  const [user, group, name] = ['ada', 'staff\xff', 'user.\xfe'] as unknown as ByteString[];
  const value = Buffer.from('value');
  const known = { user, group, flags: 0, xattrs: [{ name, value }] } as unknown as AttributeSet;
  expect(jsonAttributes(known)).toEqual({
    user: 'ada',
    group: 'staff\\xff',
    flags: '',
    xattrs: ['user.\\xfe'],
  });
  expect(jsonAttributes({ ...known, user: '' as ByteString, xattrs: [] })).toMatchObject({
    user: null,
    xattrs: [],
  });
});
