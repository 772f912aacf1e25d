/** What takes the place of `worker/pool.ts` where copies are to take milliseconds: jobs on this thread. */
import { createJobRunner } from '../../src/remote/copy/worker/run-job.js';
import type { Workers } from '../../src/remote/copy/worker/pool.js';
import { openPlatform } from '../../src/store.js';

export function startWorkers(count: number): Workers {
  const run = createJobRunner(openPlatform().files);
  let closed: Error | undefined;
  return {
    laneCount: count,
    run: (job) => (closed ? Promise.reject(closed) : (run(job) as never)),
    close(reason = new Error('the workers are closed')) {
      closed ??= reason;
      return Promise.resolve();
    },
  };
}
