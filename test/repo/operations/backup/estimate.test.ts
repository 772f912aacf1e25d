import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { withEstimate } from '../../../../src/repo/operations/backup/estimate.js';
import type { SourceRun } from '../../../../src/repo/operations/backup/snapshot-run.js';
import type { WorkerPool } from '../../../../src/repo/worker/pool.js';
import { openRepository } from '../../../../src/repo/repository/repository.js';
import { createLab } from '../../../support/lab.js';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
afterEach(() => void vi.useRealTimers());

/** A pool that counts what a test says; what is done with it. */
function countingPool() {
  const calls: unknown[] = [];
  let settle = {
    resolve: (_: unknown): void => undefined,
    reject: (_: unknown): void => undefined,
  };
  let release = (): void => undefined;
  const closed = new Promise<void>((resolve) => (release = resolve));
  const pool = {
    laneCount: 1,
    run(job: { type: string }) {
      calls.push(job);
      return new Promise((resolve, reject) => (settle = { resolve, reject }));
    },
    close(cause: unknown) {
      calls.push(['close', (cause as { code: string }).code]);
      settle.reject(cause);
      return closed;
    },
  };
  const createPool = (lanes: number): WorkerPool => {
    calls.push(['open', lanes]);
    return pool as unknown as WorkerPool;
  };
  return { createPool, calls, tell: (count: unknown) => settle.resolve(count), release };
}

/** Work that lasts as long as a test says, with the estimate of a source. */
async function prepare(hasHistory = false, isAsked = true) {
  const lab = createLab();
  lab.write('file', 'x');
  const { createPool, calls, tell, release } = countingPool();
  const estimates: unknown[] = [];
  let end = { resolve: (): void => undefined, reject: (_: unknown): void => undefined };
  const work = new Promise<void>((resolve, reject) => (end = { resolve, reject }));
  const filter = { largestBytes: 5 };
  const opened = openRepository(lab.repository, lab.platform, { access: 'read' });
  let hasEnded = false;
  let done: Promise<unknown> = Promise.resolve();
  await opened.read((repository) => {
    const source = { id: 1, host: 'lab', roots: [lab.bytes()] };
    const run = { repository, source, hasHistory } as unknown as SourceRun;
    const onEstimate = (expected: unknown): void => void estimates.push(expected);
    const options = { createPool, filter, ...(isAsked && { onEstimate }) };
    done = withEstimate(run, options, () => work).finally(() => (hasEnded = true));
    done.catch(() => undefined);
  });
  opened.close();
  const turn = () => new Promise(setImmediate);
  return { lab, calls, tell, release, estimates, end, done, turn, filter, ended: () => hasEnded };
}

test('a first backup that takes 300 ms is counted, by one thread, as the filter says', async () => {
  const { lab, calls, tell, release, estimates, end, done, turn, filter } = await prepare();
  vi.advanceTimersByTime(299);
  expect(calls).toEqual([]);
  vi.advanceTimersByTime(1);
  const job = { type: 'count-tree', roots: [lab.bytes()], filter };
  expect(calls).toEqual([['open', 1], expect.objectContaining(job)]);
  // The repository, and what is in it.
  expect((calls[1] as { own: string[] }).own.length).toBeGreaterThan(1);
  tell({ files: 3, bytes: 30 });
  await turn();
  expect(estimates).toEqual([{ files: 3, bytes: 30 }]);
  release();
  end.resolve();
  await done;
});

test('the end of the work waits for the end of the thread, and there is no estimate then', async () => {
  const { calls, release, estimates, end, done, turn, ended } = await prepare();
  vi.advanceTimersByTime(300);
  end.resolve();
  await turn();
  expect(calls.at(-1)).toEqual(['close', 'INTERRUPTED']);
  expect(ended()).toBe(false);
  release();
  await done;
  expect(estimates).toEqual([]);
});

test('work that fails ends the thread, too', async () => {
  const failure = new Error('no space');
  const { calls, release, end, done } = await prepare();
  vi.advanceTimersByTime(300);
  release();
  end.reject(failure);
  await expect(done).rejects.toBe(failure);
  expect(calls.at(-1)).toEqual(['close', 'INTERRUPTED']);
});

describe('nothing is counted', () => {
  test('when the work is done before', async () => {
    const { calls, end, done } = await prepare();
    end.resolve();
    await done;
    vi.advanceTimersByTime(1000);
    expect(calls).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });

  test.each([
    ['of a source with a history', true, true],
    ['that nobody asks for', false, false],
  ])('%s', async (_, hasHistory, isAsked) => {
    const { calls, end, done } = await prepare(hasHistory, isAsked);
    vi.advanceTimersByTime(1000);
    expect(calls).toEqual([]);
    end.resolve();
    await done;
  });
});
