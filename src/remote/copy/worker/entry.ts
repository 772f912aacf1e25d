/** A worker thread of a copy or of a server. */
import { openFileSystem } from '../../../platform/files.js';
import { serveJobs } from '../../../threads/serve-jobs.js';
import { createJobRunner } from './run-job.js';

serveJobs(() => createJobRunner(openFileSystem()));
