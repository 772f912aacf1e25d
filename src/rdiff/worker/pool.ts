/** Runs the parts of a file on several threads and hands their results on in order. */
import { runInOrder } from '../../threads/in-order.js';
import { createPool } from '../../threads/pool.js';
import { threadLanes } from '../../threads/thread-lane.js';
import { kernelModule } from '../format/wasm/kernel.js';
import type { FilePart } from '../parts.js';
import type { PartJob, PartResults, Task, WorkerStart } from './messages.js';

/** Parts that a worker has at hand: one to work on, one to go on with. */
const PARTS_AHEAD = 2;
/** Results that may wait for their turn, in parts a worker, before no more are asked for. */
const MAX_WAITING = 4;

export interface PartsOptions {
  readonly jobs: number;
  readonly signal: AbortSignal | undefined;
}

/**
 * Gives `take` the result of every part, in the parts' order.
 * @throws what a worker or `take` throws
 */
export async function runParts<T extends Task>(
  task: T,
  parts: readonly FilePart[],
  { jobs, signal }: PartsOptions,
  take: (result: PartResults[T['type']], part: FilePart) => Promise<void>,
): Promise<void> {
  const laneCount = Math.min(jobs, parts.length);
  const start: WorkerStart = { task, kernel: kernelModule() };
  const open = threadLanes<PartJob>('dist/thread-rdiff.js', start);
  const pool = createPool<PartJob, PartResults>({ laneCount, startCost: 0, open });
  const abort = (): void => void pool.close(signal?.reason as Error);
  signal?.addEventListener('abort', abort, { once: true });
  const ahead = { running: laneCount * PARTS_AHEAD, started: laneCount * MAX_WAITING };
  const run = ({ start, end }: FilePart): Promise<PartResults[T['type']]> =>
    pool.run({ type: task.type, start, end }) as Promise<PartResults[T['type']]>;
  try {
    await runInOrder(parts, ahead, run, async (result, part) => {
      signal?.throwIfAborted();
      await take(result, part);
    });
  } finally {
    signal?.removeEventListener('abort', abort);
    await pool.close();
  }
}
