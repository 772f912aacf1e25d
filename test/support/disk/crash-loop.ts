/**
 * The fault loop: prepare, run with one call failing or being the moment at which the power goes, look at
 * what the disk holds; for every call, or for a sample of them.
 */
import * as fs from 'node:fs';
import { onTestFinished } from 'vitest';
import type { FileSystem } from '../../../src/platform/files.js';
import { drawer } from '../seed.js';
import { losesAll, losesNothing, losesSome, type Loss } from './model.js';
import { SimulatedDisk, type Fate } from './simulated-disk.js';

/** What is run and looked at. */
export interface Story {
  /** The directory that is on the disk. What is in it now is there before each run. */
  readonly root: string;
  /** The run over the files of the disk. Whether it fails does not matter. */
  readonly run: (files: FileSystem) => Promise<unknown>;
  /** Looks at the directory; may change it. Fails with `label` in its messages. */
  readonly check: (found: Found) => Promise<void>;
}

/** How a run ended, and what became of the disk then. */
export interface Found {
  /** Where it was hit, and what was lost: to be found again. */
  readonly label: string;
  /** Whether a call failed, or was the last. */
  readonly isHit: boolean;
  /** Whether the run returned without an error. */
  readonly isDone: boolean;
  /** What became durable, in its order, and SQLite's commits. */
  readonly disk: SimulatedDisk;
  /** A drawn number to vary the check by. */
  readonly turn: number;
}

export interface Extent {
  /** How many hits are drawn; undefined: all. */
  readonly sample?: number;
  readonly seed: number;
}

interface Hit {
  readonly position: number;
  readonly fate: Fate;
  readonly loss: Loss;
}

/** Returns how many calls the run makes that change something. */
export async function crashEverywhere(story: Story, extent: Extent): Promise<number> {
  const before = keepCopy(story.root);
  const attempt = async (hit: Hit | undefined, loss: Loss, turn: number): Promise<number> => {
    before.putBack();
    const disk = new SimulatedDisk(story.root);
    if (hit) disk.ordain(hit.position, hit.fate);
    const isDone = await story.run(disk.files).then(
      () => true,
      () => false,
    );
    disk.lose(loss);
    const where = hit ? `call ${hit.position} ${describe(hit.fate)}` : 'after the run';
    await story.check({
      label: `${where}, ${loss.label}`,
      isHit: hit !== undefined,
      isDone,
      disk,
      turn,
    });
    return disk.changeCount;
  };
  const count = await attempt(undefined, losesAll, 0);
  await attempt(undefined, losesAll, 1);
  await attempt(undefined, losesSome(extent.seed), 1);
  const draw = drawer(extent.seed + 1);
  for (const hit of hitsOf(count, extent)) await attempt(hit, hit.loss, draw(1000));
  return count;
}

const FATES: readonly Fate[] = [
  { type: 'dies', moment: 'before' },
  { type: 'dies', moment: 'within' },
  { type: 'dies', moment: 'after' },
  { type: 'fails', code: 'EIO' },
  { type: 'fails', code: 'ENOSPC' },
];

function hitsOf(count: number, { sample, seed }: Extent): Hit[] {
  const hits = Array.from({ length: count }, (_, index) => index + 1).flatMap((position) =>
    FATES.flatMap((fate, kind) => {
      const some = losesSome(seed + position * FATES.length + kind);
      return [losesAll, losesNothing, some].map((loss) => ({ position, fate, loss }));
    }),
  );
  if (sample === undefined) return hits;
  const draw = drawer(seed);
  return Array.from({ length: sample }, () => hits[draw(hits.length)]).filter(
    (hit) => hit !== undefined,
  );
}

function describe(fate: Fate): string {
  return fate.type === 'dies' ? `dies ${fate.moment}` : `fails with ${fate.code}`;
}

/** A copy of a directory that can be put back any number of times, and goes with the test. */
export function keepCopy(root: string): { putBack(): void } {
  const copy = `${root}.before`;
  const options = { recursive: true, preserveTimestamps: true };
  fs.cpSync(root, copy, options);
  onTestFinished(() => fs.rmSync(copy, { recursive: true, force: true }));
  return {
    putBack() {
      fs.rmSync(root, { recursive: true, force: true });
      fs.cpSync(copy, root, options);
    },
  };
}
