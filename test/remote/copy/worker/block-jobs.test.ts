import * as fs from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { createHashList, type HashList } from '../../../../src/remote/copy/hashing/hash-list.js';
import { loadHashMethod } from '../../../../src/remote/copy/hashing/methods.js';
import {
  addMatch,
  compareBlocks,
  hashBlocks,
} from '../../../../src/remote/copy/worker/block-jobs.js';
import type { BlockMatch, CompareJob } from '../../../../src/remote/copy/worker/messages.js';
import { BlockSearch } from '../../../../src/remote/copy/worker/search.js';
import { RabinKarp } from '../../../../src/rdiff/format/weak/rabin-karp.js';
import { openPlatform } from '../../../../src/store.js';
import { testDirectory } from '../../../support/directory.js';
import { noise } from '../../../support/seed.js';

const { files } = openPlatform();
const method = await loadHashMethod('sha1');
const BLOCK = 100;

const directory = testDirectory();
const descriptors: number[] = [];
afterAll(() => descriptors.forEach((descriptor) => fs.closeSync(descriptor)));

function opened(content: Uint8Array): number {
  const path = join(directory, String(descriptors.length));
  fs.writeFileSync(path, content);
  const descriptor = fs.openSync(path, 'r+');
  descriptors.push(descriptor);
  return descriptor;
}
const fileOf = (content: Uint8Array) => ({
  descriptor: opened(content),
  sizeBytes: content.length,
  isSparse: false,
});

function listOf(content: Uint8Array, blockBytes = BLOCK): HashList {
  const list = createHashList(content.length, blockBytes, method);
  const count = Math.ceil(content.length / blockBytes);
  hashBlocks(files, { type: 'hash', file: fileOf(content), list, firstBlock: 0, count }, method);
  return list;
}

describe('the list of a file', () => {
  test.each([16, 100, 4096, 5000])(
    'has of each block of %i the weak sum of its beginning and its hash',
    (blockBytes) => {
      const content = noise(3 * blockBytes + 7, 1);
      const entries = Buffer.from(listOf(content, blockBytes).entries);
      for (let block = 0; block < 4; block += 1) {
        const bytes = content.subarray(block * blockBytes, (block + 1) * blockBytes);
        const weak = new RabinKarp();
        weak.update(bytes.subarray(0, 4096));
        const entry = entries.subarray(block * 24, (block + 1) * 24);
        expect(entry.readUInt32BE(0)).toBe(block === 3 ? 0 : weak.digest);
        expect(entry.subarray(4).equals(method.digest(bytes))).toBe(true);
      }
    },
  );

  test('is filled for the blocks that are asked for, and no others', () => {
    const content = noise(5 * BLOCK, 2);
    const list = createHashList(content.length, BLOCK, method);
    const file = fileOf(content);
    hashBlocks(files, { type: 'hash', file, list, firstBlock: 1, count: 2 }, method);
    const filled = [0, 1, 2, 3, 4].map((block) =>
      list.entries.subarray(block * 24, (block + 1) * 24).some((byte) => byte !== 0),
    );
    expect(filled).toEqual([false, true, true, false, false]);
  });
});

describe('a file is compared with a list', () => {
  const content = noise(10 * BLOCK + 50, 3);
  const list = listOf(content);
  /** With one byte changed in each of these blocks. */
  const changed = (...blocks: readonly number[]): Buffer => {
    const other = Buffer.from(content);
    for (const block of blocks) other[block * BLOCK] = other[block * BLOCK]! ^ 1;
    return other;
  };
  const compare = (other: Uint8Array, job: Partial<CompareJob> = {}) =>
    compareBlocks(
      files,
      {
        type: 'compare',
        file: fileOf(other),
        list,
        firstBlock: 0,
        count: 11,
        isPatient: true,
        placement: undefined,
        ...job,
      },
      method,
    );
  const run = (block: number, count: number) => ({ block, count, offset: block * BLOCK });

  test.each([
    ['the same', content, [run(0, 11)]],
    ['two blocks changed', changed(2, 3), [run(0, 2), run(4, 7)]],
    ['the last, short one changed', changed(10), [run(0, 10)]],
    ['longer', Buffer.concat([content, noise(9, 1)]), [run(0, 11)]],
    ['shorter by a byte', content.subarray(0, -1), [run(0, 10)]],
    ['shorter by a block', content.subarray(0, 9 * BLOCK), [run(0, 9)]],
    ['empty', Buffer.alloc(0), []],
  ])('that is %s', (_, other, matches) => {
    expect(compare(other)).toEqual({ matches, count: 11 });
  });

  test('from a block on, as far as asked and as the list goes', () => {
    expect(compare(content, { firstBlock: 3, count: 4 })).toEqual({
      matches: [run(3, 4)],
      count: 4,
    });
    expect(compare(content, { firstBlock: 9, count: 9 })).toEqual({
      matches: [run(9, 2)],
      count: 2,
    });
  });

  test('and given up after four differing blocks in a row where nobody wants the others', () => {
    const impatient = (...blocks: readonly number[]) =>
      compare(changed(...blocks), { isPatient: false });
    expect(impatient(1, 2, 3, 4)).toEqual({ matches: [run(0, 1)], count: 5 });
    expect(impatient(1, 2, 3, 5, 6, 7)).toMatchObject({ count: 11 });
    expect(compare(changed(1, 2, 3, 4)).count).toBe(11);
  });

  test.each([true, false])(
    'and what is found is put in its place: holds the basis %s',
    (holdsBasis) => {
      const to = opened(Buffer.alloc(content.length));
      const placed = new Uint8Array(new SharedArrayBuffer(11));
      const placement = { descriptor: to, placed, holdsBasis };
      compare(changed(2), { placement });
      const expected = Buffer.from(content).fill(0, 2 * BLOCK, 3 * BLOCK);
      const zeros = Buffer.alloc(content.length);
      expect(Buffer.from(files.readToEnd(to)).equals(holdsBasis ? zeros : expected)).toBe(true);
      expect([...placed]).toEqual(
        Array.from({ length: 11 }, (_, block) => (holdsBasis || block === 2 ? 0 : 1)),
      );
    },
  );
});

test.each<[string, BlockMatch, BlockMatch[]]>([
  ['goes on', { block: 5, count: 2, offset: 500 }, [{ block: 3, count: 4, offset: 300 }]],
  ['lies elsewhere', { block: 5, count: 1, offset: 501 }, []],
  ['is of another block', { block: 6, count: 1, offset: 500 }, []],
])('a match that %s is one with the last, or its own', (_, match, joined) => {
  const first = { block: 3, count: 2, offset: 300 };
  const matches: BlockMatch[] = [];
  addMatch(matches, first, BLOCK);
  addMatch(matches, match, BLOCK);
  expect(matches).toEqual(joined.length > 0 ? joined : [first, match]);
});

describe('blocks are searched for in a file', () => {
  const content = noise(8 * BLOCK + 30, 4);
  const list = listOf(content);
  const block = (number: number): Buffer => content.subarray(number * BLOCK, (number + 1) * BLOCK);
  const search = (
    other: Buffer,
    { wanted = Array<number>(9).fill(1), isThorough = true, from = 0, to = other.length } = {},
  ) =>
    new BlockSearch(files, list, Uint8Array.from(wanted), method).run({
      type: 'search',
      search: 1,
      file: fileOf(other),
      list,
      wanted: new Uint8Array(new SharedArrayBuffer(9)),
      range: { offset: from, length: to - from },
      isThorough,
      placement: undefined,
    });
  const gap = (length: number): Buffer => noise(length, 99 + length);

  test('wherever they stand, what follows them is one with them', () => {
    const other = Buffer.concat([gap(7), block(3), block(4), gap(33), block(1), block(8)]);
    expect(search(other)).toEqual([
      { block: 3, count: 2, offset: 7 },
      { block: 1, count: 1, offset: 7 + 200 + 33 },
    ]);
  });

  test('a short last block behind the one before it', () => {
    const other = Buffer.concat([gap(5), block(7), block(8)]);
    expect(search(other)).toEqual([{ block: 7, count: 2, offset: 5 }]);
  });

  test('at their own place without rolling, though nobody asked for them', () => {
    const other = Buffer.concat([gap(BLOCK), block(1), gap(BLOCK)]);
    expect(search(other, { wanted: Array<number>(9).fill(0) })).toEqual([
      { block: 1, count: 1, offset: BLOCK },
    ]);
  });

  test('only those that are wanted, where they are not at their place', () => {
    const other = Buffer.concat([gap(7), block(3), gap(11), block(5), gap(20)]);
    const wanted = [0, 0, 0, 0, 0, 1, 0, 0, 0];
    expect(search(other, { wanted })).toEqual([{ block: 5, count: 1, offset: 118 }]);
  });

  test.each([
    ['begins with its first byte', 50, 300, 1],
    ['begins behind it', 51, 300, 0],
    ['ends behind its first byte', 0, 51, 1],
    ['ends before it', 0, 50, 0],
  ])('in a range that %s', (_, from, to, found) => {
    const other = Buffer.concat([gap(50), block(3), gap(150)]);
    expect(search(other, { from, to })).toHaveLength(found);
  });

  test('at the very end of the file', () => {
    expect(search(Buffer.concat([gap(123), block(2)]))).toEqual([
      { block: 2, count: 1, offset: 123 },
    ]);
    expect(search(Buffer.concat([gap(123), block(2).subarray(0, -1)]))).toEqual([]);
  });

  test('by samples after four stretches in vain, unless every byte is looked at', () => {
    const at = (stretch: number): Buffer =>
      Buffer.concat([gap(stretch * BLOCK + 7), block(2), gap(2000)]);
    const found = (stretch: number, isThorough: boolean): number =>
      search(at(stretch), { isThorough }).length;
    const stretches = [0, 1, 3, 4, 8, 12, 16, 17];
    expect(stretches.map((stretch) => found(stretch, false))).toEqual([1, 1, 1, 0, 0, 0, 1, 0]);
    expect(stretches.map((stretch) => found(stretch, true))).toEqual(stretches.map(() => 1));
  });

  test('that are put in their place at once', () => {
    const to = opened(Buffer.alloc(content.length));
    const placed = new Uint8Array(new SharedArrayBuffer(9));
    const other = Buffer.concat([gap(7), block(3), block(4)]);
    new BlockSearch(files, list, new Uint8Array(9).fill(1), method).run({
      type: 'search',
      search: 1,
      file: fileOf(other),
      list,
      wanted: new Uint8Array(new SharedArrayBuffer(9)),
      range: { offset: 0, length: other.length },
      isThorough: true,
      placement: { descriptor: to, placed, holdsBasis: true },
    });
    const bytes = Buffer.from(files.readToEnd(to));
    expect(bytes.subarray(300, 500).equals(content.subarray(300, 500))).toBe(true);
    expect([...placed]).toEqual([0, 0, 0, 1, 1, 0, 0, 0, 0]);
  });
});
