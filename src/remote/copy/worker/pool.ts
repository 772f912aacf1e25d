/** The worker threads of a copy or of a server: each starts when there is work for it. */
import { createPool, type Pool } from '../../../threads/pool.js';
import { threadLanes } from '../../../threads/thread-lane.js';
import type { Job, Results } from './messages.js';

/** Runs jobs side by side. */
export type Workers = Pick<Pool<Job, Results>, 'laneCount' | 'run' | 'close'>;

/** A thread that has no job is worth waiting for, one that has is not. */
const START_COST = 0.5;

export function startWorkers(count: number): Workers {
  const open = threadLanes<Job>('dist/thread-remote.js', undefined);
  return createPool({ laneCount: count, startCost: START_COST, open });
}
