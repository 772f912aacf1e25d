/** How an operation stops when its caller asks for it: before the next job, and while it waits. */
import { setTimeout as sleep } from 'node:timers/promises';
import { CodedError } from '../../errors.js';
import type { WorkerPool } from '../worker/pool.js';

/** The pool, but once `signal` is aborted each new job fails with what `interrupted` makes. */
export function stoppable(
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

/** Waits, at most until `signal` is aborted. @throws CodedError INTERRUPTED */
export async function pause(durationMs: number, signal: AbortSignal | undefined): Promise<void> {
  await sleep(durationMs);
  if (!signal?.aborted) return;
  throw new CodedError('INTERRUPTED', 'The wait for the repository was interrupted.', {
    hint: 'Nothing was done; run the command again.',
  });
}
