/** What passes between the main thread and a worker. */
import type { Failure } from '../../thread-failure.js';
import type { Job, JobResults } from './jobs.js';

export interface Request {
  readonly id: number;
  readonly job: Job;
}

export type Answer =
  | { readonly id: number; readonly type: 'done'; readonly result: JobResults[Job['type']] }
  | { readonly id: number; readonly type: 'failed'; readonly failure: Failure };
