/** A push by workers of this thread: what is compared, kept, and asked of the target. */
import * as fs from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { CopyContext } from '../../../src/remote/copy/context.js';
import type { DraftPiece } from '../../../src/remote/copy/draft/pieces.js';
import {
  localPlace,
  openExistingFile,
  type OpenFile,
} from '../../../src/remote/copy/file/place.js';
import { createHashList, type HashList } from '../../../src/remote/copy/hashing/hash-list.js';
import { completeListing } from '../../../src/remote/copy/hashing/listing.js';
import { loadHashMethod } from '../../../src/remote/copy/hashing/methods.js';
import { LocalTarget } from '../../../src/remote/copy/local-target.js';
import { comparePush, executePush, putReady } from '../../../src/remote/copy/push.js';
import type { BasisName, Receiver, Target } from '../../../src/remote/copy/sides.js';
import type { Job } from '../../../src/remote/copy/worker/messages.js';
import { openPlatform } from '../../../src/store.js';
import { scratchDirectory } from '../../support/directory.js';
import { startWorkers } from '../../support/in-thread-workers.js';
import { noise } from '../../support/seed.js';

const { files } = openPlatform();
const method = await loadHashMethod('sha1');
const BLOCK = 64;
const workers = startWorkers(2);
const content = noise(10 * BLOCK + 20, 1);

function opened(bytes: Uint8Array): OpenFile {
  const path = join(scratchDirectory(), 'file');
  fs.writeFileSync(path, bytes);
  const place = localPlace(files, path);
  const file = openExistingFile(files, place);
  onTestFinished(() => [file, place].forEach((one) => one.close()));
  return file;
}

async function listOf(bytes: Uint8Array): Promise<HashList> {
  const list = createHashList(bytes.length, BLOCK, method);
  const { descriptor } = opened(bytes);
  const file = { descriptor, sizeBytes: bytes.length, isSparse: false };
  const count = Math.ceil(bytes.length / BLOCK);
  await workers.run({ type: 'hash', file, list, firstBlock: 0, count });
  return list;
}

/** What is kept of lists, and what was told of progress. */
function contextOf(options: Partial<CopyContext> = {}) {
  const kept: HashList[] = [];
  let made = 0;
  const context: CopyContext = {
    files,
    workers,
    lists: {
      find: () => undefined,
      findHash: () => undefined,
      findRecent: () => undefined,
      keep: (_, list) => void kept.push(list),
    },
    method,
    blockBytes: BLOCK,
    concurrency: 2,
    isWholeFile: false,
    isInPlace: false,
    isDryRun: false,
    isLinkSlow: () => false,
    nowMs: () => 0,
    onHashed: () => undefined,
    onMade: (bytes) => (made += bytes),
    ...options,
  };
  return { context, kept, made: () => made };
}

/** A target with these bytes that lists them. */
async function targetOf(old: Uint8Array, hasWeakSums: boolean): Promise<Target> {
  const list = await listOf(old);
  const facts = { sizeBytes: old.length, identity: '1', mode: undefined, mtime: undefined };
  return {
    old: facts,
    left: undefined,
    defaults: { method: 'sha1', blockBytes: BLOCK },
    list: (_: BasisName) => Promise.resolve({ ...completeListing(list), hasWeakSums }),
    begin: () => Promise.reject(new Error('not begun')),
  };
}

describe('the list of the target is kept as that of the source', () => {
  const block = (number: number): Buffer => content.subarray(number * BLOCK, (number + 1) * BLOCK);

  test.each([
    ['where both are the same', content, content, true, 1],
    ['but not where it lacks weak sums', content, content, false, 0],
    ['but not where the target is longer', content.subarray(0, 9 * BLOCK), content, true, 0],
    ['but not where the target is shorter', content, content.subarray(0, 9 * BLOCK), true, 0],
    [
      'but not where a block differs',
      content,
      Buffer.concat([noise(BLOCK, 2), content.subarray(BLOCK)]),
      true,
      0,
    ],
    [
      'but not where blocks are exchanged',
      Buffer.concat([block(1), block(0), block(2)]),
      content.subarray(0, 3 * BLOCK),
      true,
      0,
    ],
  ])('%s', async (_, source, old, hasWeakSums, count) => {
    const { context, kept } = contextOf();
    await comparePush(opened(source), await targetOf(old, hasWeakSums), context);
    expect(kept).toHaveLength(count);
  });

  test('but not where that is known already', async () => {
    const known = await listOf(content);
    const { context, kept } = contextOf();
    const lists = { ...context.lists, find: () => known };
    await comparePush(opened(content), await targetOf(content, true), { ...context, lists });
    expect(kept).toEqual([]);
  });
});

describe('of a target that hashes whole blocks only', () => {
  const END = 10 * BLOCK + 20;
  const whole = [{ type: 'keep', offset: 0, length: END }];
  const cut = (blocks: number) => [{ type: 'keep', offset: 0, length: blocks * BLOCK }];
  const short = content.subarray(10 * BLOCK);

  test.each<readonly [string, Buffer, Buffer, readonly object[]]>([
    ['the short last block is kept where the new file ends with it', content, content, whole],
    [
      'it is not where the new file goes on',
      Buffer.concat([content, noise(9, 3)]),
      content,
      cut(10),
    ],
    ['it is not by itself', Buffer.concat([short, short]), short, []],
    ['whole blocks are', content.subarray(0, 3 * BLOCK), content, cut(3)],
  ])('%s', async (_, source, old, ready) => {
    const { context } = contextOf();
    const plan = await comparePush(opened(source), await targetOf(old, false), context);
    expect(plan.ready).toEqual(ready);
    const missing = plan.missing.reduce((sum, { length }) => sum + length, 0);
    const kept = plan.ready.reduce((sum, { length }) => sum + length, 0);
    expect(missing + kept).toBe(source.length);
  });
});

/** What a receiver is given. */
function receiver() {
  const pieces: DraftPiece[] = [];
  const made = Buffer.alloc(content.length);
  const one: Receiver = {
    hashPages: undefined,
    put: (given, bytes) => {
      for (const piece of given) {
        pieces.push(piece);
        if (piece.type === 'data')
          Buffer.from(bytes, piece.at, piece.length).copy(made, piece.offset);
      }
      return Promise.resolve();
    },
    publish: () => Promise.resolve(0),
    close: () => Promise.resolve(),
  };
  return { one, pieces, made };
}

describe('what is sent', () => {
  test.each([true, false])(
    'and what is kept are all of the file, and told as such; of the whole file: %j',
    async (isWholeFile) => {
      const old = Buffer.from(content).fill(1, 2 * BLOCK, 5 * BLOCK);
      const { context, made } = contextOf({ isWholeFile });
      const source = opened(content);
      const plan = await comparePush(source, await targetOf(old, true), context);
      const to = receiver();
      await executePush(source, to.one, plan, context);
      expect(made()).toBe(content.length);
      const sent = to.pieces.filter(({ type }) => type === 'data');
      const bytes = sent.reduce((sum, { length }) => sum + length, 0);
      expect(bytes).toBe(isWholeFile ? content.length : 3 * BLOCK);
      for (const { offset, length } of sent) {
        const expected = content.subarray(offset, offset + length);
        expect(to.made.subarray(offset, offset + length).equals(expected)).toBe(true);
      }
    },
  );

  test('is no block of zeros, but the short last one', async () => {
    const source = opened(
      Buffer.concat([Buffer.alloc(2 * BLOCK), noise(BLOCK, 4), Buffer.alloc(7)]),
    );
    const { context } = contextOf({ isWholeFile: true });
    const plan = await comparePush(source, await targetOf(content, true), context);
    const to = receiver();
    await executePush(source, to.one, plan, context);
    expect(to.pieces.map(({ type, length }) => [type, length])).toEqual([
      ['zeros', BLOCK],
      ['zeros', BLOCK],
      ['data', BLOCK],
      ['data', 7],
    ]);
  });
});

test.each([
  [64, 65_536 * 64],
  [4096, 256 * 1024 * 1024],
  [65_536, 256 * 1024 * 1024],
  [16 * 1024 * 1024, 256 * 1024 * 1024],
])(
  'what is kept of blocks of %i bytes is asked for %i bytes at a time',
  async (blockBytes, most) => {
    const { context, made } = contextOf({ blockBytes });
    const puts: number[] = [];
    const one: Receiver = {
      ...receiver().one,
      put: (pieces) => {
        puts.push(pieces.reduce((sum, { length }) => sum + length, 0));
        return Promise.resolve();
      },
    };
    const length = 2 * most + blockBytes;
    await putReady(one, [{ type: 'keep', offset: 0, length }], context);
    expect(puts).toEqual([most, most, blockBytes]);
    expect(made()).toBe(length);
  },
);

describe('over a slow link', () => {
  const PAGE = 4096;
  const LARGE = 4 * PAGE;
  const source = noise(4 * LARGE + 3 * PAGE + 100, 7);
  const old = Buffer.from(source);
  // Of the second block a page differs, of the third all do; of the last its short last page.
  old.fill(1, LARGE + PAGE, LARGE + PAGE + 5);
  old.fill(2, 2 * LARGE, 3 * LARGE);
  old.fill(3, source.length - 1);

  test.each([
    ['differs in pages', old, 5 * PAGE + 100, 3],
    ['is shorter', old.subarray(0, -200), 2 * LARGE + 200, 0],
    ['is longer', Buffer.concat([old, noise(5, 8)]), 5 * PAGE + 100, 3],
    ['is the same', source, 0, 0],
  ])(
    'a target that %s is sent only those, and all is told and proved',
    async (_, was, sent, asked) => {
      const directory = scratchDirectory();
      const path = join(directory, 'target');
      fs.writeFileSync(path, was);
      const place = localPlace(files, path);
      const { context, made } = contextOf({
        isLinkSlow: () => true,
        blockBytes: LARGE,
        concurrency: 1,
        isInPlace: true,
      });
      const { lists } = context;
      const target = new LocalTarget({ files, workers, lists, nowMs: () => 0 }, place);
      onTestFinished(() => [target, place].forEach((one) => one.close()));
      const from = opened(source);
      const plan = await comparePush(from, target, context);
      const receiver = await target.begin({
        sizeBytes: source.length,
        blockBytes: LARGE,
        method,
        isInPlace: true,
        basis: plan.basis,
        attributes: { mode: undefined, mtime: undefined },
      });
      let [bytesSent, rangesAsked] = [0, 0];
      const watched: Receiver = {
        ...receiver,
        put: (pieces, bytes) => {
          for (const { type, length } of pieces) if (type === 'data') bytesSent += length;
          return receiver.put(pieces, bytes);
        },
        hashPages: (ranges, pageBytes) => {
          rangesAsked += ranges.length;
          return receiver.hashPages!(ranges, pageBytes);
        },
      };
      await receiver.publish(await executePush(from, watched, plan, context));
      await receiver.close();
      expect(fs.readFileSync(path).equals(source)).toBe(true);
      expect([bytesSent, rangesAsked, made()]).toEqual([sent, asked, source.length]);
    },
  );
});

test('the list of the source is as old as the comparison', async () => {
  let now = 0;
  const kept: number[] = [];
  const { context } = contextOf({ nowMs: () => (now += 1), onHashed: () => (now += 100) });
  const lists = {
    ...context.lists,
    keep: (_: unknown, __: unknown, ms: number) => void kept.push(ms),
  };
  await comparePush(opened(content), await targetOf(content, true), { ...context, lists });
  expect(kept).toEqual([1]);
});

test.each([true, false])(
  'whether a search is thorough is for the link to say: %j',
  async (isSlow) => {
    const source = opened(Buffer.alloc(0));
    fs.truncateSync(source.path, 64 * 1024 * 1024 + 1);
    const stat = files.at.statOpen(source.descriptor);
    const searches: boolean[] = [];
    const counted = {
      ...workers,
      run: ((job: Job) => {
        if (job.type === 'search') searches.push(job.isThorough);
        return Promise.resolve(job.type === 'compare' ? { matches: [], count: job.count } : []);
      }) as typeof workers.run,
    };
    const { context } = contextOf({
      workers: counted,
      isLinkSlow: () => isSlow,
      blockBytes: 65_536,
    });
    await comparePush({ ...source, stat }, await targetOf(content, true), context);
    expect(new Set(searches)).toEqual(new Set([isSlow]));
  },
);
