import { expect, test, vi } from 'vitest';
import { VersionType, type ByteString, type Version } from '../../../src/store.js';
import { formatLong, formatMode, formatMtime } from '../../../src/cli/render/versions.js';

vi.stubEnv('TZ', 'UTC');

const { file, directory, symlink } = VersionType;

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
