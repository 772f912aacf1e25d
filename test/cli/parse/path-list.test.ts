import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readPathList, type PathListFlags } from '../../../src/cli/parse/path-list.js';
import { openPlatform } from '../../../src/store.js';
import { scratchDirectory } from '../../support/directory.js';

function read(content: string, flags: PathListFlags = {}): Promise<string[]> {
  const filesFrom = join(scratchDirectory(), 'list');
  writeFileSync(filesFrom, content, 'latin1');
  return readPathList({ filesFrom, ...flags }, openPlatform());
}

test('a list has a path a line, each as it stands', async () => {
  expect(await read('a b \n# c\n\n*.d\r\n/e')).toEqual(['a b ', '# c', '*.d\r', '/e']);
});

test('with --null each path ends with NUL, and lines mean nothing', async () => {
  expect(await read('a\nb\0c\0', { null: true })).toEqual(['a\nb', 'c']);
});

test('a byte that is not UTF-8 is kept', async () => {
  expect(await read('a\xff\n')).toEqual(['a\udcff']);
});

test('a list with NUL needs --null, and --null a list', async () => {
  const usage = (message: string): object => ({ code: 'USAGE', message });
  await expect(read('a\0b')).rejects.toMatchObject(
    usage('--files-from: the list contains NUL, which no path can.'),
  );
  await expect(readPathList({ null: true }, openPlatform())).rejects.toMatchObject(
    usage('--null requires --files-from.'),
  );
  expect(await readPathList({}, openPlatform())).toEqual([]);
});

test('a list that cannot be read is named', async () => {
  await expect(readPathList({ filesFrom: '/none' }, openPlatform())).rejects.toThrow(
    '--files-from: /none cannot be read: it does not exist',
  );
});
