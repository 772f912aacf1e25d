/** Small files that are read as a whole, and what is too long for that. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openInput, readSmallFile } from '../../../src/rdiff/files/input.js';
import { testDirectory } from '../../support/directory.js';

const directory = testDirectory();
const fileOf = (text: string): string => {
  const path = join(directory, 'file');
  writeFileSync(path, text);
  return path;
};

test.each([
  ['', 5, ''],
  ['four', 5, 'four'],
  ['fives', 5, 'fives'],
  ['sixsix', 5, undefined],
  ['', 0, ''],
  ['x', 0, undefined],
  ['é', 2, 'é'],
  ['é', 1, undefined],
])('%j within %i bytes is %j', async (text, most, expected) => {
  expect(await readSmallFile(fileOf(text), most, undefined)).toBe(expected);
});

test('a file that is not there names itself, and a wait that is stopped does not', async () => {
  const missing = join(directory, 'missing');
  await expect(readSmallFile(missing, 5, undefined)).rejects.toMatchObject({ code: 'RDIFF_IO' });
  const stopped = AbortSignal.abort(new Error('stopped'));
  await expect(openInput(missing, stopped)).rejects.not.toMatchObject({ code: 'RDIFF_IO' });
});

test('an input is read in order, and anywhere', async () => {
  const input = await openInput(fileOf('0123456789'), undefined);
  try {
    expect(input.size).toBe(10);
    const into = Buffer.alloc(4);
    const read: string[] = [];
    for (let n = await input.read(into); n > 0; n = await input.read(into)) {
      read.push(into.toString('utf8', 0, n));
    }
    expect(read).toEqual(['0123', '4567', '89']);
    expect(input.readAt(7, into)).toBe(3);
    expect(into.toString('utf8', 0, 3)).toBe('789');
  } finally {
    input.close();
  }
});
