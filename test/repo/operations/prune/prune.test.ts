import { describe, expect, test } from 'vitest';
import { CodedError } from '../../../../src/errors.js';
import type { WorkerPool } from '../../../../src/repo/worker/pool.js';
import { expectInvariants, logicalIndex } from '../../../support/index-facts.js';
import { createLab, type Lab } from '../../../support/lab.js';
import { noise, prose } from '../../../support/seed.js';

/** Four snapshots. Without the first, a frame is mostly dead; without the third, a delta is re-based. */
async function prepare(): Promise<Lab> {
  const lab = createLab({ lanes: 1 });
  lab.write('alive', noise(10_000, 1));
  lab.write('dead', noise(60_000, 2));
  for (const state of [1, 2, 3, 4]) {
    lab.write('log.txt', prose(100 + state, 1));
    await lab.backup();
    if (state === 1) lab.remove('dead');
  }
  return lab;
}

/** False, since the prune did not end well. @throws Error unless it says that it was interrupted */
function isStopped(error: unknown): boolean {
  expect(error).toBeInstanceOf(CodedError);
  expect(error).toMatchObject({
    code: 'INTERRUPTED',
    hint: expect.stringMatching(/^Run it again/) as string,
  });
  return false;
}

describe('a signal', () => {
  test('between the last work and the commit stops it: nothing was removed', async () => {
    const lab = createLab({ lanes: 1 });
    for (const state of [1, 2, 3]) {
      lab.write('small', prose(state, state));
      await lab.backup();
    }
    const before = logicalIndex(lab.repository);
    const stop = new AbortController();
    const { files } = lab.platform;
    // The last question before the commit, where nothing is worth copying.
    lab.useFiles({
      ...files,
      freeBytes(path) {
        stop.abort();
        return files.freeBytes(path);
      },
    });
    await expect(lab.prune({ keepLast: 1 }, { signal: stop.signal })).rejects.toMatchObject({
      code: 'INTERRUPTED',
      message: 'The prune was interrupted; nothing was removed.',
    });
    lab.useRealFiles();
    expect(logicalIndex(lab.repository)).toEqual(before);
    expect(await lab.prune({ keepLast: 1 })).toMatchObject({
      removed: [{ number: 1 }, { number: 2 }],
    });
  });

  test('after any of its jobs leaves all as it was', async () => {
    const lab = await prepare();
    const trees = await Promise.all([1, 2, 3, 4].map((snapshot) => lab.treeAt(snapshot)));
    const before = logicalIndex(lab.repository);
    const types: string[] = [];
    for (let position = 1; ; position += 1) {
      const stop = new AbortController();
      let jobs = 0;
      const createPool = (...of: Parameters<typeof lab.createPool>): WorkerPool => {
        const pool = lab.createPool(...of);
        return {
          ...pool,
          run: (job, lane) =>
            pool.run(job, lane).finally(() => {
              jobs += 1;
              if (jobs !== position) return;
              types.push(job.type);
              stop.abort();
            }),
        };
      };
      // What was synced is committed, come what may.
      const run = lab.pruneNamed({ snapshots: [1, 3], signal: stop.signal, createPool });
      if (
        await run.then(
          () => true,
          (error: unknown) => isStopped(error),
        )
      )
        break;
      expect(logicalIndex(lab.repository), `job ${position}`).toEqual(before);
      for (const [i, tree] of trees.entries()) expect(await lab.treeAt(i + 1)).toEqual(tree);
    }
    expect(types).toEqual(['rewrite', 'rewrite', 'sync']);
    await lab.expectSound();
    expectInvariants(lab.repository);
    expect(await lab.treeAt(2)).toEqual(trees[1]);
    expect(await lab.treeAt(4)).toEqual(trees[3]);
  });

  test('that was given before the beginning stops it', async () => {
    const lab = await prepare();
    const before = logicalIndex(lab.repository);
    const signal = AbortSignal.abort();
    await lab.prune({ keepLast: 1 }, { signal }).catch(isStopped);
    expect(logicalIndex(lab.repository)).toEqual(before);
  });
});
