import { describe, expect, test } from 'vitest';
import { orAborted, Turns } from '../../src/rdiff/bytes-io.js';

const TURN_BYTES = 16 * 1024 * 1024;

describe('work in turns', () => {
  test('visits the event loop after every 16 MiB, and not before', async () => {
    const turns = new Turns(undefined);
    expect(turns.done(TURN_BYTES - 1)).toBeUndefined();
    let hasOtherWorkRun = false;
    setImmediate(() => (hasOtherWorkRun = true));
    await turns.done(1);
    expect(hasOtherWorkRun).toBe(true);
    expect(turns.done(TURN_BYTES - 1)).toBeUndefined();
    expect(turns.done(1)).toBeInstanceOf(Promise);
  });

  test('stops as soon as it is told to, with the reason', () => {
    const controller = new AbortController();
    const turns = new Turns(controller.signal);
    expect(turns.done(1)).toBeUndefined();
    controller.abort(new Error('enough'));
    expect(() => turns.done(1)).toThrow('enough');
  });
});

describe('a wait that may be given up', () => {
  test('gives what the work gives, and leaves no listener', async () => {
    const { signal } = new AbortController();
    expect(await orAborted(Promise.resolve(7), undefined)).toBe(7);
    expect(await orAborted(Promise.resolve(7), signal)).toBe(7);
    await expect(orAborted(Promise.reject(new Error('broken')), signal)).rejects.toThrow('broken');
  });

  test('ends with the reason, before or during the work', async () => {
    const never = new Promise<never>(() => undefined);
    await expect(orAborted(never, AbortSignal.abort(new Error('before')))).rejects.toThrow(
      'before',
    );
    const controller = new AbortController();
    const waiting = orAborted(never, controller.signal);
    controller.abort(new Error('during'));
    await expect(waiting).rejects.toThrow('during');
  });
});
