/**
 * A closer look at blocks that differ: where the link is slow, the hashes of their pages are
 * compared, and only pages that differ are sent. One page in a hundred changed here and there makes
 * one block of 64 KiB in seven differ; so a fifteenth of that passes.
 */
import { areSameBytes } from './hashing/hash-list.js';
import { settleAll } from '../../threads/settle.js';
import type { DraftPiece } from './draft/pieces.js';
import type { FileRange } from './worker/messages.js';
import { totalBytes } from './batches.js';

/** What file systems and databases write at a time. */
export const PAGE_BYTES = 4096;
/** Shorter blocks are not worth another question. */
const MIN_BLOCK_BYTES = 4 * PAGE_BYTES;
/** So much is looked at before it is judged whether that pays. */
const TRIAL_BYTES = 16 * 1024 * 1024;
/** It pays while at least one byte in this many need not be sent. */
const MIN_SHARE = 8;

/** A page of the new file. */
export interface Page extends FileRange {
  /** Whether the old file has the same at its place. */
  readonly isSame: boolean;
  readonly digest: Uint8Array;
}

export interface RefinementOptions {
  readonly blockBytes: number;
  readonly digestBytes: number;
  /** The old file's length. */
  readonly oldBytes: number;
  readonly isLinkSlow: () => boolean;
  /** The hashes of the pages of ranges, one after the other. */
  readonly newDigests: (ranges: readonly FileRange[]) => Promise<Uint8Array>;
  readonly oldDigests: (ranges: readonly FileRange[]) => Promise<Uint8Array>;
}

export class Refinement {
  private readonly options: RefinementOptions;
  private lookedBytes = 0;
  private savedBytes = 0;

  constructor(options: RefinementOptions) {
    this.options = options;
  }

  /** The pages of ranges that differ; undefined where they are better sent as they are. */
  async pagesOf(ranges: readonly FileRange[]): Promise<Page[] | undefined> {
    if (!this.isWorthwhile(ranges)) return undefined;
    const { newDigests, oldDigests, digestBytes } = this.options;
    const [news, olds] = (await settleAll([newDigests(ranges), oldDigests(ranges)])) as [
      Uint8Array,
      Uint8Array,
    ];
    const pages = cutPages(ranges).map((page, index): Page => {
      const at = index * digestBytes;
      const digest = news.subarray(at, at + digestBytes);
      return { ...page, digest, isSame: areSameBytes(digest, olds.subarray(at, at + digestBytes)) };
    });
    this.lookedBytes += totalBytes(ranges);
    this.savedBytes += totalBytes(pages.filter(({ isSame }) => isSame));
    return pages;
  }

  private isWorthwhile(ranges: readonly FileRange[]): boolean {
    const { blockBytes, oldBytes, isLinkSlow } = this.options;
    return (
      blockBytes >= MIN_BLOCK_BYTES &&
      isLinkSlow() &&
      ranges.every(({ offset, length }) => offset + length <= oldBytes) &&
      (this.lookedBytes < TRIAL_BYTES || this.savedBytes * MIN_SHARE >= this.lookedBytes)
    );
  }
}

/** What of pages stays where it is. */
export const keptOf = (pages: readonly Page[] = []): DraftPiece[] =>
  pages
    .filter(({ isSame }) => isSame)
    .map(({ offset, length }) => ({ type: 'keep', offset, length }));

/** Ranges in pages, counted from the beginning of each. */
function cutPages(ranges: readonly FileRange[]): FileRange[] {
  return ranges.flatMap(({ offset, length }) =>
    Array.from({ length: Math.ceil(length / PAGE_BYTES) }, (_, index) => ({
      offset: offset + index * PAGE_BYTES,
      length: Math.min(PAGE_BYTES, length - index * PAGE_BYTES),
    })),
  );
}
