import * as os from 'node:os';
import { expect, onTestFinished, test, vi } from 'vitest';

/** The priorities that are asked for by a thread. */
async function asked(isMainThread: boolean, refusal?: Error): Promise<unknown[]> {
  const calls: unknown[] = [];
  vi.resetModules();
  vi.doMock('node:os', () => ({
    ...os,
    setPriority: (...of: unknown[]) => {
      calls.push(of);
      if (refusal) throw refusal;
    },
  }));
  vi.doMock('../../src/platform/node-modules.js', () => ({
    workerThreads: () => ({ isMainThread }),
  }));
  onTestFinished(() => {
    vi.doUnmock('node:os');
    vi.doUnmock('../../src/platform/node-modules.js');
    vi.resetModules();
  });
  const { yieldToOthers } = await import('../../src/platform/thread-priority.js');
  yieldToOthers();
  return calls;
}

test('a worker yields to all others; the main thread, which others wait for, does not', async () => {
  expect(await asked(false)).toEqual([[0, os.constants.priority.PRIORITY_LOW]]);
  expect(await asked(true)).toEqual([]);
});

test('where that is not allowed it takes its share', async () => {
  expect(await asked(false, new Error('EACCES'))).toHaveLength(1);
});
