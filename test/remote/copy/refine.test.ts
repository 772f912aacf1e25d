import { describe, expect, test } from 'vitest';
import type { FileRange } from '../../../src/remote/copy/worker/messages.js';
import { keptOf, PAGE_BYTES, Refinement } from '../../../src/remote/copy/refine.js';

const MIB = 1024 * 1024;
/** One byte a page: 1 in the new file, and in the old one where it has the same. */
const digests = (isSame: (page: number) => boolean) => (ranges: readonly FileRange[]) =>
  Promise.resolve(
    Uint8Array.from(
      ranges.flatMap(({ offset, length }) =>
        Array.from({ length: Math.ceil(length / PAGE_BYTES) }, (_, index) =>
          isSame(offset / PAGE_BYTES + index) ? 1 : 0,
        ),
      ),
    ),
  );

const refinement = (options: Partial<ConstructorParameters<typeof Refinement>[0]> = {}) =>
  new Refinement({
    blockBytes: 64 * 1024,
    digestBytes: 1,
    oldBytes: 100 * MIB,
    isLinkSlow: () => true,
    newDigests: digests(() => true),
    oldDigests: digests((page) => page % 2 === 0),
    ...options,
  });

test('the pages of ranges are compared, the last of a range may be short', async () => {
  const range = { offset: 0, length: 2 * PAGE_BYTES + 5 };
  const pages = await refinement().pagesOf([range]);
  expect(pages?.map(({ offset, length, isSame }) => [offset, length, isSame])).toEqual([
    [0, PAGE_BYTES, true],
    [PAGE_BYTES, PAGE_BYTES, false],
    [2 * PAGE_BYTES, 5, true],
  ]);
  expect(keptOf(pages)).toEqual([
    { type: 'keep', offset: 0, length: PAGE_BYTES },
    { type: 'keep', offset: 2 * PAGE_BYTES, length: 5 },
  ]);
});

test.each([
  ['of blocks of four pages', { blockBytes: 4 * PAGE_BYTES }],
  ['that end with the old file', { oldBytes: 64 * 1024 }],
])('pages are compared %s', async (_, options) => {
  expect(await refinement(options).pagesOf([{ offset: 0, length: 64 * 1024 }])).toHaveLength(16);
});

describe('blocks are sent as they are', () => {
  const range = { offset: 0, length: 64 * 1024 };

  test.each([
    ['where the link is fast', { isLinkSlow: () => false }],
    ['where they are short', { blockBytes: 4 * PAGE_BYTES - 1 }],
    ['beyond the end of the old file', { oldBytes: range.length - 1 }],
  ])('%s', async (_, options) => {
    expect(await refinement(options).pagesOf([range])).toBeUndefined();
  });

  test('once 16 MiB have saved less than an eighth', async () => {
    const tried = { offset: 0, length: 16 * MIB };
    const wasteful = refinement({ oldDigests: digests((page) => page % 10 === 0) });
    const useful = refinement({ oldDigests: digests((page) => page % 8 === 0) });
    for (const one of [wasteful, useful]) expect(await one.pagesOf([tried])).toBeDefined();
    expect(await wasteful.pagesOf([range])).toBeUndefined();
    expect(await useful.pagesOf([range])).toBeDefined();
  });
});
