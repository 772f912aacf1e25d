/** The worker threads of one operation. */
import type { CodedError } from '../../errors.js';
import type { BeginJob } from '../worker/jobs.js';
import { createThreadPool, type WorkerPool } from '../worker/pool.js';
import type { HeldRepository } from './held.js';

export interface WorkerOptions {
  /** Worker threads. Default: one for each core, at most 8. */
  readonly jobs?: number;
  /** Stops the operation before its next job. */
  readonly signal?: AbortSignal;
  /** For tests: jobs on the calling thread. */
  readonly createPool?: (laneCount: number, begin?: (lane: number) => BeginJob) => WorkerPool;
}

/** What the workers of one operation do. */
export interface WorkerTask {
  /** The first job of each lane; none: they only read. */
  readonly begin?: (lane: number) => BeginJob;
  /** What they append is dropped. */
  readonly isDryRun?: boolean;
  /** What a job fails with once the signal is aborted. */
  readonly interrupted: () => CodedError;
}

const MAX_WORKERS = 8;

/** How many workers an operation has. */
export function workerCount({ platform }: HeldRepository, { jobs }: WorkerOptions): number {
  return jobs ?? Math.min(platform.coreCount, MAX_WORKERS);
}

/** The caller closes the pool. */
export function startWorkers(
  repository: HeldRepository,
  options: WorkerOptions,
  { begin, isDryRun = false, interrupted }: WorkerTask,
): WorkerPool {
  const laneCount = workerCount(repository, options);
  const setup = {
    packDirectory: repository.packDirectory,
    repositoryId: repository.config.id,
    isDryRun,
  };
  const pool = options.createPool?.(laneCount, begin) ?? createThreadPool(laneCount, setup, begin);
  return stoppable(pool, options.signal, interrupted);
}

/** Fails each new job once `signal` is aborted. */
function stoppable(
  pool: WorkerPool,
  signal: AbortSignal | undefined,
  interrupted: () => CodedError,
): WorkerPool {
  if (!signal) return pool;
  return {
    ...pool,
    run: (job, lane) => (signal.aborted ? Promise.reject(interrupted()) : pool.run(job, lane)),
  };
}
