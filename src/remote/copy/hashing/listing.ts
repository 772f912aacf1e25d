/** Makes the hash list of a file on all threads, front to end, so that its beginning can be used early. */
import type { OpenFile } from '../file/place.js';
import { forEachAtOnce } from '../../../threads/limiter.js';
import type { ReadFile } from '../worker/messages.js';
import type { Workers } from '../worker/pool.js';
import { blockCount, createHashList, type HashList, type HashListShape } from './hash-list.js';
import type { HashMethod } from './methods.js';

/** A list that is being filled. */
export interface Listing {
  readonly list: HashList;
  /** Whether blocks can be looked for at other places than their own. */
  readonly hasWeakSums: boolean;
  /** Resolves when the entries of the blocks before `block` are there, with how many are. */
  readonly ready: (block: number) => Promise<number>;
  /** Resolves when the file is no longer being read, also after a failure. */
  readonly settled: Promise<void>;
  /** Reads no further; who waits for more learns that. */
  readonly stop: () => void;
}

/** A part is about so long: large enough for a message, small enough to be early. */
export const PART_BYTES = 8 * 1024 * 1024;

/** A file has at most so many parts: a hole is as long as somebody says. */
const MAX_PARTS = 16_384;

/** Blocks in a part of a file. */
export const partBlocks = (shape: Pick<HashListShape, 'sizeBytes' | 'blockBytes'>): number => {
  const blocks = Math.ceil(shape.sizeBytes / shape.blockBytes);
  return Math.max(1, Math.floor(PART_BYTES / shape.blockBytes), Math.ceil(blocks / MAX_PARTS));
};

/** 0, `step`, twice that and so on, below `end`. */
export function* multiples(step: number, end: number): Generator<number> {
  for (let value = 0; value < end; value += step) yield value;
}

/** A list that is complete. */
export const completeListing = (list: HashList): Listing => ({
  list,
  hasWeakSums: true,
  ready: () => Promise.resolve(blockCount(list)),
  settled: Promise.resolve(),
  stop: () => undefined,
});

/** What a job needs to know of a file. */
export const readFileOf = ({ descriptor, stat }: OpenFile): ReadFile => ({
  descriptor,
  sizeBytes: stat.sizeBytes,
  isSparse: stat.allocatedBytes < stat.sizeBytes,
});

/** How a list is made. */
export interface ListingRequest {
  readonly blockBytes: number;
  readonly method: Pick<HashMethod, 'name' | 'digestBytes'>;
  /** Told of bytes as they are hashed. */
  readonly onHashed: (bytes: number) => void;
}

export function startListing(
  workers: Workers,
  file: OpenFile,
  { blockBytes, method, onHashed }: ListingRequest,
): Listing {
  const list = createHashList(file.stat.sizeBytes, blockBytes, method);
  const progress = new Watermark(blockCount(list));
  const step = partBlocks(list);
  const hash = async (firstBlock: number): Promise<void> => {
    const count = Math.min(step, progress.end - firstBlock);
    await workers.run({ type: 'hash', file: readFileOf(file), list, firstBlock, count });
    onHashed(Math.min(count * blockBytes, list.sizeBytes - firstBlock * blockBytes));
    progress.done(firstBlock, count);
  };
  let isStopped = false;
  const firstBlocks = function* (): Generator<number> {
    for (const block of multiples(step, progress.end)) {
      if (isStopped) return;
      yield block;
    }
  };
  // Two for each thread: one is worked on, one waits at the thread.
  const places = workers.laneCount * 2;
  const settled = forEachAtOnce(firstBlocks(), places, hash).catch((error: unknown) =>
    progress.fail(error as Error),
  );
  const stop = (): void => {
    isStopped = true;
    progress.fail(new Error('the list is no longer needed'));
  };
  return { list, hasWeakSums: true, ready: (block) => progress.reached(block), settled, stop };
}

/** How far, from the front, blocks are done without a gap. */
export class Watermark {
  readonly end: number;
  private position = 0;
  private readonly beyond = new Map<number, number>();
  private failure: Error | undefined;
  private waiting: { readonly block: number; settle: () => void }[] = [];

  constructor(end: number) {
    this.end = end;
  }

  done(first: number, count: number): void {
    this.beyond.set(first, count);
    for (;;) {
      const more = this.beyond.get(this.position);
      if (more === undefined) break;
      this.beyond.delete(this.position);
      this.position += more;
    }
    this.wake();
  }

  fail(error: Error): void {
    this.failure ??= error;
    this.wake();
  }

  /** Resolves when the blocks before `block` are done, with how many are. */
  async reached(block: number): Promise<number> {
    while (this.position < block) {
      if (this.failure) throw this.failure;
      await new Promise<void>((settle) => this.waiting.push({ block, settle }));
    }
    return this.position;
  }

  private wake(): void {
    const { waiting } = this;
    this.waiting = [];
    for (const one of waiting) {
      if (this.failure || one.block <= this.position) one.settle();
      else this.waiting.push(one);
    }
  }
}
