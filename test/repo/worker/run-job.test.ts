/** Each job is answered by what does it; what it takes of memory and descriptors it gives back. */
import * as fs from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { bytesFromText } from '../../../src/platform/bytes.js';
import { blake3 } from '../../../src/platform/hash.js';
import { createWorkerContext } from '../../../src/repo/worker/context.js';
import { openFileSystem } from '../../../src/platform/files.js';
import { PackKind } from '../../../src/repo/packs/pack-store.js';
import {
  putStat,
  STAT_FIELDS,
  type Job,
  type JobResults,
  type SurveyResult,
} from '../../../src/repo/worker/jobs.js';
import { runJob } from '../../../src/repo/worker/run-job.js';
import { scratchDirectory } from '../../support/directory.js';
import { memoryPacks } from '../../support/memory-packs.js';
import { openFilesBelow } from '../../support/open-files.js';
import { noise } from '../../support/seed.js';
import { watchedWorker, type WatchedWorker } from '../../support/watched-worker.js';

/** Does a job, after which no file of the directory is open. */
function doing(directory: string, { context }: Pick<WatchedWorker, 'context'>) {
  return <J extends Job>(job: J): JobResults[J['type']] => {
    const result = runJob(context, job) as JobResults[J['type']];
    expect(openFilesBelow(directory), job.type).toEqual([]);
    return result;
  };
}

test('every job of a backup, a restore and a verification is answered, and keeps no buffer', () => {
  const directory = scratchDirectory();
  const worker = watchedWorker();
  const { context, pool, packs } = worker;
  const run = doing(directory, worker);
  const bytes = noise(30_000, 1);
  const path = bytesFromText(join(directory, 'file'));
  fs.writeFileSync(join(directory, 'file'), bytes);

  const survey = run({ type: 'survey', path, mapsHoles: false }) as SurveyResult;
  expect(survey).toMatchObject({ stat: { sizeBytes: 30_000 }, attributes: { xattrs: [] } });
  const stats = new Float64Array(STAT_FIELDS);
  putStat(stats, 0, survey.stat);
  const tellSizes = Uint8Array.of(1);
  const read = { ticket: 1, paths: [path], stats, tellSizes, mostBytes: 2 ** 20 };
  expect(run({ type: 'read-files', ...read })).toMatchObject({
    statuses: Uint8Array.of(0),
    lengths: Float64Array.of(30_000),
  });
  const window = { offset: 0, lengthBytes: 30_000, isEnd: true };
  const holes = { followsHole: false, precedesHole: false };
  const chunking = { min: 1024, average: 4096, max: 16_384 };
  const cut = run({ type: 'read-window', ticket: 2, path, ...window, ...holes, chunking });
  if ('code' in cut) throw new Error(cut.message);
  expect(cut.lengths.reduce((sum, length) => sum + length, 0)).toBe(30_000);
  const pieces = [{ start: 0, lengthBytes: 10, isHole: false }];
  const shared = new Uint8Array(new SharedArrayBuffer(10));
  expect(run({ type: 'take-pieces', ticket: 3, bytes: shared, pieces }).lengths).toEqual([10]);
  expect([pool.taken, [...context.tickets.keys()]]).toEqual([3, [1, 2, 3]]);

  const wanted = new Uint8Array(cut.lengths.length).fill(1);
  const stored = [1, 2, 3].map((ticket) => run({ type: 'store', ticket, wanted, replaced: [] }));
  expect(stored.map(({ frames }) => frames.length)).toEqual([1, cut.lengths.length, 1]);
  expect([pool.taken, context.tickets.size]).toEqual([0, 0]);
  expect(run({ type: 'sync' })).toEqual({ packs: new Map([[1, packs.packs.get(1)!.length]]) });
  expect(packs.synced).toEqual(['pack 1', 'names']);

  const old = Buffer.concat([noise(100, 5), bytes]);
  const [full, newer] = worker.putFulls(old, bytes);
  const pairs = [{ old: full!, oldStoredBytes: old.length, newers: [newer!] }];
  expect(run({ type: 'retire', pairs }).taken).toEqual(new Map([[0, 0]]));
  const { damage } = run({ type: 'verify', families: [{ full: full!, deltas: [] }] });
  expect(damage).toEqual([]);
  const rewritten = run({ type: 'rewrite', fulls: [full!], deltas: [] });
  expect(rewritten.fullFrames.map(({ members }) => members)).toEqual([[0]]);
  const filter = {};
  const counted = run({ type: 'count-tree', roots: [bytesFromText(directory)], filter, own: [] });
  expect(counted).toEqual({ files: 1, bytes: 30_000 });
  const recipe = { hash: blake3(old), lengthBytes: old.length, full: full!, deltas: [] };
  const nothing = [{ type: 'blob', recipe, places: [] }] as const;
  const job = { target: -1, files: [], pieces: nothing, isDryRun: false };
  expect(run({ type: 'restore', ...job }).failures).toEqual([]);
  // The frame that was read last stays decoded.
  expect(pool.taken).toBe(1);
});

test('a lane that only reads has nothing to make durable', () => {
  const context = createWorkerContext(openFileSystem(), memoryPacks());
  expect(runJob(context, { type: 'sync' })).toEqual({ packs: new Map() });
});

test('a lane is begun by its first job', () => {
  const context = createWorkerContext(openFileSystem(), memoryPacks());
  const lane = { kind: PackKind.blobs, firstNumber: 4, step: 3 } as const;
  expect(runJob(context, { type: 'begin', generation: 2, level: 5, lane })).toBeNull();
  expect(context.run?.level).toBe(5);
});
