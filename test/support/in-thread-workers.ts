/** What takes the place of `worker/pool.ts` where copies are to take milliseconds: jobs on this thread. */
import { onTestFinished } from 'vitest';
import { openFileSystem, type FileSystem } from '../../src/platform/files.js';
import { createJobRunner } from '../../src/remote/copy/worker/run-job.js';
import type { Workers } from '../../src/remote/copy/worker/pool.js';

let files: FileSystem = openFileSystem();

/** The file system that the jobs see from now on, until the test is over. */
export function useFiles(twin: FileSystem): void {
  files = twin;
  onTestFinished(() => void (files = openFileSystem()));
}

export function startWorkers(count: number): Workers {
  const run = createJobRunner(files);
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
