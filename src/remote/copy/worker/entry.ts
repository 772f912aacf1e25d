/** A worker thread: jobs come in as messages, each is answered by one message, in order. */
import { parentPort } from 'node:worker_threads';
import { openFileSystem } from '../../../platform/files.js';
import { encodeFailure } from '../../../thread-failure.js';
import type { Answer, Request } from './messages.js';
import { createJobRunner } from './run-job.js';

const run = createJobRunner(openFileSystem());
let turn = Promise.resolve();

parentPort?.on('message', (request: Request) => {
  turn = turn.then(async () => parentPort?.postMessage(await answer(request)));
});

async function answer({ id, job }: Request): Promise<Answer> {
  try {
    return { id, type: 'done', result: await run(job) };
  } catch (error) {
    return { id, type: 'failed', failure: encodeFailure(error) };
  }
}
