import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { runInOrder } from '../../src/threads/in-order.js';
import { runs } from '../support/seed.js';

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('results are handed on in order, and no more is ahead than allowed', async () => {
  const ahead = fc.record({ running: fc.integer({ min: 1, max: 4 }), more: fc.nat(4) });
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(5), { maxLength: 20 }), ahead, async (delays, limits) => {
      const { running } = limits;
      const started = running + limits.more;
      const taken: number[] = [];
      let [active, begun] = [0, 0];
      const run = async (index: number): Promise<number> => {
        active += 1;
        begun += 1;
        expect(active).toBeLessThanOrEqual(running);
        expect(begun - taken.length).toBeLessThanOrEqual(started);
        for (let turn = 0; turn < (delays[index] ?? 0); turn++) await nextTurn();
        active -= 1;
        return index * 10;
      };
      const jobs = [...delays.keys()];
      await runInOrder(jobs, { running, started }, run, async (result, job) => {
        expect(result).toBe(job * 10);
        taken.push(job);
        await nextTurn();
      });
      expect(taken).toEqual(jobs);
    }),
    runs(50),
  );
});

test('a job that fails ends the run at its turn, and nothing more is begun', async () => {
  const begun: number[] = [];
  const taken: number[] = [];
  const run = (job: number): Promise<number> => {
    begun.push(job);
    return job === 1 ? Promise.reject(new Error('of the second')) : Promise.resolve(job);
  };
  const all = runInOrder([0, 1, 2, 3, 4], { running: 2, started: 3 }, run, (_, job) => {
    taken.push(job);
    return Promise.resolve();
  });
  await expect(all).rejects.toThrow('of the second');
  expect(taken).toEqual([0]);
  expect(begun).toEqual([0, 1, 2]);
});
