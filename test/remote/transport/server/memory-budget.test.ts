/** Memory that requests share: whoever would go beyond it waits, and nobody is overtaken. */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { MemoryBudget } from '../../../../src/remote/transport/server/memory-budget.js';
import { runs } from '../../../support/seed.js';

const turns = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('what fits is begun at once, what does not when there is room, in order of arrival', async () => {
  const budget = new MemoryBudget(100);
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  const use = (name: string, bytes: number): Promise<void> =>
    budget.use(bytes, () => {
      begun.push(name);
      return new Promise((resolve) => ends.set(name, resolve));
    });
  const all = [use('a', 60), use('b', 40), use('none', 0), use('c', 70), use('d', 10)];
  await turns();
  expect(begun).toEqual(['a', 'b', 'none']);
  ends.get('b')?.();
  await turns();
  // There is room for d, but c came before.
  expect(begun).toEqual(['a', 'b', 'none']);
  ends.get('a')?.();
  await turns();
  expect(begun).toEqual(['a', 'b', 'none', 'c', 'd']);
  ['none', 'c', 'd'].forEach((name) => ends.get(name)?.());
  await Promise.all(all);
});

test('work that fails gives its memory back, and fails as it did', async () => {
  const budget = new MemoryBudget(10);
  await expect(budget.use(10, () => Promise.reject(new Error('cut')))).rejects.toThrow('cut');
  expect(await budget.use(10, () => Promise.resolve('done'))).toBe('done');
});

test('no more than all of it is ever in use, and every work has its turn', async () => {
  const works = fc.array(fc.tuple(fc.integer({ min: 0, max: 100 }), fc.nat(3)), { maxLength: 30 });
  await fc.assert(
    fc.asyncProperty(works, async (list) => {
      const budget = new MemoryBudget(100);
      let inUse = 0;
      const work = (bytes: number, length: number) => async (): Promise<void> => {
        inUse += bytes;
        expect(inUse).toBeLessThanOrEqual(100);
        for (let turn = 0; turn < length; turn++) await turns();
        inUse -= bytes;
      };
      await Promise.all(list.map(([bytes, length]) => budget.use(bytes, work(bytes, length))));
      expect(inUse).toBe(0);
    }),
    runs(50),
  );
});
