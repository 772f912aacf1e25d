/** Lanes of one operation: each has a context of its own, which ends with the pool. */
import * as fs from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { bytesFromText, type ByteString } from '../../../src/platform/bytes.js';
import { openFileSystem } from '../../../src/platform/files.js';
import { VersionType } from '../../../src/repo/model.js';
import { openDirectoryPackStore, PackKind } from '../../../src/repo/packs/pack-store.js';
import {
  putStat,
  STAT_FIELDS,
  type BeginJob,
  type ReadFilesJob,
} from '../../../src/repo/worker/jobs.js';
import {
  createInlinePool,
  createThreadPool,
  type WorkerPool,
} from '../../../src/repo/worker/pool.js';
import { scratchDirectory } from '../../support/directory.js';
import { memoryPacks } from '../../support/memory-packs.js';
import { openFilesBelow } from '../../support/open-files.js';
import { noise } from '../../support/seed.js';

const begin = (lane: number): BeginJob => ({
  type: 'begin',
  generation: 1,
  level: 1,
  lane: { kind: PackKind.blobs, firstNumber: 1 + lane, step: 2 },
});

const takePieces = (ticket: number) =>
  ({
    type: 'take-pieces',
    ticket,
    bytes: noise(100, ticket),
    pieces: [{ start: 0, lengthBytes: 100, isHole: false }],
  }) as const;

const store = (ticket: number) =>
  ({ type: 'store', ticket, wanted: Uint8Array.of(1), replaced: [] }) as const;

describe('lanes of the calling thread', () => {
  test('have packs and tickets of their own, and close them', async () => {
    const stores: ReturnType<typeof memoryPacks>[] = [];
    const closed: number[] = [];
    const openStore = () => {
      const packs = { ...memoryPacks(), close: () => void closed.push(stores.indexOf(packs)) };
      stores.push(packs);
      return packs;
    };
    const pool = createInlinePool(openFileSystem(), openStore, 2, begin);
    expect(pool.laneCount).toBe(2);
    for (const lane of [1, 0]) await pool.run(takePieces(lane), lane);
    await expect(pool.run(store(1), 0)).rejects.toThrow('no ticket 1');
    for (const lane of [1, 0]) await pool.run(store(lane), lane);
    expect(stores.map(({ packs }) => [...packs.keys()])).toEqual([[2], [1]]);
    expect(closed).toEqual([]);
    await pool.close();
    expect(closed.toSorted()).toEqual([0, 1]);
  });

  test('are one unless more are asked for', () => {
    expect(createInlinePool(openFileSystem(), memoryPacks).laneCount).toBe(1);
  });
});

/** A job that reads files of a directory, as the walk saw them. */
function reading(directory: string, sizes: readonly number[]): ReadFilesJob {
  const files = openFileSystem();
  const { at } = files;
  const stats = new Float64Array(sizes.length * STAT_FIELDS);
  const paths = sizes.map((size, position) => {
    const path = bytesFromText(join(directory, `file${position}`));
    fs.writeFileSync(join(directory, `file${position}`), noise(size, position));
    const descriptor = at.open(undefined, path, 'read-file');
    putStat(stats, position, at.statOpen(descriptor));
    files.close(descriptor);
    return path;
  });
  const tellSizes = new Uint8Array(sizes.length).fill(1);
  return { type: 'read-files', ticket: 1, paths, stats, tellSizes, mostBytes: 2 ** 30 };
}

describe('threads', () => {
  const repositoryId = Buffer.alloc(16, 7);

  async function storeOne(pool: WorkerPool, directory: string): Promise<number> {
    await pool.run(reading(directory, [5000]), 0);
    const { frames } = await pool.run(store(1), 0);
    const { packs } = await pool.run({ type: 'sync' }, 0);
    expect([...packs.keys()]).toEqual([1]);
    return frames.length;
  }

  test.each([false, true])(
    'write packs unless it is a dry run (%s), and have none open at the end',
    async (isDryRun) => {
      const directory = scratchDirectory();
      const packDirectory = join(directory, 'packs');
      fs.mkdirSync(packDirectory);
      const pool = createThreadPool(1, { packDirectory, repositoryId, isDryRun }, begin);
      try {
        expect(await storeOne(pool, directory)).toBe(1);
        expect(fs.readdirSync(packDirectory)).toEqual(isDryRun ? [] : ['00000001.pack']);
        if (!isDryRun) expect(openFilesBelow(packDirectory)).not.toEqual([]);
      } finally {
        await pool.close();
      }
      expect(openFilesBelow(directory)).toEqual([]);
      if (isDryRun) return;
      const packs = openDirectoryPackStore(openFileSystem(), packDirectory, repositoryId);
      expect(packs.sizeBytes(1)).toBeGreaterThan(5000);
      packs.close();
    },
  );

  test('are opened only where more than one job would wait', async () => {
    const pool = createThreadPool(2, { packDirectory: scratchDirectory(), repositoryId });
    const given: Promise<unknown>[] = [];
    const opened = [1, 2, 3].map(() => {
      given.push(pool.run({ type: 'sync' }));
      return pool.startedLanes();
    });
    expect(opened).toEqual([[0], [0], [0, 1]]);
    expect(await Promise.all(given)).toEqual([1, 2, 3].map(() => ({ packs: new Map() })));
    await pool.close();
  });

  test('count a source when nobody else wants the processor', async () => {
    const directory = scratchDirectory();
    const pool = createThreadPool(1, { packDirectory: directory, repositoryId });
    const roots = [bytesFromText(directory)];
    await pool.run({ type: 'count-tree', roots, filter: {}, own: [] });
    const nices = fs.readdirSync('/proc/self/task').flatMap((task) => {
      try {
        const [, fields = ''] = fs.readFileSync(`/proc/self/task/${task}/stat`, 'utf8').split(') ');
        return [Number(fields.split(' ')[16])];
      } catch {
        // It has ended.
        return [];
      }
    });
    expect(Math.max(...nices)).toBeGreaterThanOrEqual(constants.priority.PRIORITY_LOW);
    await pool.close();
  });

  test('end in the midst of a job', async () => {
    const directory = scratchDirectory();
    for (const name of ['packs', 'target']) fs.mkdirSync(join(directory, name));
    const packDirectory = join(directory, 'packs');
    const pool = createThreadPool(1, { packDirectory, repositoryId }, begin);
    const { hashes } = await pool.run(reading(directory, [10]));
    const { frames } = await pool.run(store(1));
    const { pack, offset, lengthBytes } = frames[0]!;
    const blob = { hash: hashes, lengthBytes: 10 };
    const full = { ...blob, frame: { pack, offset, lengthBytes }, member: 0 };
    const made = Array.from({ length: 30_000 }, (_, number) => ({
      type: VersionType.file,
      ...{ mode: 0o600, uid: process.getuid!(), gid: process.getgid!() },
      mtime: { seconds: 0, nanoseconds: 0 },
      known: undefined,
      directory: '' as ByteString,
      name: String(number) as ByteString,
      way: 'create' as const,
      leavesHoles: false,
    }));
    const target = fs.openSync(join(directory, 'target'), 'r');
    const places = made.map((_, file) => ({ file, position: 0 }));
    const pieces = [{ type: 'blob', recipe: { ...blob, full, deltas: [] }, places }] as const;
    const failed = pool
      .run({ type: 'restore', target, files: made, pieces, isDryRun: false })
      .catch((error: unknown) => error);
    while (!fs.existsSync(join(directory, 'target/0'))) await setImmediate();
    const reason = new Error('interrupted');
    await pool.close(reason);
    expect(await failed).toBe(reason);
    expect(fs.readdirSync(join(directory, 'target')).length).toBeLessThan(made.length);
    fs.closeSync(target);
    expect(openFilesBelow(directory)).toEqual([]);
  });
});
