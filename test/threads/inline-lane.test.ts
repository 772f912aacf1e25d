import { expect, test } from 'vitest';
import { inlineLanes } from '../../src/threads/inline-lane.js';

function lane(run: (job: number) => unknown) {
  const said: unknown[] = [];
  let closed = 0;
  const open = inlineLanes<number>(() => ({ run, close: () => void (closed += 1) }));
  const opened = open({
    done: (id, result) => said.push({ id, result }),
    failed: (id, { message }) => said.push({ id, message }),
    died: () => said.push('died'),
  });
  return { opened, said, closedTimes: () => closed };
}

test('a job is done at once, and answered by its id', () => {
  const { opened, said } = lane((job) => 2 * job);
  opened.post({ id: 7, job: 21 });
  opened.post({ id: 8, job: 4 });
  expect(said).toEqual([
    { id: 7, result: 42 },
    { id: 8, result: 8 },
  ]);
});

test('a job that fails leaves the lane to the next', () => {
  const { opened, said } = lane((job) => {
    if (job === 0) throw new Error('of zero');
    return job;
  });
  opened.post({ id: 1, job: 0 });
  opened.post({ id: 2, job: 5 });
  expect(said).toEqual([
    { id: 1, message: 'of zero' },
    { id: 2, result: 5 },
  ]);
});

test('closing closes what did the jobs', async () => {
  const { opened, closedTimes } = lane((job) => job);
  await opened.close();
  expect(closedTimes()).toBe(1);
});
