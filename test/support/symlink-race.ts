/** Restores onto a tree in which another process swaps directories for symbolic links. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { createLab, SMALL_PIECES } from './lab.js';
import { noise } from './seed.js';
import { readTree, type Tree } from './tree.js';

const SWAPPER = fileURLToPath(new URL('swapper.js', import.meta.url));

export interface RaceReport {
  /** Restores that were made meanwhile. */
  readonly restores: number;
  /** Files that could not be restored since a link was in the way: the race was one. */
  readonly issues: number;
  readonly outsideBefore: Outside;
  readonly outsideAfter: Outside;
}

/** A tree, and when each inode of it was last changed. */
interface Outside {
  readonly tree: Tree;
  readonly changeTimes: readonly bigint[];
}

/** The swaps are made so often at most: on a busy machine it takes a while until one hits. */
const MAX_RACES = 30;

/**
 * Restores two states in turn, in place and with deletion, until `rounds` swaps are done, and again until
 * one was in the way.
 */
export async function raceWithSwaps(rounds: number): Promise<RaceReport> {
  const lab = createLab({ chunking: SMALL_PIECES });
  for (const state of [1, 2]) {
    for (let file = 0; file < 12; file += 1) {
      lab.write(`dir/file-${file}`, noise(50, state * 100 + file));
      lab.write(`dir/sub/file-${file}`, noise(50, state * 100 + file));
    }
    lab.write('dir/large', noise(20_000, state));
    lab.write('dir/sub/large', noise(20_000, state));
    lab.write(`dir/sub/only-${state}/file`, 'x');
    if (state === 2) lab.remove('dir/sub/only-1');
    await lab.backup();
  }
  const outside = `${lab.directory}/outside`;
  fs.cpSync(lab.path('dir'), outside, { recursive: true });
  fs.mkdirSync(`${outside}/only-1`);
  const outsideBefore = readOutside(outside);

  const to = lab.newTarget();
  await lab.restore(1, { to });
  const argv = [SWAPPER, String(rounds), outside, `${to}/dir`, `${to}/dir/sub`];
  let restores = 0;
  let issues = 0;
  for (let race = 0; race < MAX_RACES && issues === 0; race += 1) {
    const swapper = spawn(process.execPath, argv, { stdio: ['ignore', 'ignore', 'inherit'] });
    const state = { isDone: false };
    const ended = once(swapper, 'exit').then(([code]) => {
      state.isDone = true;
      if (code !== 0) throw new Error(`the swapper ended with ${String(code)}`);
    });
    while (!state.isDone) {
      const inPlace = { overwrite: 'always', deletes: 'always' } as const;
      const result = await lab.restoreInPlace(1 + (restores % 2), inPlace, { to });
      restores += 1;
      issues += result.issues.length;
      // The end of the swapper is news that no promise of a restore on this thread lets in.
      await nextTurn();
    }
    await ended;
  }
  return { restores, issues, outsideBefore, outsideAfter: readOutside(outside) };
}

function readOutside(root: string): Outside {
  const tree = readTree(root);
  const changeTimes = [...tree.keys()].map(
    (path) => fs.lstatSync(`${root}/${path}`, { bigint: true }).ctimeNs,
  );
  return { tree, changeTimes };
}
