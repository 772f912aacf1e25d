/** The new files that clients are sending: how long each is kept. */
import { once } from 'node:events';
import { Socket } from 'node:net';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { Receiver } from '../../../../src/remote/copy/sides.js';
import { DraftMemory, Drafts } from '../../../../src/remote/copy/routes/drafts.js';

let numbers = 0;
const drafts = (): Drafts => new Drafts((count) => new Uint8Array(count).fill(numbers++));

/** A receiver that tells when it is closed. */
function receiver(closed: string[] = []): Receiver {
  return {
    hashPages: undefined,
    put: () => Promise.resolve(),
    publish: () => Promise.resolve(0),
    close: () => {
      closed.push('closed');
      return Promise.resolve();
    },
  };
}

/** A socket whose other side has ended, before Node closes ours. */
async function ended(): Promise<Socket> {
  const socket = new Socket({ allowHalfOpen: true });
  socket.push(null);
  socket.resume();
  await once(socket, 'end');
  expect(socket.destroyed).toBe(false);
  return socket;
}

function destroyed(): Socket {
  return new Socket().destroy();
}

test('a new file whose client is there stays, and is found by its number only', async () => {
  const all = drafts();
  const closed: string[] = [];
  const socket = new Socket();
  const id = all.add(receiver(closed), () => closed.push('released'), socket);
  await all.removeAbandoned();
  expect(await all.use(id, socket, (one) => one.publish(''))).toBe(0);
  await expect(all.use(`${id}0`, socket, (one) => one.publish(''))).rejects.toMatchObject({
    code: 'REMOTE_REQUEST',
  });
  expect(closed).toEqual([]);
  await all.close();
  expect(closed).toEqual(['closed', 'released']);
  await expect(all.use(id, socket, (one) => one.publish(''))).rejects.toThrow(
    'No such copy is in progress.',
  );
});

test('a new file whose client is gone is given up, also while the socket is still closing', async () => {
  for (const socket of [await ended(), destroyed()]) {
    const all = drafts();
    const closed: string[] = [];
    all.add(receiver(closed), () => closed.push('released'), socket);
    await all.removeAbandoned();
    expect(closed).toEqual(['closed', 'released']);
  }
});

test('a client is there as long as one of its connections is', async () => {
  const all = drafts();
  const closed: string[] = [];
  const id = all.add(receiver(closed), () => undefined, new Socket());
  const last = new Socket();
  await all.use(id, last, () => Promise.resolve());
  await all.use(id, destroyed(), () => Promise.resolve());
  await all.removeAbandoned();
  expect(closed).toEqual([]);
});

test('a client is there by a connection that it took later, and gone with the last of them', async () => {
  const all = drafts();
  const closed: string[] = [];
  const [first, second] = [new Socket(), new Socket()];
  const id = all.add(receiver(closed), () => undefined, first);
  await all.use(id, second, () => Promise.resolve());
  first.destroy();
  await all.removeAbandoned();
  expect(closed).toEqual([]);
  second.destroy();
  await all.removeAbandoned();
  expect(closed).toEqual(['closed']);
});

test('connections that are gone are forgotten, however many a client takes', async () => {
  const all = drafts();
  const id = all.add(receiver(), () => undefined, destroyed());
  for (let requests = 0; requests < 50; requests += 1)
    await all.use(id, destroyed(), () => Promise.resolve());
  const { entries } = all as unknown as { entries: Map<string, { sockets: Set<Socket> }> };
  expect(entries.get(id)?.sockets.size).toBe(1);
  await all.close();
  expect(entries.size).toBe(0);
});

test('what a client that is gone still had done is waited for', async () => {
  const all = drafts();
  const events: string[] = [];
  const socket = new Socket();
  const id = all.add(receiver(events), () => events.push('released'), socket);
  let finish = (): void => undefined;
  const work = all.use(id, socket, async () => {
    await new Promise<void>((resolve) => (finish = resolve));
    events.push('written');
  });
  socket.destroy();
  const removed = all.removeAbandoned();
  expect(events).toEqual([]);
  finish();
  await Promise.all([work, removed]);
  expect(events).toEqual(['written', 'closed', 'released']);
});

test('there are at most 256 at a time', async () => {
  const all = drafts();
  const socket = new Socket();
  const ids = Array.from({ length: 256 }, () => all.add(receiver(), () => undefined, socket));
  const one = (): string => all.add(receiver(), () => undefined, socket);
  expect(one).toThrow('This server is already receiving 256 copies.');
  await all.remove(ids[0] as string);
  expect(one()).toHaveLength(32);
  await all.close();
});

describe('a new file for which nothing comes', () => {
  const TEN_MINUTES_MS = 600_000;
  afterEach(() => void vi.useRealTimers());
  const setUp = () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const all = drafts();
    const closed: string[] = [];
    const socket = new Socket();
    const id = all.add(receiver(closed), () => closed.push('released'), socket);
    const use = (work: () => Promise<void> = () => Promise.resolve()): Promise<void> =>
      all.use(id, socket, work);
    return { all, id, closed, use };
  };

  test('is given up after ten minutes, and not a moment before', async () => {
    const { closed, use } = setUp();
    await vi.advanceTimersByTimeAsync(TEN_MINUTES_MS - 1);
    expect(closed).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(closed).toEqual(['closed', 'released']);
    await expect(use()).rejects.toMatchObject({ code: 'REMOTE_REQUEST' });
  });

  test('has ten minutes again after each request, however it ended', async () => {
    const { closed, use } = setUp();
    for (const work of [() => Promise.resolve(), () => Promise.reject(new Error('failed'))]) {
      await vi.advanceTimersByTimeAsync(TEN_MINUTES_MS - 1);
      await use(work).catch(() => undefined);
    }
    await vi.advanceTimersByTimeAsync(TEN_MINUTES_MS - 1);
    expect(closed).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(closed).toEqual(['closed', 'released']);
  });

  test('stays as long as a request is at work on it, and until the last of several ends', async () => {
    const { closed, use } = setUp();
    const finish: (() => void)[] = [];
    const works = [1, 2].map(() => use(() => new Promise<void>((done) => finish.push(done))));
    await vi.advanceTimersByTimeAsync(3 * TEN_MINUTES_MS);
    finish[0]?.();
    await works[0];
    await vi.advanceTimersByTimeAsync(3 * TEN_MINUTES_MS);
    expect(closed).toEqual([]);
    finish[1]?.();
    await works[1];
    await vi.advanceTimersByTimeAsync(TEN_MINUTES_MS - 1);
    expect(closed).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(closed).toEqual(['closed', 'released']);
  });

  test('leaves no timer behind where it is given up during a request', async () => {
    const { all, id, use } = setUp();
    let finish = (): void => undefined;
    const work = use(() => new Promise<void>((done) => (finish = done)));
    const removed = all.remove(id);
    finish();
    await Promise.all([work, removed]);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('leaves no timer behind once it is published or given up', async () => {
    for (const end of ['remove', 'close'] as const) {
      const { all, id, use } = setUp();
      await use();
      expect(vi.getTimerCount()).toBe(1);
      if (end === 'close') await all.close();
      else await all.remove(id);
      expect(vi.getTimerCount()).toBe(0);
    }
  });
});

describe('the memory of new files', () => {
  const busy = expect.objectContaining({ code: 'COPY_BUSY' }) as Error;

  test('is what all of them take together', () => {
    const memory = new DraftMemory(100);
    const [one, other] = [memory.share(), memory.share()];
    one.hold(60);
    expect(() => other.hold(41)).toThrow(busy);
    other.hold(40);
    expect(() => one.hold(1)).toThrow(busy);
  });

  test('is given back with the new file, once', () => {
    const memory = new DraftMemory(100);
    const [one, other] = [memory.share(), memory.share()];
    one.hold(60);
    one.hold(40);
    one.release();
    one.release();
    other.hold(100);
    expect(() => one.hold(1)).toThrow(busy);
  });

  test('that is refused is not taken', () => {
    const memory = new DraftMemory(100);
    const share = memory.share();
    expect(() => share.hold(101)).toThrow(busy);
    share.hold(100);
  });
});
