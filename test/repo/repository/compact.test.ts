/** Space that is wasted in mostly dead frames comes back, and what lives there stays what it was. */
import * as fs from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { BlobKind, type PlacedBlob } from '../../../src/repo/index/blobs.js';
import { compact } from '../../../src/repo/repository/compact.js';
import type { HeldRepository } from '../../../src/repo/repository/held.js';
import type { WritingRun } from '../../../src/repo/repository/writing-run.js';
import type { RewriteJob } from '../../../src/repo/worker/jobs.js';
import { flipByte } from '../../support/damage.js';
import { filesWithAt } from '../../support/faulty-files.js';
import { queryIndex } from '../../support/index-facts.js';
import { expectKept } from '../../support/kept-snapshots.js';
import { createLab, type Lab } from '../../support/lab.js';
import { noise } from '../../support/seed.js';
import { readTree, type Tree } from '../../support/tree.js';

const PACK = '00000001.pack';
const RESERVE_BYTES = 16 * 1024 * 1024;

function packBytes({ packs }: Lab, of: 'size' | 'blocks'): number {
  const stats = fs.readdirSync(packs).map((name) => fs.statSync(join(packs, name)));
  return stats.reduce((sum, stat) => sum + (of === 'size' ? stat.size : stat.blocks * 512), 0);
}

/** Puts 8 kB into the midst of a file. */
function edit(lab: Lab, name: string, seed: number): void {
  const bytes = fs.readFileSync(lab.path(name));
  bytes.set(noise(8000, seed), 20_000);
  lab.write(name, bytes);
}

/**
 * Four snapshots. Only those in between have `gone`, in a frame with `stays`, and the first state of
 * `new`, whose deltas share a frame with those of `old`, which the first snapshot has, too.
 */
async function prepare(): Promise<{ lab: Lab; trees: Map<number, Tree> }> {
  const lab = createLab({ lanes: 1 });
  const trees = new Map<number, Tree>();
  const names = (name: string, count: number) =>
    Array.from({ length: count }, (_, i) => `${name}${i}`);
  const backup = async (): Promise<void> => {
    const { snapshot } = await lab.backup();
    trees.set(snapshot!, readTree(lab.source));
  };
  names('old', 2).forEach((name, i) => lab.write(name, noise(80_000, 1 + i)));
  await backup();
  names('gone', 6).forEach((name, i) => lab.write(name, noise(60_000, 20 + i)));
  names('stays', 2).forEach((name, i) => lab.write(name, noise(30_000, 30 + i)));
  await backup();
  names('new', 6).forEach((name, i) => lab.write(name, noise(60_000, 10 + i)));
  await backup();
  [...names('old', 2), ...names('new', 6)].forEach((name, i) => edit(lab, name, 40 + i));
  names('gone', 6).forEach((name) => lab.remove(name));
  await backup();
  return { lab, trees };
}

async function pruneBetween({ lab, trees }: Awaited<ReturnType<typeof prepare>>): Promise<number> {
  const { bytesFreed } = await lab.pruneNamed({ snapshots: [2, 3] });
  trees.delete(2);
  trees.delete(3);
  return bytesFreed;
}

interface Place {
  readonly name: string;
  readonly start: number;
  readonly head: number;
  readonly member: number;
  readonly kind: number;
}

/** Where the blobs of files lie, the oldest of each first. */
function placesOf({ repository }: Lab, name: string): Place[] {
  return queryIndex(
    repository,
    `SELECT CAST(p.name AS TEXT) AS name, f.start, f.head, b.member, b.kind
     FROM version v JOIN path p ON p.id = v.path JOIN blob b ON b.id = v.blob
     JOIN frame f ON f.id = b.frame WHERE CAST(p.name AS TEXT) LIKE '${name}%' ORDER BY p.name, v.first`,
  );
}

describe('what lives in frames that are mostly dead', () => {
  test('is moved, whole blobs and deltas alike, and all that is dead is given back', async () => {
    const prepared = await prepare();
    const { lab } = prepared;
    const before = packBytes(lab, 'blocks');
    // Six files of 60 kB, and 8 kB of six deltas; what is moved was stored before.
    const freed = 6 * 60_000 + 6 * 8000;
    const dry = await lab.pruneNamed({ snapshots: [2, 3], isDryRun: true });
    expect(packBytes(lab, 'blocks')).toBe(before);
    const bytesFreed = await pruneBetween(prepared);
    expect(bytesFreed).toBe(dry.bytesFreed);
    expect(bytesFreed).toBeGreaterThanOrEqual(freed);
    expect(bytesFreed).toBeLessThan(freed + 2000);
    expect(before - packBytes(lab, 'blocks')).toBeGreaterThan(freed - 20_000);
    await expectKept(lab, prepared.trees);
  });

  test('goes on to be retired, moved again and removed', async () => {
    const prepared = await prepare();
    const { lab, trees } = prepared;
    await pruneBetween(prepared);
    for (const name of ['old0', 'stays0', 'new0']) edit(lab, name, 70);
    const { snapshot } = await lab.backup();
    const tree = readTree(lab.source);
    await lab.expectSound();
    for (const [number, tree] of trees) expect(await lab.treeAt(number)).toEqual(tree);
    await lab.prune({ keepLast: 1 });
    await expectKept(lab, new Map([[snapshot!, tree]]));
  });

  test('stays where it is damaged, which keeps nothing else from being moved', async () => {
    const prepared = await prepare();
    const { lab, trees } = prepared;
    const [damaged] = placesOf(lab, 'stays');
    expect(damaged!.kind).toBe(1);
    // The frame does not compress: its bytes are those of its members, in their order.
    const bytes = fs.readFileSync(join(lab.packs, PACK));
    const at = bytes.indexOf(fs.readFileSync(lab.path('stays0')).subarray(0, 1000));
    flipByte(join(lab.packs, PACK), at + 500);
    const found = await lab.verify();
    expect(found.damage.map(({ paths }) => paths)).toEqual([[lab.bytes('stays0')]]);
    await pruneBetween(prepared);
    expect((await lab.verify()).damage).toEqual([{ ...found.damage[0], snapshots: [4] }]);
    const [still, moved] = placesOf(lab, 'stays');
    expect(still).toEqual(damaged);
    expect(moved!.start).toBeGreaterThan(still!.start);
    expect(await lab.treeAt(1)).toEqual(trees.get(1));
    const { issues } = await lab.restore(4);
    expect(issues).toMatchObject([{ path: 'stays0', code: 'DAMAGED' }]);
    await lab.repair();
    lab.runAhead();
    await lab.backup();
    await lab.expectSound();
    expect(await lab.treeAt(5)).toEqual(readTree(lab.source));
  });

  test('stays in a frame of deltas that is damaged, and is still found to be', async () => {
    const prepared = await prepare();
    const { lab, trees } = prepared;
    const [delta] = placesOf(lab, 'old');
    expect(delta!.kind).toBe(2);
    flipByte(join(lab.packs, PACK), delta!.start + delta!.head + 30_000);
    const lost = [lab.bytes('old0'), lab.bytes('old1')];
    const pathsOf = async () => (await lab.verify()).damage.flatMap(({ paths }) => paths);
    expect(await pathsOf()).toEqual(expect.arrayContaining(lost));
    await pruneBetween(prepared);
    expect((await pathsOf()).sort()).toEqual(lost);
    expect(await lab.treeAt(4)).toEqual(trees.get(4));
    expect((await lab.restore(1)).issues.map(({ path }) => path).sort()).toEqual(['old0', 'old1']);
    expect(placesOf(lab, 'old')[0]).toEqual(delta);
  });
});

/** A frame of which one file of `live` bytes stays, and one of `dead` bytes goes with the next prune. */
async function fillFrame(lab: Lab, name: string, live: number, dead: number): Promise<number> {
  lab.write(`${name}-stays`, noise(live, 1 + name.charCodeAt(0)));
  lab.write(`${name}-goes`, noise(dead, 500 + name.charCodeAt(0)));
  await lab.backup();
  lab.remove(`${name}-goes`);
  const [frame] = queryIndex<{ length: number }>(
    lab.repository,
    `SELECT f.length FROM frame f JOIN blob b ON b.frame = f.id WHERE b.length = ${live}`,
  );
  return frame!.length;
}

/** What a prune appends to the pack of blobs, bytes. */
async function appendedBy(lab: Lab): Promise<number> {
  const size = (): number => fs.statSync(join(lab.packs, PACK)).size;
  const before = size();
  await lab.prune({ keepLast: 1 });
  return size() - before;
}

describe('a frame is worth copying', () => {
  test.each([
    { live: 10_000, dead: 32_768, isMoved: true },
    { live: 10_000, dead: 32_767, isMoved: false },
    { live: 50_000, dead: 50_000, isMoved: true },
    { live: 50_002, dead: 50_000, isMoved: false },
  ])('with $live bytes alive and $dead dead: $isMoved', async ({ live, dead, isMoved }) => {
    const lab = createLab({ lanes: 1 });
    await fillFrame(lab, 'a', live, dead);
    await lab.backup();
    const appended = await appendedBy(lab);
    if (isMoved) expect(appended).toBeGreaterThan(live);
    else expect(appended).toBe(0);
    await expectKept(lab, new Map([[2, readTree(lab.source)]]));
  });
});

describe('never more is copied than there is room for', () => {
  /** What two frames take, the first of which is cheaper to copy. */
  async function twoFrames() {
    const lab = createLab({ lanes: 1 });
    const dear = await fillFrame(lab, 'd', 40_000, 100_000);
    const cheap = await fillFrame(lab, 'c', 20_000, 100_000);
    await lab.backup();
    return { lab, cheap, dear };
  }

  test.each([
    { about: 'next to none', room: () => 4096 - RESERVE_BYTES, moved: [] },
    { about: 'a byte too little', room: ({ cheap = 0 }) => 2 * cheap - 1, moved: [] },
    { about: 'enough for one', room: ({ cheap = 0 }) => 2 * cheap, moved: [20_000] },
    {
      about: 'a byte too little for both',
      room: ({ cheap = 0, dear = 0 }) => 2 * (cheap + dear) - 1,
      moved: [20_000],
    },
    {
      about: 'enough for both',
      room: ({ cheap = 0, dear = 0 }) => 2 * (cheap + dear),
      moved: [20_000, 40_000],
    },
  ])('$about: the cheapest go first', async ({ room, moved }) => {
    const { lab, ...frames } = await twoFrames();
    const free = RESERVE_BYTES + room(frames);
    lab.useFiles({ ...lab.platform.files, freeBytes: () => free });
    const bytes = moved.reduce((sum, each) => sum + each, 0);
    const appended = await appendedBy(lab);
    expect(appended).toBeGreaterThanOrEqual(bytes);
    expect(appended).toBeLessThan(bytes + 500);
    lab.useRealFiles();
    await lab.expectSound();
    expect(await appendedBy(lab)).toBeGreaterThanOrEqual(60_000 - bytes);
    expect(packBytes(lab, 'blocks')).toBeLessThan(60_000 + 30_000);
    await expectKept(lab, new Map([[3, readTree(lab.source)]]));
  });
});

describe('where nothing can be punched', () => {
  const withoutHoles = () => filesWithAt(() => ({ punchHole: () => false }));

  test.each([
    { dead: 60_000, live: 50_000, isEmptied: true },
    { dead: 49_000, live: 50_000, isEmptied: false },
  ])(
    'a pack with $dead bytes of dead frames and $live of live ones goes as a whole: $isEmptied',
    async ({ dead, live, isEmptied }) => {
      const lab = createLab({ lanes: 1 });
      lab.useFiles(withoutHoles());
      lab.write('dead', noise(dead, 1));
      await lab.backup();
      lab.write('live', noise(live, 2));
      lab.remove('dead');
      await lab.backup();
      await lab.prune({ keepLast: 1 });
      expect(fs.existsSync(join(lab.packs, PACK))).toBe(!isEmptied);
      await expectKept(lab, new Map([[2, readTree(lab.source)]]));
      // Pruning again and again copies nothing to where it came from.
      const size = packBytes(lab, 'size');
      for (let time = 0; time < 3; time += 1) await lab.prune({ keepLast: 1 });
      expect(packBytes(lab, 'size')).toBe(size);
    },
  );

  test('deltas move out of it like whole blobs', async () => {
    const lab = createLab({ lanes: 1 });
    lab.useFiles(withoutHoles());
    lab.write('dead', noise(400_000, 1));
    await lab.backup();
    lab.remove('dead');
    const trees = new Map<number, Tree>();
    lab.write('live', noise(60_000, 2));
    for (const number of [2, 3]) {
      edit(lab, 'live', number);
      await lab.backup();
      trees.set(number, readTree(lab.source));
    }
    const { bytesFreed } = await lab.pruneNamed({ snapshots: [1] });
    expect(bytesFreed).toBeGreaterThan(399_000);
    expect(fs.existsSync(join(lab.packs, PACK))).toBe(false);
    expect(packBytes(lab, 'size')).toBeLessThan(80_000);
    await expectKept(lab, trees);
  });
});

describe('what is copied comes in jobs', () => {
  const MIB = 1024 * 1024;

  /** The jobs for one frame of whole blobs of these lengths, and how many are under way at once. */
  async function jobsOf(lengths: readonly number[], laneCount = 2) {
    const jobs: number[][] = [];
    let [active, most] = [0, 0];
    const placed = (id: number): PlacedBlob =>
      ({
        id,
        kind: BlobKind.full,
        lengthBytes: lengths[id],
        address: { lengthBytes: lengths[id] },
      }) as unknown as PlacedBlob;
    const repository = {
      packDirectory: '/packs',
      platform: { files: { freeBytes: () => 2 ** 40 } },
      index: {
        compaction: {
          wastefulFrames: () => [{ frame: 1 }],
          blobsOf: () => lengths.map((_, id) => id),
        },
        frames: { get: () => ({ lengthBytes: 1000 }) },
        blobs: { placed },
      },
    } as unknown as HeldRepository;
    const pool = {
      laneCount,
      async run({ fulls }: RewriteJob) {
        jobs.push(fulls.map(({ lengthBytes }) => lengthBytes));
        active += 1;
        most = Math.max(most, active);
        for (let turn = 0; turn < 5; turn += 1) await setImmediate();
        active -= 1;
        return { fullFrames: [], deltaFrames: [], damagedFulls: [], damagedDeltas: [] };
      },
    };
    await compact({ pool } as unknown as WritingRun, repository);
    return { jobs, most, active };
  }

  test('of four megabytes, the last with what is left', async () => {
    const lengths = [MIB, 3 * MIB - 1, 1, MIB, 5 * MIB, 4 * MIB, 10, 20];
    const { jobs } = await jobsOf(lengths);
    expect(jobs).toEqual([[MIB, 3 * MIB - 1, 1], [MIB, 5 * MIB], [4 * MIB], [10, 20]]);
    expect((await jobsOf([])).jobs).toEqual([]);
  });

  test.each([1, 3])(
    'two for each of %i lanes at once, and none is left under way',
    async (lanes) => {
      const lengths = Array.from({ length: 20 }, () => 4 * MIB);
      const { jobs, most, active } = await jobsOf(lengths, lanes);
      expect([jobs.length, most, active]).toEqual([20, 2 * lanes, 0]);
    },
  );
});
