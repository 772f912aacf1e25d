/** Runs the parts of a file on several threads and hands their results back in order. */
import { Worker } from 'node:worker_threads';
import { CodedError } from '../../errors.js';
import { packageFile } from '../../platform/package-files.js';
import { kernelModule } from '../format/wasm/kernel.js';
import type { Part, PartResult, Task, WorkerStart } from './messages.js';

/** Parts that a worker has at hand: one to work on, one to go on with. */
const PARTS_AHEAD = 2;
/** Results that may wait for their turn, in parts a worker, before no more are asked for. */
const MAX_WAITING = 4;

export interface PoolOptions {
  readonly jobs: number;
  readonly signal: AbortSignal | undefined;
}

/**
 * Gives `take` the result of every part, in the parts' order.
 * @throws what a worker or `take` throws
 */
export async function runParts(
  task: Task,
  parts: readonly Part[],
  { jobs, signal }: PoolOptions,
  take: (result: PartResult, part: Part) => Promise<void>,
): Promise<void> {
  const run = new PartsRun(task, parts, Math.min(jobs, parts.length));
  const abort = () => run.fail(signal?.reason as Error);
  signal?.addEventListener('abort', abort, { once: true });
  try {
    for (const [index, part] of parts.entries()) await take(await run.result(index), part);
  } finally {
    signal?.removeEventListener('abort', abort);
    await run.close();
  }
}

/** What a worker threw, as it was. */
function failureOf({ code, message, hint }: Extract<PartResult, { type: 'failed' }>): Error {
  if (code === undefined) return new Error(message);
  return new CodedError(code, message, hint === undefined ? {} : { hint });
}

/** The life of the workers of one {@link runParts}. */
class PartsRun {
  private readonly parts: readonly Part[];
  private readonly workers: readonly Worker[];
  private readonly results = new Map<number, PartResult>();
  private readonly busy = new Map<Worker, number[]>();
  private next = 0;
  private taken = 0;
  private failure: Error | undefined;
  private wake: () => void = () => undefined;

  constructor(task: Task, parts: readonly Part[], jobs: number) {
    this.parts = parts;
    const workerData: WorkerStart = { task, kernel: kernelModule() };
    this.workers = Array.from({ length: jobs }, () => {
      const worker = new Worker(packageFile('dist/thread-rdiff.js'), { workerData });
      this.busy.set(worker, []);
      worker.on('message', (result: PartResult) => this.receive(worker, result));
      worker.on('error', (error: Error) => this.fail(error));
      return worker;
    });
    this.dispatch();
  }

  /** The result of a part; parts must be asked for in order. */
  async result(index: number): Promise<PartResult> {
    for (;;) {
      if (this.failure !== undefined) throw this.failure;
      const result = this.results.get(index);
      if (result !== undefined) {
        this.results.delete(index);
        this.taken = index + 1;
        this.dispatch();
        return result;
      }
      await new Promise<void>((resolve) => (this.wake = resolve));
    }
  }

  fail(error: Error): void {
    this.failure ??= error;
    this.wake();
  }

  async close(): Promise<void> {
    await Promise.all(this.workers.map((worker) => worker.terminate()));
  }

  private receive(worker: Worker, result: PartResult): void {
    if (result.type === 'failed') {
      this.fail(failureOf(result));
      return;
    }
    const index = (this.busy.get(worker) as number[]).shift() as number;
    this.results.set(index, result);
    this.dispatch();
    this.wake();
  }

  /** Sends parts to the workers that have the fewest. */
  private dispatch(): void {
    for (let ahead = 0; ahead < PARTS_AHEAD; ahead++) {
      for (const worker of this.workers) {
        const queue = this.busy.get(worker) as number[];
        if (queue.length <= ahead && this.mayStart()) {
          queue.push(this.next);
          worker.postMessage(this.parts[this.next]);
          this.next++;
        }
      }
    }
  }

  private mayStart(): boolean {
    const waiting = this.next - this.taken;
    return this.next < this.parts.length && waiting < this.workers.length * MAX_WAITING;
  }
}
