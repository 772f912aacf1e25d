import { describe, expect, test } from 'vitest';
import { createTurns, interrupted } from '../../../../src/repo/operations/backup/turns.js';

/** Turns by a clock that a test moves, with what was told of them. */
function prepare(signal?: AbortSignal) {
  const clock = { ms: 1000, looks: 0 };
  const told: string[] = [];
  const turn = createTurns<string>(
    { nowMs: () => (clock.looks++, clock.ms) },
    signal,
    (context) => void told.push(context),
  );
  /** Which of so many entries got a turn. */
  const pass = async (count: number, from = 1): Promise<number[]> => {
    const given: number[] = [];
    for (let entry = from; entry < from + count; entry++) {
      const pending = turn(`${entry}`);
      if (!pending) continue;
      given.push(entry);
      await pending;
    }
    return given;
  };
  return { clock, told, turn, pass };
}

describe('others get a turn', () => {
  test('at each 64th entry, once 8 ms have passed', async () => {
    const { clock, told, pass } = prepare();
    clock.ms += 8;
    expect(await pass(63)).toEqual([]);
    expect(await pass(1, 64)).toEqual([64]);
    expect(told).toEqual(['64']);
  });

  test('not before', async () => {
    const { clock, told, pass } = prepare();
    clock.ms += 7;
    expect(await pass(640)).toEqual([]);
    expect(told).toEqual([]);
  });

  test('again only after as much time and as many entries', async () => {
    const { clock, told, pass } = prepare();
    clock.ms += 8;
    expect(await pass(64)).toEqual([64]);
    expect(await pass(128, 65)).toEqual([]);
    clock.ms += 8;
    expect(await pass(63, 193)).toEqual([]);
    expect(await pass(1, 256)).toEqual([256]);
    expect(told).toEqual(['64', '256']);
  });

  test('counted from when the last one ended', async () => {
    const { clock, turn, pass } = prepare();
    clock.ms += 8;
    await pass(63);
    const pending = turn('64');
    clock.ms += 100;
    await pending;
    expect(await pass(64, 65)).toEqual([]);
  });
});

test('the clock is looked at once in 64 entries', async () => {
  const { clock, pass } = prepare();
  clock.looks = 0;
  await pass(640);
  expect(clock.looks).toBe(10);
});

test('an interrupt ends the walk at the next look, whatever the time', async () => {
  const controller = new AbortController();
  const { turn, pass } = prepare(controller.signal);
  await pass(64);
  controller.abort();
  await pass(63);
  expect(() => turn('128')).toThrow(expect.objectContaining({ code: 'INTERRUPTED' }));
});

test('an interrupted backup says that no snapshot was taken, and that nothing is lost', () => {
  const { code, message, hint } = interrupted();
  expect({ code, message, hint }).toEqual({
    code: 'INTERRUPTED',
    message: 'The backup was interrupted; no snapshot was taken.',
    hint: 'Run it again: what is already stored is not stored twice.',
  });
});
