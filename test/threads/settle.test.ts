import { expect, test } from 'vitest';
import { settleAll } from '../../src/threads/settle.js';

test('gives all results', async () => {
  expect(await settleAll([Promise.resolve(1), Promise.resolve(2)])).toEqual([1, 2]);
});

test('fails as the first that failed, once all have ended', async () => {
  let hasEnded = false;
  const slow = new Promise<void>((resolve) => {
    setImmediate(() => {
      hasEnded = true;
      resolve();
    });
  });
  const late = slow.then(() => Promise.reject(new Error('late')));
  const work = settleAll([late, Promise.reject(new Error('early')), slow]);
  await expect(work).rejects.toThrow('early');
  expect(hasEnded).toBe(true);
});
