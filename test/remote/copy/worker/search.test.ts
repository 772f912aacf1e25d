/** The rolling search: what it finds of blocks that look alike, that lie far apart, or that are too many. */
import * as fs from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createHashList, type HashList } from '../../../../src/remote/copy/hashing/hash-list.js';
import { loadHashMethod } from '../../../../src/remote/copy/hashing/methods.js';
import { hashBlocks } from '../../../../src/remote/copy/worker/block-jobs.js';
import type { BlockMatch } from '../../../../src/remote/copy/worker/messages.js';
import { BlockSearch } from '../../../../src/remote/copy/worker/search.js';
import { openPlatform } from '../../../../src/store.js';
import { scratchDirectory } from '../../../support/directory.js';
import { noise } from '../../../support/seed.js';

const { files } = openPlatform();
const method = await loadHashMethod('sha1');

function fileOf(content: Uint8Array) {
  const path = join(scratchDirectory(), 'file');
  fs.writeFileSync(path, content);
  const descriptor = fs.openSync(path, 'r');
  onTestFinished(() => fs.closeSync(descriptor));
  return { descriptor, sizeBytes: content.length, isSparse: false };
}

interface Sought {
  readonly blockBytes: number;
  /** Default: all. */
  readonly wanted?: readonly number[];
  readonly isThorough?: boolean;
}

/** Where blocks of `content` are found in the file of these parts. */
function search(
  content: Buffer,
  parts: readonly Buffer[],
  { blockBytes, wanted, isThorough = true }: Sought,
): readonly BlockMatch[] {
  const list: HashList = createHashList(content.length, blockBytes, method);
  const count = Math.ceil(content.length / blockBytes);
  hashBlocks(files, { type: 'hash', file: fileOf(content), list, firstBlock: 0, count }, method);
  const asked = new Uint8Array(new SharedArrayBuffer(count)).fill(wanted ? 0 : 1);
  for (const block of wanted ?? []) asked[block] = 1;
  const other = Buffer.concat(parts);
  return new BlockSearch(files, list, asked, method).run({
    type: 'search',
    search: 1,
    file: fileOf(other),
    list,
    wanted: asked,
    range: { offset: 0, length: other.length },
    isThorough,
    placement: undefined,
  });
}

const gap = (length: number): Buffer => noise(length, 500 + length);
const ANCHOR = 4096;

test.each([1, 2, 5])(
  'blocks that begin alike are told apart by all of their bytes, %i apart',
  (apart) => {
    const blockBytes = 2 * ANCHOR;
    const beginning = noise(ANCHOR, 1);
    const block = (number: number): Buffer =>
      Buffer.concat([beginning, noise(blockBytes - ANCHOR, 10 + number)]);
    const content = Buffer.concat([0, 1, 2, 3, 4].map(block));
    const order = [3, 0, 4, 2, 1];
    const parts = order.flatMap((number) => [gap(apart), block(number)]);
    const found = search(content, parts, { blockBytes });
    expect(found).toEqual(
      order.map((number, index) => ({
        block: number,
        count: 1,
        offset: (index + 1) * apart + index * blockBytes,
      })),
    );
    // One that only begins as they do is none of them.
    const alike = Buffer.concat([beginning, noise(blockBytes - ANCHOR, 99)]);
    expect(search(content, [gap(apart), alike], { blockBytes })).toEqual([]);
  },
);

test.each([
  [1, true],
  [7, true],
  [15, true],
  [16, false],
  [17, false],
  [1000, false],
])(
  'behind %i places that look like a block and are none, one that is is found: %j',
  (count, isFound) => {
    const blockBytes = 2 * ANCHOR;
    const rest = noise(blockBytes - ANCHOR, 1);
    const content = Buffer.concat([noise(blockBytes, 2), Buffer.alloc(ANCHOR, 'a'), rest]);
    // Each of the first ones begins a run of as many as a block begins with.
    const parts = [gap(5), Buffer.alloc(count + ANCHOR, 'a'), rest, gap(3 * blockBytes)];
    const found = search(content, parts, { blockBytes });
    expect(found).toEqual(isFound ? [{ block: 1, count: 1, offset: 5 + count }] : []);
    // What follows in the next stretch is looked for again.
    const next = search(content, [...parts, content.subarray(blockBytes)], { blockBytes });
    expect(next.map(({ block }) => block)).toEqual(isFound ? [1, 1] : [1]);
  },
);

test.each([-1, 0, 1])(
  'a long block is found around each 256 KiB of the bytes that are rolled over: %i',
  (beside) => {
    const blockBytes = 1024 * 1024;
    const content = noise(2 * blockBytes, 3);
    for (const pieces of [1, 2, 3]) {
      const offset = pieces * 256 * 1024 + beside;
      const parts = [gap(offset), content.subarray(blockBytes)];
      expect(search(content, parts, { blockBytes })).toEqual([{ block: 1, count: 1, offset }]);
    }
  },
);

test.each([
  [2, [1, 2, 3, 4]],
  [3, [1, 2, 3, 4]],
  [4, []],
])(
  'each block that is found gives the next ones another four stretches: %i in between',
  (stretches, found) => {
    const blockBytes = 100;
    const content = noise(10 * blockBytes, 4);
    const block = (number: number): Buffer =>
      content.subarray(number * blockBytes, (number + 1) * blockBytes);
    // One stretch ends with the block before, the others are whole.
    const parts = [1, 2, 3, 4].flatMap((number) => [
      gap(stretches * blockBytes + 7),
      block(number),
    ]);
    const matches = search(content, parts, { blockBytes, isThorough: false });
    expect(matches.map(({ block }) => block)).toEqual(found);
  },
);

test.each([1, 7, 50, 99])(
  'behind a block that is found %i bytes from its place, others are found at theirs',
  (apart) => {
    const blockBytes = 100;
    const content = noise(10 * blockBytes, 5);
    const block = (number: number): Buffer =>
      content.subarray(number * blockBytes, (number + 1) * blockBytes);
    const first = Buffer.concat([gap(apart), block(7), gap(300 - apart)]);
    const parts = [first, block(4), gap(blockBytes), block(6)];
    // Nobody asked for these, so they are only found where they belong.
    for (const isThorough of [true, false]) {
      expect(search(content, parts, { blockBytes, wanted: [7], isThorough })).toEqual([
        { block: 7, count: 1, offset: apart },
        { block: 4, count: 1, offset: 400 },
        { block: 6, count: 1, offset: 600 },
      ]);
    }
  },
);

test.each([
  ['whole', 3, [{ block: 0, count: 3, offset: 5 }]],
  ['short', 2.5, [{ block: 0, count: 3, offset: 5 }]],
  ['short, without the one before it', -0.5, []],
] as const)('a last block that is %s is found behind the one before it', (_, blocks, found) => {
  const blockBytes = 200;
  const content = noise((blocks > 0 ? blocks : 2.5) * blockBytes, 6);
  const moved = blocks > 0 ? content : content.subarray(2 * blockBytes);
  expect(search(content, [gap(5), moved, gap(blockBytes)], { blockBytes })).toEqual(found);
});
