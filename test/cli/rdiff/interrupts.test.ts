/** What signals do to a run: the first asks it to stop, the second is the system's. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Interrupted, withInterrupts } from '../../../src/cli/rdiff/interrupts.js';

const NAMES = ['SIGHUP', 'SIGINT', 'SIGTERM'] as const;
type Name = (typeof NAMES)[number];
const OTHERS = ['SIGUSR2', 'SIGPIPE', 'SIGQUIT'] as const;

const listeners = (): number[] => [...NAMES, ...OTHERS].map((name) => process.listenerCount(name));
const send = (name: Name): boolean => process.emit(name, name);
const kill = vi.spyOn(process, 'kill');

let before: number[];
beforeEach(() => {
  before = listeners();
  kill.mockReset().mockReturnValue(true);
});
afterEach(() => expect(listeners()).toEqual(before));

describe.each(NAMES)('%s', (first) => {
  test('asks the run to stop, and ends the process by itself once that has cleaned up', async () => {
    await withInterrupts(async (signal) => {
      expect(signal.aborted).toBe(false);
      send(first);
      expect(signal.reason).toBeInstanceOf(Interrupted);
      expect(signal.reason).toMatchObject({ signal: first, message: `interrupted by ${first}` });
      await Promise.resolve();
      expect(kill).not.toHaveBeenCalled();
    });
    expect(kill.mock.calls).toEqual([[process.pid, first]]);
  });

  test.each(NAMES)(
    'leaves a %s that follows to the system, though the run goes on',
    async (next) => {
      await withInterrupts(async (signal) => {
        send(first);
        expect(listeners()).toEqual(before);
        send(next);
        expect(signal.reason).toMatchObject({ signal: first });
        await Promise.resolve();
        expect(listeners()).toEqual(before);
      });
      expect(kill.mock.calls).toEqual([[process.pid, first]]);
    },
  );

  test('ends the process, too, where the run fails of it', async () => {
    const running = withInterrupts(async (signal) => {
      send(first);
      await Promise.resolve();
      signal.throwIfAborted();
    });
    await expect(running).rejects.toBeInstanceOf(Interrupted);
    expect(kill.mock.calls).toEqual([[process.pid, first]]);
  });
});

describe('a run that nobody interrupts', () => {
  test('is listened for with all three signals and no other, and leaves the process alone', async () => {
    await withInterrupts(() => {
      expect(listeners()).toEqual(before.map((count, i) => (i < NAMES.length ? count + 1 : count)));
      return Promise.resolve();
    });
    expect(kill).not.toHaveBeenCalled();
  });

  test('fails with its own error', async () => {
    const error = new Error('no room');
    await expect(withInterrupts(() => Promise.reject(error))).rejects.toBe(error);
    expect(kill).not.toHaveBeenCalled();
  });
});

test('exit codes are those of a shell', () => {
  expect(NAMES.map((name) => new Interrupted(name).exitCode)).toEqual([129, 130, 143]);
});
