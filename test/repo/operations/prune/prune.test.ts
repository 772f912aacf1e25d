import { describe, expect, test } from 'vitest';
import { CodedError } from '../../../../src/errors.js';
import type { WorkerPool } from '../../../../src/repo/worker/pool.js';
import { expectInvariants, logicalIndex, queryIndex } from '../../../support/index-facts.js';
import { createLab, SMALL_PIECES, type Lab } from '../../../support/lab.js';
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

describe('what goes with the versions that no snapshot has', () => {
  test('are the pieces of large files, and the lists of them', async () => {
    const lab = createLab({ lanes: 1, chunking: SMALL_PIECES });
    lab.write('large', noise(40_000, 1));
    await lab.backup();
    lab.write('large', Buffer.concat([noise(20_000, 1), noise(20_000, 2)]));
    await lab.backup();
    const { bytesFreed } = await lab.prune({ keepLast: 1 });
    expect(bytesFreed).toBeGreaterThan(15_000);
    const unused = queryIndex(
      lab.repository,
      `SELECT b.id FROM blob b WHERE
         NOT EXISTS (SELECT 1 FROM version v WHERE v.blob = b.id) AND
         NOT EXISTS (SELECT 1 FROM content_blob c JOIN version v ON v.content = c.content
                     WHERE c.blob = b.id)`,
    );
    expect(unused).toEqual([]);
    const [contents] = queryIndex<{ all: number; listed: number }>(
      lab.repository,
      `SELECT (SELECT count(*) FROM content) AS "all",
              (SELECT count(DISTINCT content) FROM content_blob) AS listed`,
    );
    expect(contents).toEqual({ all: 1, listed: 1 });
    await lab.expectSound();
  });

  test('are whole files, but for what another version is', async () => {
    const lab = createLab({ lanes: 1 });
    lab.write('kept', noise(30_000, 1));
    lab.write('gone', noise(50_000, 2));
    await lab.backup();
    lab.write('copy', noise(30_000, 1));
    lab.remove('gone');
    lab.remove('kept');
    await lab.backup();
    const { bytesFreed, removed } = await lab.prune({ keepLast: 1 });
    expect(removed.map(({ number }) => number)).toEqual([1]);
    expect(bytesFreed).toBeGreaterThanOrEqual(50_000);
    expect(bytesFreed).toBeLessThan(51_000);
    expect(queryIndex(lab.repository, 'SELECT length FROM blob')).toEqual([{ length: 30_000 }]);
    await lab.expectSound();
  });

  test('with nothing to remove, nothing is written', async () => {
    const lab = await prepare();
    await lab.prune({ keepLast: 1 });
    const before = queryIndex(lab.repository, 'SELECT number, length FROM pack ORDER BY number');
    expect(await lab.prune({ keepLast: 1 })).toMatchObject({ removed: [], bytesFreed: 0 });
    expect(queryIndex(lab.repository, 'SELECT number, length FROM pack ORDER BY number')).toEqual(
      before,
    );
  });
});
