/** Whoever appends to packs has numbers of his own, however many packs a run fills. */
import * as fs from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, test, vi } from 'vitest';
import { DEFAULT_LEVEL } from '../../../src/platform/zstd.js';
import { BlobKind, type BlobPlace } from '../../../src/repo/index/blobs.js';
import type { StoredFrame } from '../../../src/repo/model.js';
import { FrameKind } from '../../../src/repo/packs/frame.js';
import {
  openDirectoryPackStore,
  packFileName,
  PackKind,
} from '../../../src/repo/packs/pack-store.js';
import type { PackLane } from '../../../src/repo/packs/pack-writer.js';
import type { WritableRepository } from '../../../src/repo/repository/held.js';
import { openRepository } from '../../../src/repo/repository/repository.js';
import { beginRun, type RunOptions } from '../../../src/repo/repository/writing-run.js';
import { packRows } from '../../support/index-facts.js';
import { createLab, type Lab } from '../../support/lab.js';
import { noise } from '../../support/seed.js';

/** The lanes of a run of so many workers, as they are begun. */
async function lanesOf(
  lab: ReturnType<typeof createLab>,
  jobs: number,
  startsPacks = false,
): Promise<PackLane[]> {
  const lanes: PackLane[] = [];
  const opened = openRepository(lab.repository, lab.platform, { access: 'write' });
  await opened.write(async (held) => {
    const createPool: typeof lab.createPool = (count, begin) => {
      for (let lane = 0; lane < count; lane += 1) lanes.push(begin!(lane).lane);
      return lab.createPool(count, begin);
    };
    await beginRun(held, { jobs, createPool }, { startsPacks }).abort();
  });
  opened.close();
  return lanes;
}

test.each([1, 2, 5])('%i workers and the manifest never share a number', async (jobs) => {
  const lab = createLab();
  lab.write('file', 'x');
  await lab.backup();
  const last = Math.max(...packRows(lab.repository).map(({ number }) => number));
  const lanes = await lanesOf(lab, jobs);
  expect(lanes).toHaveLength(jobs);
  const numbers = lanes.flatMap(({ firstNumber, step }) =>
    Array.from({ length: 20 }, (_, turn) => firstNumber + turn * step),
  );
  expect(new Set(numbers).size).toBe(numbers.length);
  expect(Math.min(...numbers)).toBe(last + 1);
  // One number in each round is left for the manifest's packs.
  const manifests = Array.from({ length: 20 }, (_, turn) => last + 1 + jobs + turn * (jobs + 1));
  expect(numbers.filter((number) => manifests.includes(number))).toEqual([]);
  expect(lanes.every(({ kind }) => kind === PackKind.blobs)).toBe(true);
});

test('packs that are not full go on, one for each worker, unless new ones are asked for', async () => {
  const lab = createLab({ lanes: 2 });
  for (let file = 0; file < 20; file += 1) lab.write(`file${file}`, String(file).repeat(300_000));
  await lab.backup();
  const blobs = packRows(lab.repository).filter(({ kind }) => kind === PackKind.blobs);
  const resumed = (lanes: readonly PackLane[]): (number | undefined)[] =>
    lanes.map(({ resume }) => resume?.pack);
  const numbers = blobs.map(({ number }) => number);
  expect(resumed(await lanesOf(lab, 2))).toEqual(numbers);
  expect(resumed(await lanesOf(lab, 3))).toEqual([...numbers, undefined]);
  expect(resumed(await lanesOf(lab, 2, true))).toEqual([undefined, undefined]);
  for (const { resume } of await lanesOf(lab, 2)) {
    expect(resume?.lengthBytes).toBe(blobs.find(({ number }) => number === resume?.pack)?.length);
  }
});

type Held = WritableRepository;

/** Works under the writer's lock with the lab's workers, of which is known what was asked of them. */
async function working<T>(
  lab: Lab,
  work: (held: Held, options: RunOptions, asked: string[]) => Promise<T>,
): Promise<T> {
  const asked: string[] = [];
  const createPool: RunOptions['createPool'] = (count, begin) => {
    const pool = lab.createPool(count, begin);
    return {
      ...pool,
      run(job, lane) {
        asked.push(`${job.type} ${lane}`);
        return pool.run(job, lane);
      },
      async close(reason) {
        asked.push('close');
        await setImmediate();
        await pool.close(reason);
        asked.push('closed');
      },
    };
  };
  const opened = openRepository(lab.repository, lab.platform, { access: 'write' });
  try {
    return await opened.write((held) => work(held, { jobs: 1, createPool }, asked));
  } finally {
    opened.close();
  }
}

/** A frame of three blobs, as a worker tells of it. */
const FRAME: StoredFrame = {
  pack: 1,
  offset: 5000,
  lengthBytes: 1000,
  kind: FrameKind.full,
  headBytes: 100,
  members: [7, 2, 5],
  weights: [100, 200, 600],
};

describe('a frame that a worker appended', () => {
  test.each([
    [FrameKind.full, BlobKind.full],
    [FrameKind.delta, BlobKind.delta],
  ])('is in the index with what each of its members takes (kind %i)', async (kind, blobKind) => {
    await working(createLab(), async (held, options) => {
      const run = beginRun(held, options);
      const placed: unknown[] = [];
      const place = (position: number, where: BlobPlace): boolean => {
        placed.push([position, where]);
        return position !== 2;
      };
      run.register({ ...FRAME, kind }, place, (position) => 10 * position);
      const frame = held.index.counters.last('frame');
      const at = { kind: blobKind, frame };
      expect(placed).toEqual([
        [7, { ...at, member: 0, basis: 70, storedBytes: 100 }],
        [2, { ...at, member: 1, basis: 20, storedBytes: 200 }],
        [5, { ...at, member: 2, basis: 50, storedBytes: 600 }],
      ]);
      expect(held.index.frames.get(frame)).toEqual({
        ...{ id: frame, pack: 1, offset: 5000, lengthBytes: 1000, kind, headBytes: 100 },
        ...{ liveBytes: 700, totalBytes: 900, verifiedMs: 0 },
      });
      expect(run.bytesStored).toBe(1000);
      run.register(FRAME, () => true);
      expect(run.bytesStored).toBe(2000);
      await run.abort();
    });
  });

  test('is the next reason to look at what is to stay free', async () => {
    const lab = createLab();
    let free = 100;
    lab.useFiles({ ...lab.platform.files, freeBytes: () => free });
    await working(lab, async (held, options) => {
      const run = beginRun(held, { ...options, minFree: { type: 'bytes', bytes: 50 } });
      const large = { ...FRAME, lengthBytes: 8 * 1024 * 1024 };
      run.register(large, () => true);
      free = 49;
      expect(() => run.register(large, () => true)).toThrow('to stay free');
      await run.abort();
      // Nothing is looked at where nothing is kept.
      const dry = beginRun(held, {
        ...options,
        isDryRun: true,
        minFree: { type: 'bytes', bytes: 50 },
      });
      dry.register(large, () => true);
      await dry.abort();
    });
  });
});

describe('a run', () => {
  test('has the level that it is told, or the usual one, in its lanes and its manifest', async () => {
    const lab = createLab();
    const levels = await working(lab, async (held, options) => {
      const found: (number | undefined)[] = [];
      for (const level of [undefined, 1, 19]) {
        const createPool: RunOptions['createPool'] = (count, begin) => {
          found.push(begin?.(0).level);
          return options.createPool!(count, begin);
        };
        const run = beginRun(held, { ...options, createPool, ...(level && { level }) });
        for (let id = 1; id < 2000; id += 1) run.manifest.close((id * 7919) % 5003);
        await run.commit({}, () => undefined);
        found.push(run.bytesStored);
      }
      return found;
    });
    expect([levels[0], levels[2], levels[4]]).toEqual([DEFAULT_LEVEL, 1, 19]);
    expect(levels[5]).toBeLessThan(levels[3]!);
  });

  test('that commits syncs its lanes first, and is over when they have ended', async () => {
    const lab = createLab();
    await working(lab, async (held, options, asked) => {
      const run = beginRun(held, options);
      const bytes = Uint8Array.from(Buffer.from('some bytes'));
      const pieces = [{ start: 0, lengthBytes: bytes.length, isHole: false }];
      await run.pool.run({ type: 'take-pieces', ticket: 1, bytes, pieces }, 0);
      const wanted = Uint8Array.of(1);
      await run.pool.run({ type: 'store', ticket: 1, wanted, replaced: [] }, 0);
      run.manifest.close(5);
      let rows: unknown;
      await run.commit({ generation: run.generation }, () => {
        rows = held.index.packs.all();
        asked.push('finish');
      });
      expect(asked).toEqual([
        ...['take-pieces 0', 'store 0', 'sync 0', 'close', 'finish', 'closed'],
      ]);
      const sizeOf = (pack: number): number => held.packs.sizeBytes(pack)!;
      expect(rows).toEqual([
        { number: 1, kind: PackKind.blobs, lengthBytes: sizeOf(1) },
        { number: 2, kind: PackKind.manifests, lengthBytes: sizeOf(2) },
      ]);
      expect(held.index.counters.last('pack')).toBe(2);
    });
    expect(packRows(lab.repository).map(({ number }) => number)).toEqual([1, 2]);
  });

  test('that is given up ends its lanes before the index forgets it', async () => {
    const lab = createLab();
    await working(lab, async (held, options, asked) => {
      const run = beginRun(held, options);
      const rollback = vi.spyOn(held.index, 'rollback').mockImplementation(() => {
        asked.push('rollback');
      });
      await run.abort();
      expect(asked).toEqual(['close', 'closed', 'rollback']);
      rollback.mockRestore();
      held.index.rollback();
    });
  });

  test('that is dry writes neither frames nor a manifest', async () => {
    const lab = createLab();
    await working(lab, async (held, options) => {
      const run = beginRun(held, { ...options, isDryRun: true });
      run.manifest.close(5);
      await run.commit({}, () => undefined);
      expect(run.bytesStored).toBeGreaterThan(0);
    });
    expect(fs.readdirSync(lab.packs)).toEqual([]);
  });
});

describe('a pack goes on only', () => {
  /** A repository with three packs of blobs and one of manifests. */
  async function prepare(): Promise<Lab> {
    const lab = createLab({ lanes: 3 });
    for (let file = 0; file < 30; file += 1) lab.write(`file${file}`, noise(300_000, file));
    await lab.backup();
    expect(blobPacksOf(lab)).toHaveLength(3);
    return lab;
  }
  const blobPacksOf = (lab: Lab): number[] =>
    packRows(lab.repository)
      .filter(({ kind }) => kind === PackKind.blobs)
      .map(({ number }) => number);
  const resumed = async (lab: Lab): Promise<number[]> =>
    (await lanesOf(lab, 4)).flatMap(({ resume }) => resume?.pack ?? []);
  const pathOf = (lab: Lab, pack: number): string => join(lab.packs, packFileName(pack));

  test('if it is as long as what was committed', async () => {
    const lab = await prepare();
    const [cut, ...others] = blobPacksOf(lab);
    fs.truncateSync(pathOf(lab, cut!), fs.statSync(pathOf(lab, cut!)).size - 1);
    expect(await resumed(lab)).toEqual(others);
  });

  test('if it is what it was', async () => {
    const lab = await prepare();
    const [replaced, ...others] = blobPacksOf(lab);
    const { size } = fs.statSync(pathOf(lab, replaced!));
    fs.rmSync(pathOf(lab, replaced!));
    const store = openDirectoryPackStore(lab.platform.files, lab.packs, lab.id);
    store.create(replaced!, PackKind.manifests);
    store.close();
    fs.truncateSync(pathOf(lab, replaced!), size);
    expect(await resumed(lab)).toEqual(others);
  });

  test('if it is one of the newest, where there are fewer lanes', async () => {
    const lab = await prepare();
    const lanes = await lanesOf(lab, 2);
    expect(lanes.map(({ resume }) => resume?.pack)).toEqual(blobPacksOf(lab).slice(1));
  });
});
