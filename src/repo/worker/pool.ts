/**
 * The workers of one operation. A job goes to the lane with the fewest jobs, or to a lane by number:
 * what a lane holds (tickets, open packs) stays there. Threads start when they get their first job.
 */
import { packageFile } from '../../platform/package-files.js';
import type { PackStore } from '../packs/pack-store.js';
import type { FileSystem } from '../../platform/files.js';
import { workerThreads } from '../../platform/node-modules.js';
import { createWorkerContext } from './context.js';
import type { BeginJob, Job, ResultOf, WorkerSetup } from './jobs.js';
import { decodeFailure } from '../../thread-failure.js';
import type { Answer, Request } from './messages.js';
import { runJob } from './run-job.js';

export interface WorkerPool {
  readonly laneCount: number;
  /** The lane with the fewest unanswered jobs; one that runs is preferred while it has one at most. */
  idlestLane(): number;
  /** Unanswered jobs of a lane. */
  pending(lane: number): number;
  /** The lanes that were given a job already. */
  startedLanes(): number[];
  run<J extends Job>(job: J, lane?: number): Promise<ResultOf<J>>;
  /** Ends the threads at once; unanswered jobs stay so. */
  close(): Promise<void>;
}

interface Lane {
  post(request: Request): void;
  close(): Promise<void>;
}

/** Starting a thread takes 100 ms of the processor: worth it from the second job that would wait on. */
const START_COST = 1.5;

type Settle = { resolve: (result: never) => void; reject: (error: Error) => void };

/** A pool of threads. `begin` gives the first job of a lane, or undefined for reading only. */
export function createThreadPool(
  laneCount: number,
  setup: WorkerSetup,
  begin?: (lane: number) => BeginJob,
): WorkerPool {
  return createPool(laneCount, begin, (onAnswer, onCrash) => {
    // Descriptors from libc are not known to Node, which would warn at each close.
    const resourceLimits = { maxYoungGenerationSizeMb: 4 };
    const options = { workerData: setup, trackUnmanagedFds: false, resourceLimits };
    const { Worker } = workerThreads();
    const worker = new Worker(packageFile('dist/thread-repo.js'), options);
    worker.on('message', onAnswer);
    worker.on('error', onCrash);
    return {
      post: (request) => worker.postMessage(request),
      close: async () => {
        await worker.terminate();
      },
    };
  });
}

/** The same jobs on this thread, over any store: for tests, and where threads cannot be had. */
export function createInlinePool(
  files: FileSystem,
  openStore: () => PackStore,
  laneCount = 1,
  begin?: (lane: number) => BeginJob,
): WorkerPool {
  return createPool(laneCount, begin, (onAnswer, onCrash) => {
    const context = createWorkerContext(files, openStore());
    return {
      post({ id, job }) {
        try {
          onAnswer({ id, type: 'done', result: runJob(context, job) });
        } catch (error) {
          onCrash(error as Error);
        }
      },
      close() {
        context.close();
        return Promise.resolve();
      },
    };
  });
}

function createPool(
  laneCount: number,
  begin: ((lane: number) => BeginJob) | undefined,
  openLane: (onAnswer: (answer: Answer) => void, onCrash: (error: Error) => void) => Lane,
): WorkerPool {
  const lanes = new Map<number, Lane>();
  const waiting = Array.from({ length: laneCount }, () => new Map<number, Settle>());
  let nextId = 0;

  const settle = (lane: number, answer: Answer): void => {
    const job = waiting[lane]?.get(answer.id);
    waiting[lane]?.delete(answer.id);
    if (answer.type === 'done') job?.resolve(answer.result as never);
    else job?.reject(decodeFailure(answer.failure));
  };
  const crash = (lane: number, error: Error): void => {
    for (const job of waiting[lane]?.values() ?? []) job.reject(error);
    waiting[lane]?.clear();
  };
  const start = (lane: number): Lane => {
    const opened = openLane(
      (answer) => settle(lane, answer),
      (error) => crash(lane, error),
    );
    lanes.set(lane, opened);
    if (begin) opened.post({ id: nextId++, job: begin(lane) });
    return opened;
  };
  const pending = (lane: number): number => waiting[lane]?.size ?? 0;
  const idlestLane = (): number => {
    const order = Array.from({ length: laneCount }, (_, lane) => lane);
    const cost = (lane: number): number => pending(lane) + (lanes.has(lane) ? 0 : START_COST);
    return order.reduce((best, lane) => (cost(lane) < cost(best) ? lane : best), 0);
  };

  return {
    laneCount,
    idlestLane,
    pending,
    startedLanes: () => [...lanes.keys()],
    run<J extends Job>(job: J, lane = idlestLane()): Promise<ResultOf<J>> {
      return new Promise((resolve, reject) => {
        const id = nextId++;
        waiting[lane]?.set(id, { resolve, reject });
        (lanes.get(lane) ?? start(lane)).post({ id, job });
      });
    },
    async close() {
      await Promise.all([...lanes.values()].map((lane) => lane.close()));
      lanes.clear();
    },
  };
}
