/** The thread's end of a `thread-lane.ts`: jobs come in as messages, each is answered by one, in order. */
import { workerThreads } from '../platform/node-modules.js';
import { encodeFailure } from './failure.js';
import type { JobRequest } from './pool.js';
import type { JobAnswer } from './thread-lane.js';

/** Does a job; whoever serves jobs says which it takes. */
type RunJob = (job: never) => unknown;

/** Answers jobs to the end of this thread. `prepare` is given the setup of its lane. */
export function serveJobs(prepare: (setup: never) => RunJob): void {
  const thread = workerThreads();
  const run = prepare(thread.workerData as never);
  let turn = Promise.resolve();
  thread.parentPort?.on('message', (request: JobRequest<never>) => {
    turn = turn.then(async () => thread.parentPort?.postMessage(await answer(run, request)));
  });
}

async function answer(run: RunJob, { id, job }: JobRequest<never>): Promise<JobAnswer> {
  try {
    return { id, type: 'done', result: await run(job) };
  } catch (error) {
    return { id, type: 'failed', failure: encodeFailure(error) };
  }
}
