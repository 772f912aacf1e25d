/** Jobs ahead of who takes their results: in order, bounded, and none left behind. */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { runAhead } from '../../src/threads/run-ahead.js';
import { runs } from '../support/seed.js';

test('results come in order, with no more than so many under way', async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(30), fc.integer({ min: 1, max: 5 }), async (count, ahead) => {
      let [active, begun] = [0, 0];
      const results: (readonly [number, number])[] = [];
      const run = async (item: number): Promise<number> => {
        active += 1;
        begun += 1;
        expect(active).toBeLessThanOrEqual(ahead);
        expect(begun - results.length).toBeLessThanOrEqual(ahead);
        for (let turn = 0; turn < item % 3; turn++) await Promise.resolve();
        active -= 1;
        return item * 2;
      };
      const items = Array.from({ length: count }, (_, index) => index);
      for await (const result of runAhead(items, ahead, run)) results.push(result);
      expect(results).toEqual(items.map((item) => [item, item * 2]));
    }),
    runs(100),
  );
});

test.each(['a taker that stops', 'a job that fails'])(
  '%s leaves nothing under way',
  async (how) => {
    let active = 0;
    const run = async (item: number): Promise<void> => {
      active += 1;
      await new Promise((resolve) => setImmediate(resolve));
      active -= 1;
      if (item === 3 && how === 'a job that fails') throw new Error('failed');
    };
    const take = async (): Promise<void> => {
      for await (const [item] of runAhead([0, 1, 2, 3, 4, 5, 6, 7], 4, run)) if (item === 5) break;
    };
    if (how === 'a job that fails') await expect(take()).rejects.toThrow('failed');
    else await take();
    expect(active).toBe(0);
  },
);

test('a job that fails while an earlier one is waited for is told at its turn', async () => {
  const run = async (item: number): Promise<number> => {
    if (item === 1) throw new Error('failed');
    // By then nobody has asked for the second result.
    for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    return item;
  };
  const results: unknown[] = [];
  const take = async (): Promise<void> => {
    for await (const result of runAhead([0, 1], 2, run)) results.push(result);
  };
  await expect(take()).rejects.toThrow('failed');
  expect(results).toEqual([[0, 0]]);
});
