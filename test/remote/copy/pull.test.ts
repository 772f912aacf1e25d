/** A pull by workers of this thread: what is kept, begun, asked of the source, and proved. */
import * as fs from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { CopyContext } from '../../../src/remote/copy/context.js';
import { Proof } from '../../../src/remote/copy/draft/proof.js';
import { localPlace, openExistingFile } from '../../../src/remote/copy/file/place.js';
import { createHashList, type HashList } from '../../../src/remote/copy/hashing/hash-list.js';
import { completeListing } from '../../../src/remote/copy/hashing/listing.js';
import { loadHashMethod } from '../../../src/remote/copy/hashing/methods.js';
import { LocalTarget } from '../../../src/remote/copy/local-target.js';
import { comparePull, executePull } from '../../../src/remote/copy/pull.js';
import type { RemoteSource } from '../../../src/remote/copy/sides.js';
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
const NO_ATTRIBUTES = { mode: undefined, mtime: undefined };

async function listOf(bytes: Uint8Array, blockBytes = BLOCK): Promise<HashList> {
  const path = join(scratchDirectory(), 'listed');
  fs.writeFileSync(path, bytes);
  const place = localPlace(files, path);
  const opened = openExistingFile(files, place);
  const list = createHashList(bytes.length, blockBytes, method);
  const { descriptor } = opened;
  const file = { descriptor, sizeBytes: bytes.length, isSparse: false };
  const count = Math.ceil(bytes.length / blockBytes);
  await workers.run({ type: 'hash', file, list, firstBlock: 0, count });
  opened.close();
  place.close();
  return list;
}

/** A source and a target with these bytes, and what was kept, told, read and waited for. */
async function setUp(source: Buffer, old: Buffer, options: Partial<CopyContext> = {}) {
  const seen = { kept: 0, made: 0, read: 0, ready: 0 };
  const lists = {
    find: () => undefined,
    findHash: () => undefined,
    findRecent: () => undefined,
    keep: () => void (seen.kept += 1),
  };
  const context: CopyContext = {
    files,
    workers,
    lists,
    method,
    blockBytes: BLOCK,
    concurrency: 2,
    isWholeFile: false,
    isInPlace: false,
    isDryRun: false,
    isLinkSlow: () => false,
    nowMs: () => 0,
    onHashed: () => undefined,
    onMade: (bytes) => (seen.made += bytes),
    ...options,
  };
  const directory = scratchDirectory();
  const path = join(directory, 'target');
  fs.writeFileSync(path, old);
  const place = localPlace(files, path);
  const target = new LocalTarget({ files, workers, lists, nowMs: () => 0 }, place);
  onTestFinished(() => [target, place].forEach((one) => one.close()));
  const whole = completeListing(await listOf(source, options.blockBytes));
  const ready = (block: number): Promise<number> => {
    seen.ready = Math.max(seen.ready, block);
    return whole.ready(block);
  };
  const remote = (hasWeakSums = true): RemoteSource => ({
    defaults: { method: 'sha1', blockBytes: BLOCK },
    facts: { sizeBytes: source.length, identity: '1', ...NO_ATTRIBUTES },
    list: () => Promise.resolve({ ...whole, hasWeakSums, ready }),
    read: (ranges, into) => {
      for (const { offset, length, at } of ranges) {
        Buffer.from(into).set(source.subarray(offset, offset + length), at);
        seen.read += length;
      }
      return Promise.resolve();
    },
    hashPages: undefined,
    identity: () => Promise.resolve('1'),
  });
  return { seen, context, target, path, directory, remote };
}

describe('the list of the source is kept as that of the target', () => {
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
  ])('%s', async (_, source, old, hasWeakSums, count) => {
    const { seen, context, target, remote } = await setUp(source, old);
    await comparePull(remote(hasWeakSums), target, context);
    expect(seen.kept).toBe(count);
  });

  test('but not where that is known already', async () => {
    const { seen, context, target, remote } = await setUp(content, content);
    const known = await listOf(content);
    const lists = { ...context.lists, find: () => known };
    await comparePull(remote(), target, { ...context, lists });
    expect(seen.kept).toBe(0);
  });
});

const moved = Buffer.concat([noise(7, 3), content.subarray(0, 5 * BLOCK)]);

test.each<readonly [string, Partial<CopyContext>, boolean, boolean]>([
  ['that is found where blocks may be moved', {}, true, true],
  ['but not by a dry run', { isDryRun: true }, true, false],
  ['but not in place', { isInPlace: true }, true, false],
  ['but not of the whole file', { isWholeFile: true }, true, false],
  ['but not by a list without weak sums', {}, false, false],
])(
  'the new file is begun early for what is found, %s',
  async (_, options, hasWeakSums, isBegun) => {
    const { context, target, remote, directory, path } = await setUp(content, moved, options);
    await comparePull(remote(hasWeakSums), target, context);
    const drafts = fs.readdirSync(directory).filter((name) => name.endsWith('.partial'));
    expect(drafts).toHaveLength(isBegun ? 1 : 0);
    expect(fs.readFileSync(path).equals(moved)).toBe(true);
  },
);

test.each([
  ['of the whole file', { isWholeFile: true }, moved],
  ['onto an empty file', {}, Buffer.alloc(0)],
  ['onto another file', {}, moved],
  ['in place', { isInPlace: true }, moved],
])('a plan %s is made once the list is there to its end', async (_, options, old) => {
  const { seen, context, target, remote } = await setUp(content, old, options);
  await comparePull(remote(), target, context);
  expect(seen.ready).toBe(11);
});

const zeroed = Buffer.from(content).fill(0, 3 * BLOCK, 6 * BLOCK);

test.each<readonly [string, Buffer, Buffer, Partial<CopyContext>, number]>([
  ['the same file', content, content, {}, 0],
  ['nothing of it', content, noise(content.length, 5), {}, content.length],
  ['some blocks', content, Buffer.from(content).fill(1, BLOCK, 4 * BLOCK), {}, 3 * BLOCK],
  ['all but the short last block', content, content.subarray(0, 10 * BLOCK), {}, 20],
  ['all but the zeros', zeroed, content, {}, 0],
  ['its blocks elsewhere', content, moved, {}, content.length - 5 * BLOCK],
  ['its blocks elsewhere, in place', content, moved, { isInPlace: true }, content.length],
  ['all of it and more', content.subarray(0, 5 * BLOCK), content, {}, 0],
  ['all of it, which is not looked at', content, content, { isWholeFile: true }, content.length],
])(
  'a target that has %s becomes the source, which gives the rest once',
  async (_, source, old, options, read) => {
    const { seen, context, target, remote, path } = await setUp(source, old, options);
    const plan = await comparePull(remote(), target, context);
    const receiver = await target.begin({
      sizeBytes: source.length,
      blockBytes: BLOCK,
      method,
      isInPlace: context.isInPlace,
      basis: plan.basis,
      attributes: NO_ATTRIBUTES,
    });
    const root = await executePull(remote(), receiver, plan, context);
    await receiver.publish(root);
    await receiver.close();
    expect(fs.readFileSync(path).equals(source)).toBe(true);
    expect(seen).toMatchObject({ read, made: source.length });
    expect(root).toBe(rootOf(source));
  },
);

/** The whole-file hash of bytes that are cut into blocks. */
function rootOf(bytes: Buffer): string {
  const proof = new Proof(method.digestBytes);
  for (let offset = 0; offset < bytes.length; offset += BLOCK) {
    const block = bytes.subarray(offset, offset + BLOCK);
    proof.add(offset, block.length, method.digest(block));
  }
  return proof.root(bytes.length);
}

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
    ['differs in pages', old, 5 * PAGE + 100, [LARGE, LARGE, 3 * PAGE + 100]],
    ['is shorter', old.subarray(0, -1), 2 * LARGE + 3 * PAGE + 100, [LARGE, LARGE]],
    ['is the same', source, 0, []],
  ])(
    'a target that %s gets only those, and all is told and proved',
    async (_, target, read, asked) => {
      const slow = { isLinkSlow: () => true, blockBytes: LARGE, concurrency: 1, isInPlace: true };
      const { seen, context, target: local, remote, path } = await setUp(source, target, slow);
      const pages: number[] = [];
      let reads = 0;
      const far: RemoteSource = {
        ...remote(),
        read: (ranges, into) => {
          reads += 1;
          return remote().read(ranges, into);
        },
        hashPages: () => (ranges, pageBytes) => {
          expect(pageBytes).toBe(PAGE);
          pages.push(...ranges.map(({ length }) => length));
          const parts = ranges.flatMap(({ offset, length }) =>
            Array.from({ length: Math.ceil(length / PAGE) }, (__, index) => {
              const at = offset + index * PAGE;
              return method.digest(source.subarray(at, Math.min(at + PAGE, offset + length)));
            }),
          );
          return Promise.resolve(Buffer.concat(parts));
        },
      };
      const plan = await comparePull(far, local, context);
      const receiver = await local.begin({
        sizeBytes: source.length,
        blockBytes: LARGE,
        method,
        isInPlace: true,
        basis: plan.basis,
        attributes: NO_ATTRIBUTES,
      });
      await receiver.publish(await executePull(far, receiver, plan, context));
      await receiver.close();
      expect(fs.readFileSync(path).equals(source)).toBe(true);
      expect(seen).toMatchObject({ read, made: source.length });
      expect(reads).toBe(read > 0 ? 1 : 0);
      expect(pages).toEqual(target.length < source.length ? [] : asked);
    },
  );

  test('nothing is asked of the source where no page differs that was not known to', async () => {
    const slow = { isLinkSlow: () => true, blockBytes: LARGE, isInPlace: true };
    const { seen, context, target: local, remote, path } = await setUp(source, source, slow);
    const far: RemoteSource = {
      ...remote(),
      hashPages: () => (ranges) => {
        const parts = ranges.flatMap(({ offset, length }) =>
          Array.from({ length: Math.ceil(length / PAGE) }, (__, index) =>
            method.digest(source.subarray(offset + index * PAGE, offset + (index + 1) * PAGE)),
          ),
        );
        return Promise.resolve(Buffer.concat(parts));
      },
      read: () => Promise.reject(new Error('nothing is to be read')),
    };
    const compared = await comparePull(far, local, context);
    // The block differed when it was compared, and no longer does.
    const missing = [{ offset: LARGE, length: LARGE }];
    const ready = [
      { type: 'keep', offset: 0, length: LARGE } as const,
      { type: 'keep', offset: 2 * LARGE, length: source.length - 2 * LARGE } as const,
    ];
    const plan = { ...compared, missing, ready };
    const receiver = await local.begin({
      sizeBytes: source.length,
      blockBytes: LARGE,
      method,
      isInPlace: true,
      basis: plan.basis,
      attributes: NO_ATTRIBUTES,
    });
    await receiver.publish(await executePull(far, receiver, plan, context));
    await receiver.close();
    expect([seen.made, fs.readFileSync(path).equals(source)]).toEqual([source.length, true]);
  });
});

test.each([true, false])(
  'whether a search is thorough is for the link to say: %j',
  async (isSlow) => {
    const { context, target, remote, path } = await setUp(content, moved, {
      isLinkSlow: () => isSlow,
    });
    expect(path).toBeDefined();
    const searches: boolean[] = [];
    fs.truncateSync(path, 64 * 1024 * 1024 + 1);
    const place = localPlace(files, path);
    const long = new LocalTarget({ files, workers, lists: context.lists, nowMs: () => 0 }, place);
    onTestFinished(() => [long, place].forEach((one) => one.close()));
    const counted = {
      ...workers,
      run: ((job: Job) => {
        if (job.type === 'search') searches.push(job.isThorough);
        return Promise.resolve(job.type === 'compare' ? { matches: [], count: job.count } : []);
      }) as typeof workers.run,
    };
    await comparePull(remote(), long, { ...context, workers: counted, isDryRun: true });
    expect(target.old?.sizeBytes).toBe(moved.length);
    expect(new Set(searches)).toEqual(new Set([isSlow]));
  },
);
