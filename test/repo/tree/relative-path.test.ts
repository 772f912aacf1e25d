import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import {
  childPath,
  pathOf,
  splitPath,
  temporaryName,
} from '../../../src/repo/tree/relative-path.js';
import type { ByteString } from '../../../src/platform/bytes.js';

test.each([
  ['', 'a', 'a'],
  ['dir', 'a', 'dir/a'],
  ['dir/sub', '...', 'dir/sub/...'],
  ['', '..a', '..a'],
  ['', 'a\nb', 'a\nb'],
])('below %j, %j is %j, and is taken apart again', (directory, name, path) => {
  const place = { directory: directory as ByteString, name: name as ByteString };
  expect(childPath(place.directory, place.name)).toBe(path);
  expect(pathOf(place)).toBe(path);
  expect(splitPath(path as ByteString)).toEqual(place);
});

test.each(['', '.', '..', 'a/b', '/a', 'a/', '/', 'a\0b', '\0'])(
  'the name %j would lead elsewhere',
  (name) => {
    expect(() => childPath('dir' as ByteString, name as ByteString)).toThrow(
      expect.objectContaining({
        code: 'INDEX_CORRUPT',
        hint: 'Run `varve repair --rebuild-index`.',
      }),
    );
  },
);

describe('the name that a file has until it is whole', () => {
  test.each(['a', 'caf\xc3\xa9', '\xff', 'x'.repeat(255)])('is that of %j, always', (name) => {
    const digest = createHash('sha256').update(Buffer.from(name, 'latin1')).digest('hex');
    const temporary = temporaryName(name as ByteString);
    expect(temporary).toBe(`.varve-restore-${digest.slice(0, 15)}`);
    expect(temporary.length).toBe(30);
  });
});
