/** How parts are shared out among threads, and what is left of it afterwards. */
import { getEventListeners } from 'node:events';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { kernelModule } from '../../../src/rdiff/format/wasm/kernel.js';
import type { FilePart } from '../../../src/rdiff/parts.js';
import { runParts } from '../../../src/rdiff/worker/pool.js';
import type { JobRequest, Lane, LaneEvents } from '../../../src/threads/pool.js';

interface Opened {
  readonly events: LaneEvents;
  readonly posted: JobRequest<FilePart>[];
  isClosed: boolean;
}
const threads = vi.hoisted(() => ({
  starts: [] as unknown[],
  lanes: [] as Opened[],
  /** What a lane does with a job. */
  work: undefined as unknown as (lane: Opened, request: JobRequest<FilePart>) => void,
}));
vi.mock('../../../src/threads/thread-lane.js', () => ({
  threadLanes: (script: string, start: unknown) => {
    threads.starts.push([script, start]);
    return (events: LaneEvents): Lane<FilePart> => {
      const lane: Opened = { events, posted: [], isClosed: false };
      threads.lanes.push(lane);
      return {
        post: (request) => {
          lane.posted.push(request);
          threads.work(lane, request);
        },
        close: () => {
          lane.isClosed = true;
          return Promise.resolve();
        },
      };
    };
  },
}));

const task = { type: 'signature', descriptor: 5, header: {} } as never;
const PARTS = Array.from({ length: 40 }, (_, i): FilePart => ({ start: 10 * i, end: 10 * i + 9 }));
const answerAtOnce = (lane: Opened, { id, job }: JobRequest<FilePart>): void =>
  lane.events.done(id, `of ${job.start}`);
const posted = (): JobRequest<FilePart>[] => threads.lanes.flatMap((lane) => lane.posted);
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

beforeEach(() => {
  threads.starts.length = 0;
  threads.lanes.length = 0;
  threads.work = answerAtOnce;
});

/** Runs all parts; what was taken. */
async function run(jobs: number, parts = PARTS, signal?: AbortSignal) {
  const taken: unknown[] = [];
  await runParts(task, parts, { jobs, signal }, (result, part) => {
    taken.push([result, part]);
    return Promise.resolve();
  });
  return taken;
}

test.each([1, 2, 3, 50])(
  'results are taken in the order of the parts, also where %i threads answer backwards',
  async (jobs) => {
    const waiting: (() => void)[] = [];
    threads.work = (lane, request) => {
      waiting.push(() => answerAtOnce(lane, request));
      setImmediate(() => waiting.pop()?.());
    };
    const taken = await run(jobs);
    expect(taken).toEqual(PARTS.map((part) => [`of ${part.start}`, part]));
    expect(threads.lanes.length).toBeLessThanOrEqual(Math.min(jobs, PARTS.length));
    expect(posted().map(({ job }) => job)).toContainEqual({ type: 'signature', ...PARTS[7] });
    expect(threads.starts).toEqual([['dist/thread-rdiff.js', { task, kernel: kernelModule() }]]);
    expect(threads.lanes.every(({ isClosed }) => isClosed)).toBe(true);
  },
);

test('a thread has two parts at hand, and no more than four wait for their turn', async () => {
  threads.work = () => undefined;
  void run(3);
  await turn();
  expect(threads.lanes.map((lane) => lane.posted.length)).toEqual([2, 2, 2]);
  // All but the first are answered, which keeps them all waiting.
  const [first] = threads.lanes;
  threads.work = answerAtOnce;
  for (const lane of threads.lanes)
    for (const request of lane.posted.slice(lane === first ? 1 : 0)) answerAtOnce(lane, request);
  for (let turns = 0; turns < 20; turns += 1) await turn();
  expect(posted()).toHaveLength(12);
});

describe('what fails ends the threads, and nothing more is taken', () => {
  test('a part', async () => {
    threads.work = (lane, request) => {
      if (request.job.start === 30) lane.events.failed(request.id, new Error('no such part'));
      else answerAtOnce(lane, request);
    };
    await expect(run(2)).rejects.toThrow('no such part');
    expect(threads.lanes.every(({ isClosed }) => isClosed)).toBe(true);
  });

  test('who takes', async () => {
    const work = runParts(task, PARTS, { jobs: 2, signal: undefined }, () =>
      Promise.reject(new Error('full')),
    );
    await expect(work).rejects.toThrow('full');
    expect(threads.lanes.every(({ isClosed }) => isClosed)).toBe(true);
  });
});

describe('a signal', () => {
  test('ends what waits for threads that do not answer, with its reason', async () => {
    threads.work = () => undefined;
    const controller = new AbortController();
    const running = run(2, PARTS, controller.signal);
    await turn();
    controller.abort(new Error('enough'));
    await expect(running).rejects.toThrow('enough');
    expect(threads.lanes.every(({ isClosed }) => isClosed)).toBe(true);
  });

  test('lets nothing more be taken that is there already', async () => {
    const controller = new AbortController();
    let taken = 0;
    const running = runParts(task, PARTS, { jobs: 2, signal: controller.signal }, () => {
      taken += 1;
      controller.abort(new Error('enough'));
      return Promise.resolve();
    });
    await expect(running).rejects.toThrow('enough');
    expect(taken).toBe(1);
  });

  test('has no listener left, however a run ends', async () => {
    const { signal } = new AbortController();
    await run(2, PARTS, signal);
    threads.work = (lane, { id }) => lane.events.failed(id, new Error('failed'));
    await expect(run(2, PARTS, signal)).rejects.toThrow('failed');
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });
});
