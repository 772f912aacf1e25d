import { describe, expect, test, vi } from 'vitest';
import { CodedError } from '../../../src/errors.js';
import type { HeldRepository } from '../../../src/repo/repository/held.js';
import { startWorkers, workerCount } from '../../../src/repo/repository/workers.js';
import * as pools from '../../../src/repo/worker/pool.js';
import type { WorkerPool } from '../../../src/repo/worker/pool.js';

vi.mock('../../../src/repo/worker/pool.js', async (original) => ({
  ...(await original<object>()),
}));

const held = (coreCount: number): HeldRepository =>
  ({ platform: { coreCount }, config: { id: Buffer.alloc(16) } }) as unknown as HeldRepository;

test.each([
  [1, undefined, 1],
  [2, undefined, 2],
  [8, undefined, 8],
  [9, undefined, 8],
  [64, undefined, 8],
  [2, 5, 5],
  [64, 12, 12],
  [64, 1, 1],
])('of %i cores, and %s that are asked for, there are %i workers', (cores, jobs, expected) => {
  expect(workerCount(held(cores), jobs === undefined ? {} : { jobs })).toBe(expected);
});

test.each([true, false, undefined])(
  'threads are told where packs lie, whose they are, and whether they are kept (dry run: %s)',
  (isDryRun) => {
    const pool = { laneCount: 2 } as unknown as WorkerPool;
    const create = vi.spyOn(pools, 'createThreadPool').mockReturnValue(pool);
    const id = Buffer.alloc(16, 3);
    const repository = { ...held(1), packDirectory: '/repo/packs', config: { id } };
    const begin = vi.fn();
    const task = { begin, interrupted: vi.fn(), ...(isDryRun !== undefined && { isDryRun }) };
    const workers = startWorkers(repository as unknown as HeldRepository, { jobs: 2 }, task);
    expect(workers).toBe(pool);
    const setup = {
      packDirectory: '/repo/packs',
      repositoryId: id,
      isDryRun: isDryRun ?? false,
    };
    expect(create.mock.calls.splice(0)).toEqual([[2, setup, begin]]);
  },
);

describe('workers with a signal', () => {
  const interrupted = (): CodedError => new CodedError('INTERRUPTED', 'stopped');

  function started(signal?: AbortSignal) {
    const run = vi.fn((...args: unknown[]) => Promise.resolve(args));
    const close = vi.fn(() => Promise.resolve());
    const pool = { laneCount: 3, run, close } as unknown as WorkerPool;
    const createPool = vi.fn(() => pool);
    const options = { jobs: 3, createPool, ...(signal && { signal }) };
    const begin = vi.fn();
    const workers = startWorkers(held(1), options, { begin, interrupted });
    expect(createPool).toHaveBeenCalledWith(3, begin);
    return { workers, run, close };
  }

  test.each([0, 2, undefined])('do a job on the lane that is asked for: %s', async (lane) => {
    const job = { type: 'sync' } as const;
    for (const signal of [undefined, new AbortController().signal]) {
      const { workers, run } = started(signal);
      await workers.run(job, lane);
      expect(run.mock.calls).toEqual([[job, lane]]);
    }
  });

  test('begin no job once it is aborted, and can still be closed', async () => {
    const controller = new AbortController();
    const { workers, run, close } = started(controller.signal);
    await workers.run({ type: 'sync' });
    controller.abort();
    await expect(workers.run({ type: 'sync' })).rejects.toThrow('stopped');
    await expect(workers.run({ type: 'sync' }, 1)).rejects.toMatchObject({ code: 'INTERRUPTED' });
    expect(run).toHaveBeenCalledOnce();
    await workers.close();
    expect(close).toHaveBeenCalledOnce();
    expect(workers.laneCount).toBe(3);
  });
});
