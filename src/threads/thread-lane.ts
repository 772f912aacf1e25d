/** A lane that is a thread: `serve-jobs.ts` is its other end. */
import { workerThreads } from '../platform/node-modules.js';
import { packageFile } from '../platform/package-files.js';
import { decodeFailure, type Failure } from './failure.js';
import type { Lane, LaneEvents, JobRequest } from './pool.js';
import { createStopWord, stop, type StopWord } from './stop.js';

/** What a thread starts with. */
export interface ThreadStart {
  readonly setup: unknown;
  readonly stopWord: StopWord;
}

/** What a thread sends for each request. */
export type JobAnswer =
  | { readonly id: number; readonly type: 'done'; readonly result: unknown }
  | { readonly id: number; readonly type: 'failed'; readonly failure: Failure };

/** Opens lanes that run a file of the package, which is told `setup` when it starts. */
export function threadLanes<Job>(file: string, setup: unknown): (events: LaneEvents) => Lane<Job> {
  return (events) => {
    const { Worker } = workerThreads();
    const stopWord = createStopWord();
    const worker = new Worker(packageFile(file), {
      workerData: { setup, stopWord } satisfies ThreadStart,
      // Descriptors from libc are not known to Node, which would warn at each close.
      trackUnmanagedFds: false,
      resourceLimits: { maxYoungGenerationSizeMb: 4 },
    });
    worker.on('message', (answer: JobAnswer) => {
      if (answer.type === 'done') events.done(answer.id, answer.result);
      else events.failed(answer.id, decodeFailure(answer.failure));
    });
    worker.on('error', (error: Error) => events.died(error));
    const ended = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
    return {
      post: (request: JobRequest<Job>) => worker.postMessage(request),
      close() {
        stop(stopWord);
        // Wakes it where it has nothing to do.
        worker.postMessage(undefined);
        return ended;
      },
    };
  };
}
