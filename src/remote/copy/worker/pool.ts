/** The worker threads of a copy or of a server: each job goes to the one that has the fewest. */
import { Worker } from 'node:worker_threads';
import { packageFile } from '../../../platform/package-files.js';
import { decodeFailure } from '../../../thread-failure.js';
import type { Answer, Job, Request, Results } from './messages.js';

/** Runs jobs side by side. */
export interface Workers {
  readonly count: number;
  run<J extends Job>(job: J): Promise<Results[J['type']]>;
  /** Ends the threads at once; jobs that are not done fail with `reason`. */
  close(reason?: Error): Promise<void>;
}

interface Settle {
  resolve(result: never): void;
  reject(error: Error): void;
}

/** A thread and the jobs that it has not answered. */
interface Lane {
  readonly worker: Worker;
  readonly waiting: Map<number, Settle>;
}

/** Starts up to `count` threads, each when there is work for it. */
export function startWorkers(count: number): Workers {
  const lanes: Lane[] = [];
  let nextId = 0;
  let closed: Error | undefined;

  const start = (): Lane => {
    // Descriptors from libc are not known to Node, which would warn at each close.
    const worker = new Worker(packageFile('dist/thread-remote.js'), {
      trackUnmanagedFds: false,
      resourceLimits: { maxYoungGenerationSizeMb: 4 },
    });
    const lane: Lane = { worker, waiting: new Map() };
    worker.on('message', (answer: Answer) => settle(lane, answer));
    worker.on('error', (error: Error) => {
      lanes.splice(lanes.indexOf(lane), 1);
      fail(lane, error);
    });
    lanes.push(lane);
    return lane;
  };
  const choose = (): Lane => {
    const idlest = lanes.reduce<Lane | undefined>(
      (best, lane) => (best && best.waiting.size <= lane.waiting.size ? best : lane),
      undefined,
    );
    if (idlest && (idlest.waiting.size === 0 || lanes.length === count)) return idlest;
    return start();
  };

  return {
    count,
    run<J extends Job>(job: J): Promise<Results[J['type']]> {
      if (closed) return Promise.reject(closed);
      return new Promise((resolve, reject) => {
        const id = nextId++;
        const { worker, waiting } = choose();
        waiting.set(id, { resolve, reject });
        const request: Request = { id, job };
        worker.postMessage(request);
      });
    },
    async close(reason = new Error('the workers are closed')) {
      closed ??= reason;
      for (const lane of lanes) fail(lane, reason);
      await Promise.all(lanes.splice(0).map(({ worker }) => worker.terminate()));
    },
  };
}

function settle({ waiting }: Lane, answer: Answer): void {
  const job = waiting.get(answer.id);
  waiting.delete(answer.id);
  if (answer.type === 'done') job?.resolve(answer.result as never);
  else job?.reject(decodeFailure(answer.failure));
}

function fail({ waiting }: Lane, error: Error): void {
  for (const job of waiting.values()) job.reject(error);
  waiting.clear();
}
