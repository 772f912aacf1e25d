import { constants } from 'node:os';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { NativeCall } from '../../src/platform/libc.js';

const FLAGS_OFFSET = 136;
const SA_RESETHAND = 0x80000000;
const SA_RESTART = 0x10000000;

/** What is set of each signal, over a libc that says this of their handlers; -1: it refuses. */
async function setOver(
  flags: Readonly<Record<number, number>>,
  signals: readonly NodeJS.Signals[],
) {
  const set: [number, Buffer][] = [];
  const sigaction: NativeCall = (...values) => {
    const [signal, next, current] = values as [number, Buffer | null, Buffer | null];
    const found = flags[signal] ?? 0;
    if (found === -1) return -1;
    if (next) set.push([signal, Buffer.from(next)]);
    current?.fill(7).writeUInt32LE(found, FLAGS_OFFSET);
    return 0;
  };
  vi.resetModules();
  vi.doMock('../../src/platform/libc.js', () => ({ loadLibc: () => ({ func: () => sigaction }) }));
  onTestFinished(() => {
    vi.doUnmock('../../src/platform/libc.js');
    vi.resetModules();
  });
  const { endAtSecond } = await import('../../src/platform/signals.js');
  endAtSecond(signals);
  return set;
}

test('each signal keeps its handler and its flags, and has the system end the process next time', async () => {
  const { SIGINT, SIGTERM } = constants.signals;
  const set = await setOver({ [SIGINT]: SA_RESTART | 4, [SIGTERM]: 0 }, ['SIGINT', 'SIGTERM']);
  const flagsOf = ([signal, action]: [number, Buffer]) => [
    signal,
    action.readUInt32LE(FLAGS_OFFSET),
  ];
  expect(set.map(flagsOf)).toEqual([
    [SIGINT, (SA_RESETHAND | SA_RESTART | 4) >>> 0],
    [SIGTERM, SA_RESETHAND],
  ]);
  for (const [, action] of set) {
    action.fill(7, FLAGS_OFFSET, FLAGS_OFFSET + 4);
    expect(action.equals(Buffer.alloc(152, 7))).toBe(true);
  }
});

test('one of which the system says nothing stays as it is, the others do not', async () => {
  const { SIGINT, SIGHUP } = constants.signals;
  const set = await setOver({ [SIGINT]: -1 }, ['SIGINT', 'SIGHUP']);
  expect(set.map(([signal]) => signal)).toEqual([SIGHUP]);
});

test('without libc nothing is done', async () => {
  vi.resetModules();
  vi.doMock('../../src/platform/libc.js', () => ({ loadLibc: () => undefined }));
  onTestFinished(() => {
    vi.doUnmock('../../src/platform/libc.js');
    vi.resetModules();
  });
  const { endAtSecond } = await import('../../src/platform/signals.js');
  expect(() => endAtSecond(['SIGINT'])).not.toThrow();
});
