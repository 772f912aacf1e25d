/** What may crash, and what must hold whatever the disk kept: run by sample, and in full. */
import * as fs from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect } from 'vitest';
import type { FileSystem } from '../../src/platform/files.js';
import { openPlatform } from '../../src/platform/platform.js';
import type { BackupOptions } from '../../src/repo/operations/backup/backup.js';
import { readConfig } from '../../src/repo/repository/config.js';
import { initRepository } from '../../src/repo/repository/init.js';
import { crashEverywhere, keepCopy, type Extent, type Found } from './disk/crash-loop.js';
import { SimulatedDisk } from './disk/simulated-disk.js';
import { flipByte } from './damage.js';
import { scratchDirectory } from './directory.js';
import { expectInvariants, packRows, queryIndex, unknownPackFiles } from './index-facts.js';
import { createLab, SMALL_PIECES, type Lab } from './lab.js';
import { noise, prose } from './seed.js';
import { readTree, type Tree } from './tree.js';

/** A state of the source: small files, a large one, one that stays, one that comes and goes. */
function writeState(lab: Lab, state: number): void {
  lab.write('notes.txt', prose(40 + state, 1));
  lab.write('unchanged.txt', prose(30, 2));
  lab.write('image.bin', Buffer.concat([noise(300 * state, 90 + state), noise(20_000, 3)]));
  lab.write(`only-${state}.txt`, prose(20, 10 + state));
  if (state > 1) lab.remove(`only-${state - 1}.txt`);
}

interface Prepared {
  readonly lab: Lab;
  /** Of the snapshots that are committed before the run. */
  readonly trees: Tree[];
}

async function prepare(states: number): Promise<Prepared> {
  const lab = createLab({ chunking: SMALL_PIECES });
  const trees: Tree[] = [];
  for (let state = 1; state <= states; state++) {
    writeState(lab, state);
    trees.push(readTree(lab.source));
    await lab.backup();
  }
  writeState(lab, states + 1);
  return { lab, trees };
}

const snapshotNumbers = (lab: Lab): number[] =>
  queryIndex<{ number: number }>(lab.repository, 'SELECT number FROM snapshot ORDER BY number').map(
    ({ number }) => number,
  );

/** Every snapshot there is restores to its tree, and nothing is damaged. */
async function expectWhole(lab: Lab, trees: readonly Tree[], label: string): Promise<void> {
  const { ok, damage } = await lab.verify();
  expect({ ok, damage }, label).toEqual({ ok: true, damage: [] });
  expectInvariants(lab.repository);
  for (const number of snapshotNumbers(lab)) {
    expect(await lab.treeAt(number), `${label}: snapshot ${number}`).toEqual(trees[number - 1]);
  }
}

/** By the index, or by one that is made of the packs alone: every third time. */
async function rebuildSometimes(lab: Lab, { turn, label }: Found): Promise<boolean> {
  if (turn % 3 !== 1) return false;
  const { lost } = await lab.rebuild();
  expect(lost, label).toBe(0);
  // A torn manifest that nobody committed cannot be told from one that was damaged later.
  const { damage } = await lab.verify();
  if (damage.length > 0) {
    expect(
      damage.map(({ code, paths }) => ({ code, paths })),
      label,
    ).toEqual([{ code: 'FRAME_CORRUPT', paths: [] }]);
    await lab.repair();
  }
  return true;
}

/** A further backup works, and leaves nothing in `packs/` that the index does not know. */
async function expectGoesOn(lab: Lab, trees: readonly Tree[], label: string): Promise<void> {
  const { snapshot, issues } = await lab.backup();
  expect(issues, label).toEqual([]);
  const known = [...trees];
  known[(snapshot ?? 0) - 1] = readTree(lab.source);
  await expectWhole(lab, known, `${label}, one backup later`);
  // What has no header is no pack, and stays: it may be anybody's.
  const strays = unknownPackFiles(lab.repository).filter((name) =>
    hasHeader(join(lab.packs, name)),
  );
  expect(strays, label).toEqual([]);
}

function hasHeader(path: string): boolean {
  return fs.readFileSync(path).subarray(0, 8).toString('latin1') === 'VARVPACK';
}

function storyOf(lab: Lab, run: () => Promise<unknown>) {
  return {
    root: lab.repository,
    run: async (files: FileSystem) => {
      lab.useFiles(files);
      try {
        return await run();
      } finally {
        lab.useRealFiles();
      }
    },
  };
}

/** A backup on top of `states` snapshots. `before` does what is to have happened first. */
async function crashBackup(
  states: number,
  extent: Extent,
  before: (lab: Lab) => Promise<unknown> = () => Promise.resolve(),
): Promise<number> {
  const { lab, trees } = await prepare(states);
  await before(lab);
  const wanted = [...trees, readTree(lab.source)];
  const check = async (found: Found): Promise<void> => {
    const { label, isDone, disk } = found;
    const isRebuilt = await rebuildSometimes(lab, found);
    const count = snapshotNumbers(lab).length;
    const isCommitted = isDone || disk.hasCommitted('index.sqlite');
    if (isDone) expect(count, label).toBe(states + 1);
    else if (!isRebuilt && !isCommitted) expect(count, label).toBe(states);
    expect(count, label).toBeGreaterThanOrEqual(states);
    await expectWhole(lab, wanted, label);
    await expectGoesOn(lab, wanted, label);
  };
  return crashEverywhere({ ...storyOf(lab, () => lab.backup()), check }, extent);
}

/** Every job of a run on a lane that no other run uses, so that what it stores has a pack of its own. */
function onOwnLane(lab: Lab): Partial<BackupOptions> {
  return {
    createPool(lanes, begin) {
      const pool = lab.createPool(lanes, begin);
      return { ...pool, idlestLane: () => 1, run: (job, lane = 1) => pool.run(job, lane) };
    },
  };
}

/** Six snapshots. But for the last, a frame dies as a whole, and so does a pack: both are given back. */
export async function prepareToPrune(): Promise<Prepared> {
  const { lab, trees } = await prepare(2);
  const save = async (options?: Partial<BackupOptions>): Promise<void> => {
    trees.push(readTree(lab.source));
    await lab.backup(options);
  };
  await save();
  for (let file = 0; file < 5; file++) lab.write(`own-frame-${file}`, noise(3000, 50 + file));
  await save();
  for (let file = 0; file < 5; file++) lab.remove(`own-frame-${file}`);
  lab.write('own-pack', noise(5000, 70));
  await save(onOwnLane(lab));
  lab.remove('own-pack');
  await save();
  writeState(lab, 4);
  return { lab, trees };
}

async function crashPrune(extent: Extent): Promise<number> {
  const { lab, trees } = await prepareToPrune();
  const packs = packRows(lab.repository).length;
  const check = async (found: Found): Promise<void> => {
    const { label, isDone } = found;
    const isRebuilt = await rebuildSometimes(lab, found);
    const left = snapshotNumbers(lab);
    expect(left.includes(6), label).toBe(true);
    if (isDone) expect(left, label).toEqual([6]);
    // That space cannot be given back fails no run.
    const isAll = isDone && !isRebuilt && !found.isHit;
    if (isAll) expect(packRows(lab.repository).length, label).toBeLessThan(packs);
    await expectWhole(lab, trees, label);
    await lab.prune({ keepLast: 1 });
    expect(snapshotNumbers(lab), label).toEqual([6]);
    await expectGoesOn(lab, trees, label);
  };
  return crashEverywhere({ ...storyOf(lab, () => lab.prune({ keepLast: 1 })), check }, extent);
}

async function crashRebuild(
  extent: Extent,
  before: (lab: Lab) => Promise<unknown> = () => Promise.resolve(),
): Promise<number> {
  const { lab, trees } = await prepare(2);
  await before(lab);
  const wanted = snapshotNumbers(lab);
  const check = async (found: Found): Promise<void> => {
    const { label, isDone } = found;
    // Between the old index and the new one there may be none: the next rebuild amends that.
    const isThere = fs.existsSync(lab.indexPath);
    if (isDone) expect(isThere, label).toBe(true);
    if (!isThere || found.turn % 2 === 0) await lab.rebuild();
    expect(snapshotNumbers(lab), label).toEqual(wanted);
    await expectWhole(lab, trees, label);
    await expectGoesOn(lab, trees, label);
  };
  return crashEverywhere({ ...storyOf(lab, () => lab.rebuild()), check }, extent);
}

/** A repair of a large file's piece that is damaged and that the source still has. */
async function crashRepair(extent: Extent): Promise<number> {
  const { lab, trees } = await prepare(2);
  spoil(lab, noise(20_000, 3).subarray(10_000, 10_040));
  const wanted = [...trees, readTree(lab.source)];
  const check = async (found: Found): Promise<void> => {
    const { label, isDone, isHit } = found;
    const lost = (): number =>
      queryIndex(lab.repository, 'SELECT id FROM blob WHERE kind = 3').length;
    // SQLite writes on after the power is gone: its return proves nothing then.
    if (isDone && !isHit) expect(lost(), label).toBe(1);
    // What it found is noted, or is found again.
    if (lost() === 0) await lab.repair();
    expect(lost(), label).toBe(1);
    const { snapshot } = await lab.backup();
    expect(snapshot, label).toBe(3);
    await expectWhole(lab, wanted, label);
    await expectGoesOn(lab, wanted, label);
  };
  return crashEverywhere({ ...storyOf(lab, () => lab.repair()), check }, extent);
}

/** Flips a bit of bytes that a pack holds as they are. */
function spoil({ packs }: Lab, bytes: Uint8Array): void {
  for (const name of fs.readdirSync(packs)) {
    const path = join(packs, name);
    const at = fs.readFileSync(path).indexOf(bytes);
    if (at < 0) continue;
    flipByte(path, at + 10);
    return;
  }
  throw new Error('no pack holds these bytes as they are');
}

/** A prune of which the log keeps all, as when it dies before it closes the index. */
async function leaveLog(lab: Lab): Promise<void> {
  const other = new Database(lab.indexPath);
  other.pragma('user_version');
  await lab.prune({ keepLast: 1 });
  const copy = keepCopy(lab.repository);
  other.close();
  copy.putBack();
  expect(fs.statSync(`${lab.indexPath}-wal`).size).toBeGreaterThan(0);
}

/** The making of a repository, with directories above it that are missing. */
async function crashInit(extent: Extent): Promise<number> {
  const root = join(scratchDirectory(), 'disk');
  fs.mkdirSync(root);
  const path = join(root, 'above', 'repository');
  const make = (files?: FileSystem): void => {
    const platform = openPlatform();
    initRepository(path, files ? { ...platform, files } : platform, { makesParents: true });
  };
  return crashEverywhere(
    {
      root,
      run: (files) => Promise.resolve().then(() => make(files)),
      check: ({ label, isDone }) => {
        const isThere = fs.existsSync(join(path, 'varve.json'));
        if (isDone) expect(isThere, label).toBe(true);
        if (!isThere) make();
        expect(fs.readdirSync(path), label).toEqual(
          expect.arrayContaining(['index.sqlite', 'lock.sqlite', 'packs', 'varve.json']),
        );
        expect(queryIndex(path, 'SELECT * FROM snapshot'), label).toEqual([]);
        expect(readConfig(path, openPlatform()).id, label).toHaveLength(16);
        return Promise.resolve();
      },
    },
    extent,
  );
}

/** A backup whose run died late: the next one takes up what it left. */
const dieFirst = async (lab: Lab): Promise<void> => {
  const disk = new SimulatedDisk(lab.repository);
  disk.ordain(9, { type: 'dies', moment: 'before' });
  lab.useFiles(disk.files);
  await lab.backup().catch(() => undefined);
  lab.useRealFiles();
};

export const STORIES: Readonly<Record<string, (extent: Extent) => Promise<number>>> = {
  'the making of a repository': crashInit,
  'the first backup': (extent) => crashBackup(0, extent),
  'a backup with changes': (extent) => crashBackup(2, extent),
  'a backup that takes up what one left that died': (extent) => crashBackup(2, extent, dieFirst),
  'a prune': crashPrune,
  'a repair': crashRepair,
  'a rebuild of the index': (extent) => crashRebuild(extent),
  'a rebuild of an index with a log': (extent) => crashRebuild(extent, leaveLog),
};
