/** Any change of any file is copied whole, whichever side is the source; without threads or a network. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { comparePull, executePull } from '../../../src/remote/copy/pull.js';
import { comparePush, executePush } from '../../../src/remote/copy/push.js';
import type { CopyContext } from '../../../src/remote/copy/context.js';
import type {
  BeginRequest,
  HashPages,
  Receiver,
  RemoteSource,
} from '../../../src/remote/copy/sides.js';
import {
  factsOf,
  listFile,
  LocalTarget,
  type TargetTools,
} from '../../../src/remote/copy/local-target.js';
import {
  localPlace,
  openExistingFile,
  type OpenFile,
} from '../../../src/remote/copy/file/place.js';
import {
  blockCount,
  createHashList,
  entryBytes,
} from '../../../src/remote/copy/hashing/hash-list.js';
import { readFileOf } from '../../../src/remote/copy/hashing/listing.js';
import { openListCache } from '../../../src/remote/copy/hashing/list-cache.js';
import { loadHashMethod } from '../../../src/remote/copy/hashing/methods.js';
import { createJobRunner } from '../../../src/remote/copy/worker/run-job.js';
import type { Workers } from '../../../src/remote/copy/worker/pool.js';
import { openPlatform } from '../../../src/store.js';
import { noise, runs } from '../../support/seed.js';

const directory = mkdtempSync(join(tmpdir(), 'varve-properties-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const platform = openPlatform();
const { files } = platform;
const run = createJobRunner(files);
/** The jobs of worker threads, on this one. */
const workers: Workers = {
  laneCount: 2,
  run: (job) => run(job) as never,
  close: () => Promise.resolve(),
};
const nowMs = (): number => platform.clock.nowMs();
const tools: TargetTools = { files, workers, lists: openListCache(platform, undefined), nowMs };
const method = await loadHashMethod('blake3');

/** How a copy is made. */
interface Way {
  readonly blockBytes: number;
  readonly isInPlace: boolean;
  readonly isLinkSlow: boolean;
}

function contextFor({ blockBytes, isInPlace, isLinkSlow }: Way): CopyContext {
  return {
    ...tools,
    method,
    blockBytes,
    concurrency: 2,
    isWholeFile: false,
    isInPlace,
    isDryRun: false,
    isLinkSlow: () => isLinkSlow,
    onHashed: () => undefined,
    onMade: () => undefined,
  };
}

/** A file made of pieces of another and of new bytes. */
const rearranged = (old: Buffer): fc.Arbitrary<Buffer> =>
  fc
    .array(
      fc.oneof(
        fc
          .tuple(fc.nat(old.length), fc.nat(old.length))
          .map(([a, b]) => old.subarray(Math.min(a, b), Math.max(a, b))),
        fc.tuple(fc.nat(3000), fc.nat(9)).map(([length, seed]) => noise(length, seed + 50)),
        fc.nat(5000).map((length) => Buffer.alloc(length)),
      ),
      { maxLength: 5 },
    )
    .map((pieces) => Buffer.concat(pieces));

/** Another with single bytes changed here and there. */
const poked = (old: Buffer): fc.Arbitrary<Buffer> =>
  fc.array(fc.nat(old.length - 1), { minLength: 1, maxLength: 4 }).map((places) => {
    const bytes = Buffer.from(old);
    for (const place of places) bytes[place] = (bytes[place] as number) ^ 1;
    return bytes;
  });

const old = noise(40_000, 77);
const contents = fc.oneof(rearranged(old), poked(old));
const ways: fc.Arbitrary<Way> = fc.record({
  blockBytes: fc.constantFrom(16, 100, 512, 4096, 16_384, 65_536),
  isInPlace: fc.boolean(),
  isLinkSlow: fc.boolean(),
});

/** The files of one copy. */
interface Sides {
  readonly source: OpenFile;
  readonly target: LocalTarget;
}

/** What makes the new file, and what it is made from. */
interface Making {
  readonly basis: BeginRequest['basis'];
  readonly send: (receiver: Receiver) => Promise<string>;
}

let copies = 0;

/**
 * Copies `content` over `old` in files of its own, which are closed whatever comes of it: a copy that
 * fails would otherwise keep its draft locked, and the smaller ones that are tried next would fail with
 * COPY_BUSY.
 */
async function copied(
  content: Buffer,
  { blockBytes, isInPlace }: Way,
  plan: (sides: Sides) => Promise<Making>,
): Promise<Buffer> {
  const [from, to] = ['from', 'to'].map((name) => join(directory, `${name}-${copies}`));
  copies += 1;
  if (from === undefined || to === undefined) throw new Error('two names');
  writeFileSync(from, content);
  writeFileSync(to, old);
  const places = [localPlace(files, from), localPlace(files, to)] as const;
  const source = openExistingFile(files, places[0]);
  const target = new LocalTarget(tools, places[1]);
  let receiver: Receiver | undefined;
  try {
    const { basis, send } = await plan({ source, target });
    receiver = await target.begin({
      sizeBytes: content.length,
      blockBytes,
      method,
      isInPlace,
      basis,
      attributes: { mode: undefined, mtime: undefined },
    });
    await receiver.publish(await send(receiver));
    await receiver.close();
    receiver = undefined;
    return readFileSync(to);
  } finally {
    await receiver?.close();
    [source, target, ...places].forEach((one) => one.close());
    [from, to].forEach((path) => rmSync(path));
  }
}

test('pushed', async () => {
  await fc.assert(
    fc.asyncProperty(contents, ways, async (content, way) => {
      const context = contextFor(way);
      const made = await copied(content, way, async ({ source, target }) => {
        const plan = await comparePush(source, target, context);
        return {
          basis: plan.basis,
          send: (receiver) => executePush(source, receiver, plan, context),
        };
      });
      expect(made.equals(content)).toBe(true);
    }),
    runs(120),
  );
});

/** A file of this machine as the source of a pull. */
function remoteSource(file: OpenFile): RemoteSource {
  return {
    facts: factsOf(file),
    defaults: { method: 'blake3', blockBytes: undefined },
    list: (request) => Promise.resolve(listFile(tools, file, request)),
    async read(ranges, into) {
      const { descriptor } = file;
      await workers.run({ type: 'read', descriptor, ranges, into, method: undefined });
    },
    hashPages: (): HashPages => (ranges, partBytes) => {
      const job = { type: 'digest', file: readFileOf(file), ranges, partBytes } as const;
      return workers.run({ ...job, method: 'blake3' });
    },
    identity: () => Promise.resolve(''),
  };
}

test('pulled', async () => {
  await fc.assert(
    fc.asyncProperty(contents, ways, async (content, way) => {
      const context = contextFor(way);
      const made = await copied(content, way, async ({ source: file, target }) => {
        const source = remoteSource(file);
        const plan = await comparePull(source, target, context);
        return {
          basis: plan.basis,
          send: (receiver) => executePull(source, receiver, plan, context),
        };
      });
      expect(made.equals(content)).toBe(true);
    }),
    runs(120),
  );
});

test('a copy that fails leaves nothing that the next one would stumble over', async () => {
  const way = { blockBytes: 4096, isInPlace: false, isLinkSlow: false };
  const failing = copied(old, way, () =>
    Promise.resolve({ basis: undefined, send: () => Promise.reject(new Error('failed')) }),
  );
  await expect(failing).rejects.toThrow('failed');
  expect(readdirSync(directory).filter((name) => !name.startsWith('.varve-copy-'))).toEqual([]);
});

describe('a list that arrives after the old file ended is waited for', () => {
  const BLOCK = 4096;
  const content = Buffer.concat([
    noise(4 * BLOCK, 1),
    Buffer.alloc(8 * BLOCK),
    noise(4 * BLOCK, 2),
  ]);

  test.each([
    ['the front of the new file', content.subarray(0, 2 * BLOCK)],
    ['something short', noise(100, 3)],
  ])('where the target is %s', async (_, before) => {
    const [from, to] = [join(directory, 'from'), join(directory, 'to')];
    writeFileSync(from, content);
    writeFileSync(to, before);
    const [fromPlace, toPlace] = [localPlace(files, from), localPlace(files, to)];
    const file = openExistingFile(files, fromPlace);
    const target = new LocalTarget(tools, toPlace);
    const plan = await comparePull(
      {
        facts: factsOf(file),
        defaults: { method: 'blake3', blockBytes: undefined },
        async list(request) {
          const made = listFile(tools, file, request);
          await made.ready(blockCount(made.list));
          const list = createHashList(content.length, BLOCK, method);
          const ready = (block: number): Promise<number> => {
            list.entries.set(made.list.entries.subarray(0, block * entryBytes(list)));
            return Promise.resolve(block);
          };
          const stop = (): void => undefined;
          return { list, hasWeakSums: true, ready, settled: Promise.resolve(), stop };
        },
        read: () => Promise.resolve(),
        hashPages: undefined,
        identity: () => Promise.resolve(''),
      },
      target,
      contextFor({ blockBytes: BLOCK, isInPlace: false, isLinkSlow: false }),
    );
    [file, target, fromPlace, toPlace].forEach((one) => one.close());
    // The zeros are not sent.
    expect(plan.missing.reduce((sum, { length }) => sum + length, 0)).toBeLessThanOrEqual(
      8 * BLOCK,
    );
  });
});
