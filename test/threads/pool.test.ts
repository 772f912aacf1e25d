import { describe, expect, test } from 'vitest';
import { createPool, type Lane, type LaneEvents, type JobRequest } from '../../src/threads/pool.js';

interface EchoJob {
  readonly type: 'echo' | 'begin';
  readonly value: number;
}
interface EchoResults {
  readonly echo: number;
  readonly begin: number;
}

/** Lanes that answer when they are told to. */
class SlowLanes {
  readonly opened: { readonly requests: JobRequest<EchoJob>[]; readonly events: LaneEvents }[] = [];
  closed = 0;

  readonly open = (events: LaneEvents): Lane<EchoJob> => {
    const requests: JobRequest<EchoJob>[] = [];
    this.opened.push({ requests, events });
    return {
      post: (request) => void requests.push(request),
      close: () => {
        this.closed += 1;
        return Promise.resolve();
      },
    };
  };

  /** The oldest job of a lane is done. */
  answer(lane: number): void {
    const { requests, events } = this.opened[lane]!;
    const { id, job } = requests.shift()!;
    events.done(id, job.value);
  }
}

const echo = (value: number): EchoJob => ({ type: 'echo', value });
const poolOf = (
  lanes: SlowLanes,
  { laneCount = 2, startCost = 1.5, begin }: Partial<Parameters<typeof createPool>[0]> = {},
) =>
  createPool<EchoJob, EchoResults>({
    laneCount,
    startCost,
    open: lanes.open,
    begin: begin as ((lane: number) => EchoJob) | undefined,
  });
/** The jobs that each lane was given and has not answered. */
const queues = ({ opened }: SlowLanes): number[][] =>
  opened.map(({ requests }) => requests.map(({ job }) => job.value));

describe('a job goes', () => {
  test.each([
    [
      0,
      [
        [1, 3],
        [2, 4],
      ],
    ],
    [
      0.5,
      [
        [1, 3],
        [2, 4],
      ],
    ],
    [
      1.5,
      [
        [1, 2],
        [3, 4],
      ],
    ],
    [9, [[1, 2, 3, 4]]],
  ])('to the idlest lane, where opening one costs %d jobs', (startCost, expected) => {
    const lanes = new SlowLanes();
    const pool = poolOf(lanes, { startCost });
    for (const value of [1, 2, 3, 4]) void pool.run(echo(value));
    expect(queues(lanes)).toEqual(expected);
  });

  test('to the lane that is asked for', () => {
    const lanes = new SlowLanes();
    const pool = poolOf(lanes, { laneCount: 3 });
    void pool.run(echo(1), 2);
    void pool.run(echo(2), 2);
    expect(queues(lanes)).toEqual([[1, 2]]);
    expect(pool.startedLanes()).toEqual([2]);
  });

  test('behind the job that its lane begins with', () => {
    const lanes = new SlowLanes();
    const begin = (lane: number): EchoJob => ({ type: 'begin', value: 100 + lane });
    void poolOf(lanes, { begin }).run(echo(1), 1);
    expect(queues(lanes)).toEqual([[101, 1]]);
  });
});

test('a lane that has answered is idle again, and so is one that was opened anew', async () => {
  const lanes = new SlowLanes();
  const pool = poolOf(lanes, { startCost: 0.5 });
  const one = pool.run(echo(1));
  lanes.answer(0);
  await one;
  expect(pool.idlestLane()).toBe(0);
  const jobs = [pool.run(echo(2), 0), pool.run(echo(3), 0)];
  expect(pool.idlestLane()).toBe(1);
  lanes.opened[0]!.events.died(new Error('out of memory'));
  await Promise.allSettled(jobs);
  expect(pool.idlestLane()).toBe(0);
  expect(pool.startedLanes()).toEqual([]);
});

test('each job gets its own answer, in whatever order they come', async () => {
  const lanes = new SlowLanes();
  const pool = poolOf(lanes, { startCost: 0 });
  const [one, two] = [pool.run(echo(1)), pool.run(echo(2))];
  lanes.answer(1);
  lanes.answer(0);
  expect(await Promise.all([one, two])).toEqual([1, 2]);
});

test('a job that fails fails alone', async () => {
  const lanes = new SlowLanes();
  const pool = poolOf(lanes);
  const [one, two] = [pool.run(echo(1)), pool.run(echo(2))];
  const { requests, events } = lanes.opened[0]!;
  events.failed(requests.shift()!.id, new Error('of the first'));
  lanes.answer(0);
  await expect(one).rejects.toThrow('of the first');
  expect(await two).toBe(2);
});

describe('when a lane dies', () => {
  test('all its jobs fail, those of others do not, and it is opened once more', async () => {
    const lanes = new SlowLanes();
    const pool = poolOf(lanes, { startCost: 0 });
    const [one, two, three] = [pool.run(echo(1)), pool.run(echo(2)), pool.run(echo(3))];
    lanes.opened[0]!.events.died(new Error('out of memory'));
    lanes.answer(1);
    await expect(one).rejects.toThrow('out of memory');
    await expect(three).rejects.toThrow('out of memory');
    expect(await two).toBe(2);
    const four = pool.run(echo(4), 0);
    lanes.answer(2);
    expect(await four).toBe(4);
  });

  test('later jobs of one that was begun fail, because what it held is gone', async () => {
    const lanes = new SlowLanes();
    const pool = poolOf(lanes, { begin: () => ({ type: 'begin', value: 0 }) });
    const one = pool.run(echo(1), 0);
    lanes.opened[0]!.events.died(new Error('out of memory'));
    await expect(one).rejects.toThrow('out of memory');
    await expect(pool.run(echo(2), 0)).rejects.toThrow('out of memory');
    expect(lanes.opened).toHaveLength(1);
  });
});

describe('closing', () => {
  test('ends all lanes, and unanswered jobs fail with the reason, later ones too', async () => {
    const lanes = new SlowLanes();
    const pool = poolOf(lanes, { startCost: 0 });
    const jobs = [pool.run(echo(1)), pool.run(echo(2))];
    const settled = Promise.allSettled(jobs);
    await pool.close(new Error('stopped'));
    expect(lanes.closed).toBe(2);
    for (const one of await settled) expect(one).toMatchObject({ reason: { message: 'stopped' } });
    await expect(pool.run(echo(3))).rejects.toThrow('stopped');
  });

  test('a second time waits, too, for lanes that have not ended', async () => {
    let end = (): void => undefined;
    const ended = new Promise<void>((resolve) => (end = resolve));
    const pool = createPool<EchoJob, EchoResults>({
      laneCount: 1,
      startCost: 0,
      open: () => ({ post: () => undefined, close: () => ended }),
    });
    pool.run(echo(1)).catch(() => undefined);
    const closed: string[] = [];
    const both = [
      pool.close(new Error('stopped')).then(() => closed.push('first')),
      pool.close().then(() => closed.push('second')),
    ];
    await new Promise((resolve) => setImmediate(resolve));
    expect(closed).toEqual([]);
    end();
    await Promise.all(both);
    expect(closed).toHaveLength(2);
  });

  test('without a reason leaves unanswered jobs as they are', async () => {
    const lanes = new SlowLanes();
    const pool = poolOf(lanes);
    let isSettled = false;
    const settle = (): void => void (isSettled = true);
    pool.run(echo(1)).then(settle, settle);
    await pool.close();
    await new Promise((resolve) => setImmediate(resolve));
    expect(isSettled).toBe(false);
    await expect(pool.run(echo(2))).rejects.toThrow('the workers are closed');
  });
});

test('a pool that is closed again keeps its first reason, and ends no lane twice', async () => {
  const lanes = new SlowLanes();
  const pool = poolOf(lanes);
  const waiting = [0, 1].map((lane) => pool.run(echo(lane), lane).catch((error: unknown) => error));
  const [first, second] = [new Error('first'), new Error('second')];
  await pool.close(first);
  await pool.close(second);
  await pool.close();
  expect(await Promise.all(waiting)).toEqual([first, first]);
  await expect(pool.run(echo(2))).rejects.toBe(first);
  expect(lanes.closed).toBe(2);
});
