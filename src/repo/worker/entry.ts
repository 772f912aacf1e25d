/** A worker thread of the store. */
import { openFileSystem } from '../../platform/files.js';
import { serveJobs } from '../../threads/serve-jobs.js';
import { stoppableFiles } from '../../threads/stop.js';
import { discardWrites, openDirectoryPackStore } from '../packs/pack-store.js';
import { createWorkerContext } from './context.js';
import type { Job, WorkerSetup } from './jobs.js';
import { runJob } from './run-job.js';

serveJobs(({ packDirectory, repositoryId, isDryRun }: WorkerSetup, stopWord) => {
  const files = stoppableFiles(openFileSystem(), stopWord);
  const store = openDirectoryPackStore(files, packDirectory, repositoryId);
  const context = createWorkerContext(files, isDryRun ? discardWrites(store) : store);
  return { run: (job: Job) => runJob(context, job), close: () => context.close() };
});
