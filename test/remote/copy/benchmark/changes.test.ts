/** What a benchmark does to its target, byte by byte, and that it leaves nothing open or behind. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  prependByte,
  scatterPages,
  zeroFront,
} from '../../../../src/remote/copy/benchmark/changes.js';
import { openPlatform } from '../../../../src/store.js';
import { scratchDirectory } from '../../../support/directory.js';
import { openFilesBelow } from '../../../support/open-files.js';
import { noise } from '../../../support/seed.js';

const MIB = 1024 * 1024;
const PAGE = 4096;
const platform = openPlatform();

/** A file of its own, and what is there after a change. */
function changed(bytes: Buffer, change: (path: string) => unknown): Buffer {
  const directory = scratchDirectory();
  const path = join(directory, 'file');
  writeFileSync(path, bytes);
  change(path);
  expect(openFilesBelow(directory)).toEqual([]);
  expect(readdirSync(directory)).toEqual(['file']);
  return readFileSync(path);
}

test.each([0, 1, MIB - 1, MIB, MIB + 1, 2 * MIB + 77])(
  'the first %i bytes are zeros then',
  (bytes) => {
    const content = noise(2 * MIB + 77, 1);
    const expected = Buffer.from(content).fill(0, 0, bytes);
    const now = changed(content, (path) => zeroFront(platform, path, bytes));
    expect(now.equals(expected)).toBe(true);
  },
);

test.each([0, 1, MIB - 1, MIB, 2 * MIB + 77])(
  'a file of %i bytes has one more before it',
  (size) => {
    const content = noise(size, 2);
    const now = changed(content, (path) => prependByte(platform, path));
    expect(now.equals(Buffer.concat([Buffer.from('x'), content]))).toBe(true);
  },
);

test.each([
  [1, 1],
  [100, 1],
  [101, 2],
  [1000, 10],
])('of %i pages %i are others then, whole ones', (pages, most) => {
  const content = noise(pages * PAGE + 100, 3);
  let count = 0;
  const now = changed(content, (path) => {
    count = scatterPages(platform, path, content.length);
  });
  expect(count).toBe(most * PAGE);
  expect(now).toHaveLength(content.length);
  const differing = Array.from({ length: pages + 1 }, (_, page) => page).filter(
    (page) =>
      !now
        .subarray(page * PAGE, (page + 1) * PAGE)
        .equals(content.subarray(page * PAGE, (page + 1) * PAGE)),
  );
  // Two of them may be the same one.
  expect(differing.length).toBeGreaterThan(0);
  expect(differing.length).toBeLessThanOrEqual(most);
  expect(differing).not.toContain(pages);
});

test('which pages change is for chance to say: any of them, by six bytes each', () => {
  const pages = 200;
  const content = noise(pages * PAGE, 4);
  const drawn = (places: readonly number[]): number[] => {
    const bytes = Buffer.alloc(places.length * 6);
    places.forEach((place, index) => bytes.writeUIntBE(place, index * 6, 6));
    const fixed = {
      ...platform,
      randomBytes: (n: number) => (n === PAGE ? Buffer.alloc(n, 7) : bytes),
    };
    const now = changed(content, (path) => scatterPages(fixed, path, content.length));
    return Array.from({ length: pages }, (_, page) => page).filter(
      (page) => now[page * PAGE] === 7 && now[page * PAGE + PAGE - 1] === 7,
    );
  };
  expect(drawn([0, 199])).toEqual([0, 199]);
  expect(drawn([200, 5 + 200 * 2 ** 20])).toEqual([0, 5]);
});
