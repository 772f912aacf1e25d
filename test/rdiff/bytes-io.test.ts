import { describe, expect, test } from 'vitest';
import { orAborted, Turns, type ByteSource } from '../../src/rdiff/bytes-io.js';
import { loadSignature, writeDelta } from '../../src/rdiff/delta.js';
import { explainDifference } from '../../src/rdiff/explain.js';
import { makeDelta, makeSignature, readSignature } from '../../src/rdiff/format/whole.js';
import { MemorySource } from '../../src/rdiff/memory.js';
import { writePatched } from '../../src/rdiff/patch.js';
import { writeSignature } from '../../src/rdiff/signature.js';

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

describe('every step', () => {
  const zeros = new Uint8Array(2 * TURN_BYTES);
  const options = { blockLength: 1024 * 1024 };
  const sums = makeSignature(zeros, options);
  const signature = readSignature(sums);
  const delta = makeDelta(signature, zeros);
  const sink = { write: () => undefined };
  const memory = (bytes: Uint8Array) => new MemorySource('memory', bytes);

  test.each<readonly [string, (source: ByteSource, signal?: AbortSignal) => Promise<unknown>]>([
    [
      'signature',
      (source, signal) => writeSignature(source, sink, { ...options, signal: signal! }),
    ],
    ['delta', (source, signal) => writeDelta(signature, source, sink, { signal: signal! })],
    [
      'explanation of the new file',
      (source, signal) =>
        explainDifference(memory(zeros.subarray(0, 5)), source, { signal: signal! }),
    ],
    [
      'explanation of the old file',
      (source, signal) =>
        explainDifference(source, memory(zeros.subarray(0, 5)), { signal: signal! }),
    ],
  ])(
    'of long files lets others have their turn, and is told to stop by them: %s',
    async (_, run) => {
      const controller = new AbortController();
      for (const signal of [undefined, controller.signal]) {
        let turns = 0;
        const source = memory(zeros);
        const watched: ByteSource = {
          name: 'watched',
          size: source.size,
          read: (into) => {
            // Also a promise that is settled keeps others waiting.
            if (turns === 0) setImmediate(() => controller.abort(new Error('enough')));
            turns += 1;
            return source.read(into);
          },
        };
        if (signal) await expect(run(watched, signal)).rejects.toThrow('enough');
        else await run(watched);
      }
      expect(controller.signal.aborted).toBe(true);
    },
  );

  test('of a patch does, too', async () => {
    const controller = new AbortController();
    setImmediate(() => controller.abort(new Error('enough')));
    const { signal } = controller;
    await expect(writePatched(memory(zeros), memory(delta), sink, { signal })).rejects.toThrow(
      'enough',
    );
  });

  test('that waits for a file is told to stop', async () => {
    const never = { name: 'never', size: 5, read: () => new Promise<number>(() => undefined) };
    const steps = [
      (signal: AbortSignal) => writeSignature(never, sink, { signal }),
      (signal: AbortSignal) => loadSignature(never, { signal }),
      (signal: AbortSignal) => writeDelta(signature, never, sink, { signal }),
      (signal: AbortSignal) => writePatched(memory(zeros), never, sink, { signal }),
      (signal: AbortSignal) => explainDifference(never, memory(zeros), { signal }),
      (signal: AbortSignal) => explainDifference(memory(sums), never, { signal }),
    ];
    for (const step of steps) {
      const controller = new AbortController();
      setImmediate(() => controller.abort(new Error('enough')));
      await expect(step(controller.signal)).rejects.toThrow('enough');
    }
  });
});
