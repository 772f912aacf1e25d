/** A worker thread: jobs come in as messages, each is answered by one message. */
import { parentPort, workerData } from 'node:worker_threads';
import { discardWrites, openDirectoryPackStore } from '../packs/pack-store.js';
import { openFileSystem } from '../../platform/files.js';
import { createWorkerContext } from './context.js';
import { encodeFailure } from '../../thread-failure.js';
import type { Answer, Request } from './messages.js';
import { runJob } from './run-job.js';
import type { WorkerSetup } from './jobs.js';

const setup = workerData as WorkerSetup;
const files = openFileSystem();
const store = openDirectoryPackStore(files, setup.packDirectory, setup.repositoryId);
const context = createWorkerContext(files, setup.isDryRun ? discardWrites(store) : store);

parentPort?.on('message', ({ id, job }: Request) => {
  parentPort?.postMessage(answer(id, job));
});

function answer(id: number, job: Request['job']): Answer {
  try {
    return { id, type: 'done', result: runJob(context, job) };
  } catch (error) {
    return { id, type: 'failed', failure: encodeFailure(error) };
  }
}
