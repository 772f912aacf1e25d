/** The thread's end of a lane, on this thread: what it answers, in which order, and how it ends. */
import { EventEmitter } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { createStopWord, stop } from '../../src/threads/stop.js';
import type { JobRunner } from '../../src/threads/pool.js';

/** The errors of the modules that the lane is made of. */
interface Errors {
  readonly full: () => Error;
  readonly stopped: () => Error;
}

type Run = (job: string, errors: Errors) => unknown;

/** A lane whose jobs are done by `run`. */
async function serve(run: Run) {
  const stopWord = createStopWord();
  const said: unknown[] = [];
  const port = Object.assign(new EventEmitter(), {
    postMessage: (answer: unknown) => void said.push(answer),
    close: () => void said.push('port closed'),
  });
  const setup = { some: 'setup' };
  vi.resetModules();
  vi.doMock('../../src/platform/node-modules.js', () => ({
    workerThreads: () => ({ parentPort: port, workerData: { setup, stopWord } }),
  }));
  onTestFinished(() => {
    vi.doUnmock('../../src/platform/node-modules.js');
    vi.resetModules();
  });
  const { serveJobs } = await import('../../src/threads/serve-jobs.js');
  const { CodedError } = await import('../../src/errors.js');
  const { Stopped } = await import('../../src/threads/stop.js');
  const errors: Errors = {
    full: () => new CodedError('DISK_FULL', 'full', { hint: 'Free some.' }),
    stopped: () => new Stopped('the thread is to end'),
  };
  const given: unknown[] = [];
  serveJobs((...of) => {
    given.push(...of);
    const runner: JobRunner<string> = {
      run: (job) => run(job, errors),
      close: () => void said.push('runner closed'),
    };
    return runner;
  });
  expect(given).toEqual([setup, stopWord]);
  expect(given[1]).toBe(stopWord);
  return {
    said,
    stopWord,
    /** Sends requests and gives the lane time for all of them. */
    async send(...requests: readonly (string | undefined)[]): Promise<void> {
      requests.forEach((job, id) => port.emit('message', job && { id: 10 + id, job }));
      for (let turn = 0; turn < 20; turn += 1) await setImmediate();
    },
  };
}

test('jobs are answered by their ids, one after the other', async () => {
  const running: string[] = [];
  const lane = await serve(async (job) => {
    running.push(`${job} begins`);
    await setImmediate();
    running.push(`${job} ends`);
    return `${job} done`;
  });
  await lane.send('a', 'b', 'c');
  expect(running).toEqual(['a', 'b', 'c'].flatMap((job) => [`${job} begins`, `${job} ends`]));
  expect(lane.said).toEqual(
    ['a', 'b', 'c'].map((job, at) => ({ id: 10 + at, type: 'done', result: `${job} done` })),
  );
});

test.each<[string, (errors: Errors) => unknown]>([
  [
    'throws',
    ({ full }) => {
      throw full();
    },
  ],
  ['rejects', ({ full }) => Promise.reject(full())],
])('a job that %s is answered by its failure, and the lane goes on', async (_, run) => {
  const lane = await serve((job, errors) => (job === 'bad' ? run(errors) : job));
  await lane.send('bad', 'good');
  expect(lane.said).toMatchObject([
    { id: 10, type: 'failed', failure: { message: 'full', code: 'DISK_FULL', hint: 'Free some.' } },
    { id: 11, type: 'done', result: 'good' },
  ]);
});

const ENDED = ['runner closed', 'port closed'];

describe('a lane ends', () => {
  test('when it is told to, once, after the jobs before', async () => {
    const lane = await serve((job) => job);
    await lane.send('a', undefined, undefined);
    expect(lane.said).toEqual([{ id: 10, type: 'done', result: 'a' }, ...ENDED]);
  });

  test('before its next job once the word to stop was given', async () => {
    const begun: string[] = [];
    const lane = await serve((job) => begun.push(job));
    stop(lane.stopWord);
    await lane.send('a', 'b');
    expect(begun).toEqual([]);
    expect(lane.said).toEqual(ENDED);
  });

  test('in the midst of a job that is stopped, which it does not answer', async () => {
    const lane = await serve((_, { stopped }) => {
      throw stopped();
    });
    await lane.send('a');
    expect(lane.said).toEqual(ENDED);
  });
});
