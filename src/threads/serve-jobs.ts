/** The thread's end of a `thread-lane.ts`: jobs come in as messages, each is answered by one, in order. */
import { workerThreads } from '../platform/node-modules.js';
import { encodeFailure } from './failure.js';
import type { JobRequest, JobRunner } from './pool.js';
import { isStopped, Stopped, type StopWord } from './stop.js';
import type { JobAnswer, ThreadStart } from './thread-lane.js';

/** Answers jobs until the lane is closed. `prepare` is given the setup of its lane. */
export function serveJobs(prepare: (setup: never, stopWord: StopWord) => JobRunner<never>): void {
  const thread = workerThreads();
  const { parentPort } = thread;
  const { setup, stopWord } = thread.workerData as ThreadStart;
  const runner = prepare(setup as never, stopWord);
  let hasEnded = false;
  const end = (): void => {
    if (hasEnded) return;
    hasEnded = true;
    runner.close();
    // Nothing else is waited for, and the thread ends.
    parentPort?.close();
  };
  let turn = Promise.resolve();
  parentPort?.on('message', (request: JobRequest<never> | undefined) => {
    turn = turn.then(async () => {
      const given = isStopped(stopWord) || !request ? undefined : await answer(runner, request);
      if (given) parentPort.postMessage(given);
      else end();
    });
  });
}

/** undefined: the job was given up, since the thread is to end. */
async function answer(
  runner: JobRunner<never>,
  { id, job }: JobRequest<never>,
): Promise<JobAnswer | undefined> {
  try {
    return { id, type: 'done', result: await runner.run(job) };
  } catch (error) {
    return error instanceof Stopped
      ? undefined
      : { id, type: 'failed', failure: encodeFailure(error) };
  }
}
