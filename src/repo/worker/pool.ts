/** The workers of one operation: what a lane holds (tickets, open packs) stays there. */
import type { FileSystem } from '../../platform/files.js';
import { inlineLanes } from '../../threads/inline-lane.js';
import { createPool, type Pool } from '../../threads/pool.js';
import { threadLanes } from '../../threads/thread-lane.js';
import type { PackStore } from '../packs/pack-store.js';
import { createWorkerContext } from './context.js';
import type { BeginJob, Job, JobResults, WorkerSetup } from './jobs.js';
import { runJob } from './run-job.js';

export type WorkerPool = Pool<Job, JobResults>;

/** Starting a thread takes 100 ms of the processor: worth it from the second job that would wait on. */
const START_COST = 1.5;

/** A pool of threads. `begin` gives the first job of a lane, or undefined for reading only. */
export function createThreadPool(
  laneCount: number,
  setup: WorkerSetup,
  begin?: (lane: number) => BeginJob,
): WorkerPool {
  const open = threadLanes<Job>('dist/thread-repo.js', setup);
  return createPool({ laneCount, startCost: START_COST, open, begin });
}

/** Does jobs on the calling thread, over any store: for tests, and where threads are not available. */
export function createInlinePool(
  files: FileSystem,
  openStore: () => PackStore,
  laneCount = 1,
  begin?: (lane: number) => BeginJob,
): WorkerPool {
  const open = inlineLanes<Job>(() => {
    const context = createWorkerContext(files, openStore());
    return { run: (job) => runJob(context, job), close: () => context.close() };
  });
  return createPool({ laneCount, startCost: START_COST, open, begin });
}
