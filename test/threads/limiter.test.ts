import { expect, test } from 'vitest';
import { createLimiter } from '../../src/threads/limiter.js';

const later = () => {
  let finish: () => void = () => undefined;
  let fail: (error: Error) => void = () => undefined;
  const promise = new Promise<void>((resolve, reject) => {
    finish = resolve;
    fail = reject;
  });
  return { promise, finish: () => finish(), fail: (error: Error) => fail(error) };
};

test('no more tasks run at once than there are places', async () => {
  const limiter = createLimiter(2);
  const tasks = [later(), later(), later()];
  let started = 0;
  const starts = tasks.map(({ promise }) => async () => {
    await limiter.start(() => {
      started += 1;
      return promise;
    });
  });
  await starts[0]!();
  await starts[1]!();
  const third = starts[2]!();
  await Promise.resolve();
  expect(started).toBe(2);
  tasks[1]!.finish();
  await third;
  expect(started).toBe(3);
  tasks[0]!.finish();
  tasks[2]!.finish();
  await limiter.drain();
});

test('the first failure is thrown by the next start and by drain, once all have ended', async () => {
  const limiter = createLimiter(3);
  const [one, two] = [later(), later()];
  await limiter.start(() => one.promise);
  await limiter.start(() => two.promise);
  one.fail(new Error('first'));
  await new Promise((resolve) => setImmediate(resolve));
  await expect(limiter.start(() => Promise.resolve())).rejects.toThrow('first');
  const drained = limiter.drain();
  two.fail(new Error('second'));
  await expect(drained).rejects.toThrow('first');
});
