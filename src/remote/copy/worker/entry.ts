/** A worker thread of a copy or of a server. */
import { openFileSystem } from '../../../platform/files.js';
import { serveJobs } from '../../../threads/serve-jobs.js';
import { stoppableFiles } from '../../../threads/stop.js';
import { createJobRunner } from './run-job.js';

serveJobs((_setup, stopWord) => ({
  run: createJobRunner(stoppableFiles(openFileSystem(), stopWord)),
  close: () => undefined,
}));
