import { expect, test } from 'vitest';
import { createLimiter, forEachAtOnce } from '../../src/threads/limiter.js';

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

test('drain waits for everything that runs, and nothing runs after it', async () => {
  const limiter = createLimiter(3);
  const tasks = [later(), later(), later()];
  for (const { promise } of tasks) await limiter.start(() => promise);
  expect(limiter.running).toBe(3);
  let isDrained = false;
  const drained = limiter.drain().then(() => void (isDrained = true));
  for (const { finish } of tasks) {
    await new Promise((resolve) => setImmediate(resolve));
    expect(isDrained).toBe(false);
    finish();
  }
  await drained;
  expect(limiter.running).toBe(0);
});

test('a failure that nobody waited for yet is thrown by drain', async () => {
  const limiter = createLimiter(2);
  await limiter.start(() => Promise.reject(new Error('at once')));
  await expect(limiter.drain()).rejects.toThrow('at once');
  await expect(limiter.drain()).rejects.toThrow('at once');
});

test('after a failure nothing more is begun, and what runs is waited for', async () => {
  const tasks = [later(), later(), later(), later()];
  const begun: number[] = [];
  let isSettled = false;
  const all = forEachAtOnce([0, 1, 2, 3], 2, (item) => {
    begun.push(item);
    return tasks[item]!.promise;
  }).finally(() => void (isSettled = true));
  const failed = expect(all).rejects.toThrow('of the second');
  tasks[1]!.fail(new Error('of the second'));
  await new Promise((resolve) => setImmediate(resolve));
  expect(begun).toEqual([0, 1]);
  expect(isSettled).toBe(false);
  tasks[0]!.finish();
  await failed;
  expect(begun).toEqual([0, 1]);
});

test('each item is worked on once', async () => {
  const done: number[] = [];
  await forEachAtOnce([1, 2, 3, 4, 5], 2, async (item) => {
    await new Promise((resolve) => setImmediate(resolve));
    done.push(item);
  });
  expect(done.sort()).toEqual([1, 2, 3, 4, 5]);
});
