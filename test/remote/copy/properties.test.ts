/** Any change of any file is copied whole, whichever side is the source; without threads or a network. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { comparePull, executePull } from '../../../src/remote/copy/pull.js';
import { comparePush, executePush } from '../../../src/remote/copy/push.js';
import type { CopyContext } from '../../../src/remote/copy/context.js';
import type { RemoteSource } from '../../../src/remote/copy/sides.js';
import {
  factsOf,
  listFile,
  LocalTarget,
  type TargetTools,
} from '../../../src/remote/copy/local-target.js';
import { localPlace, openExistingFile } from '../../../src/remote/file/place.js';
import { openListCache } from '../../../src/remote/hashing/list-cache.js';
import { loadHashMethod } from '../../../src/remote/hashing/methods.js';
import { createJobRunner } from '../../../src/remote/worker/run-job.js';
import type { Workers } from '../../../src/remote/worker/pool.js';
import { openPlatform } from '../../../src/store.js';
import { runs } from '../../support/seed.js';
import { noise } from '../support.js';

const directory = mkdtempSync(join(tmpdir(), 'varve-properties-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const platform = openPlatform();
const { files } = platform;
const run = createJobRunner(files);
/** The jobs of worker threads, on this one. */
const workers: Workers = {
  count: 2,
  run: (job) => run(job) as never,
  close: () => Promise.resolve(),
};
const nowMs = (): number => platform.clock.nowMs();
const tools: TargetTools = { files, workers, lists: openListCache(platform, undefined), nowMs };
const method = await loadHashMethod('blake3');

function contextFor(blockBytes: number, isInPlace: boolean): CopyContext {
  return {
    ...tools,
    method,
    blockBytes,
    concurrency: 2,
    isWholeFile: false,
    isInPlace,
    isDryRun: false,
    isLinkSlow: false,
    onHashed: () => undefined,
    onMade: () => undefined,
  };
}

/** A file made of pieces of another and of new bytes. */
const change = (old: Buffer) =>
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

const old = noise(40_000, 77);
const blocks = fc.constantFrom(16, 100, 512, 4096, 65_536);

test('pushed', async () => {
  await fc.assert(
    fc.asyncProperty(change(old), blocks, fc.boolean(), async (content, blockBytes, isInPlace) => {
      const [from, to] = [join(directory, 'from'), join(directory, 'to')];
      writeFileSync(from, content);
      writeFileSync(to, old);
      const [fromPlace, toPlace] = [localPlace(files, from), localPlace(files, to)];
      const source = openExistingFile(files, fromPlace);
      const target = new LocalTarget(tools, toPlace);
      const context = contextFor(blockBytes, isInPlace);
      const plan = await comparePush(source, target, context);
      const receiver = await target.begin({
        sizeBytes: content.length,
        blockBytes,
        method,
        isInPlace,
        basis: plan.basis,
        attributes: { mode: undefined, mtime: undefined },
      });
      const root = await executePush(source, receiver, plan, context);
      await receiver.publish(root);
      await receiver.close();
      [source, target, fromPlace, toPlace].forEach((one) => one.close());
      expect(readFileSync(to).equals(content)).toBe(true);
    }),
    runs(120),
  );
});

test('pulled', async () => {
  await fc.assert(
    fc.asyncProperty(change(old), blocks, fc.boolean(), async (content, blockBytes, isInPlace) => {
      const [from, to] = [join(directory, 'from'), join(directory, 'to')];
      writeFileSync(from, content);
      writeFileSync(to, old);
      const [fromPlace, toPlace] = [localPlace(files, from), localPlace(files, to)];
      const file = openExistingFile(files, fromPlace);
      const target = new LocalTarget(tools, toPlace);
      const context = contextFor(blockBytes, isInPlace);
      const source = {
        facts: factsOf(file),
        defaults: { method: 'blake3', blockBytes: undefined },
        list: (request: Parameters<typeof listFile>[2]) =>
          Promise.resolve(listFile(tools, file, request)),
        async read(ranges: Parameters<RemoteSource['read']>[0], into: SharedArrayBuffer) {
          const { descriptor } = file;
          await workers.run({ type: 'read', descriptor, ranges, into, method: undefined });
        },
        identity: () => Promise.resolve(''),
      };
      const plan = await comparePull(source, target, context);
      const receiver = await target.begin({
        sizeBytes: content.length,
        blockBytes,
        method,
        isInPlace,
        basis: plan.basis,
        attributes: { mode: undefined, mtime: undefined },
      });
      await receiver.publish(await executePull(source, receiver, plan, context));
      await receiver.close();
      [file, target, fromPlace, toPlace].forEach((one) => one.close());
      expect(readFileSync(to).equals(content)).toBe(true);
    }),
    runs(120),
  );
});
