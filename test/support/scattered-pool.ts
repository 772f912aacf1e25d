/** A pool on this thread whose lanes answer late and in any order, as threads do. */
import type { AnyJob, Pool } from '../../src/threads/pool.js';
import { Seeded } from './seeded.js';

interface Waiting {
  readonly start: () => void;
  readonly reject: (error: Error) => void;
}

/**
 * Gives each job to `pool` in a turn of its own: a lane does its jobs in order, but which lane is next,
 * nobody knows but the seed.
 */
export function scattered<Job extends AnyJob, Results extends Record<Job['type'], unknown>>(
  pool: Pool<Job, Results>,
  seed: number,
): Pool<Job, Results> {
  const random = new Seeded(seed);
  const lanes = Array.from({ length: pool.laneCount }, (): Waiting[] => []);
  let closed: Error | undefined;

  const takeTurn = (): void => {
    const filled = lanes.filter(({ length }) => length > 0);
    filled[random.below(Math.max(1, filled.length))]?.shift()?.start();
  };
  const idlestLane = (): number => {
    const costs = lanes.map(
      ({ length }, lane) => length + (pool.startedLanes().includes(lane) ? 0 : 1.5),
    );
    return costs.indexOf(Math.min(...costs));
  };
  return {
    laneCount: pool.laneCount,
    idlestLane,
    startedLanes: () => pool.startedLanes(),
    run: (job, lane = idlestLane()) => {
      if (closed) return Promise.reject(closed);
      return new Promise((resolve, reject) => {
        lanes[lane]?.push({ start: () => void pool.run(job, lane).then(resolve, reject), reject });
        setImmediate(takeTurn);
      });
    },
    close(reason) {
      closed ??= reason ?? new Error('the workers are closed');
      for (const { reject } of lanes.flatMap((lane) => lane.splice(0))) {
        if (reason) reject(reason);
      }
      return pool.close(reason);
    },
  };
}
