/** When the young generation may double: as long as twice its size is within the bound. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { boundYoungGeneration } from '../../src/cli/young-generation.js';

const heap = vi.hoisted(() => ({ spaces: [] as object[], flags: [] as string[] }));
vi.mock('node:v8', () => ({
  getHeapSpaceStatistics: () => heap.spaces,
  setFlagsFromString: (flag: string) => void heap.flags.push(flag),
}));

const MIB = 1024 * 1024;
const LOOK_MS = 20;
const [GROWS, STAYS] = ['--semi-space-growth-factor=2', '--semi-space-growth-factor=1'];

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval'] });
  heap.flags = [];
});
afterEach(() => {
  vi.clearAllTimers();
  vi.useRealTimers();
});

/** What V8 is told when it is looked at a young generation of `bytes`, among spaces of any size. */
function toldAt(bytes: number): readonly string[] {
  heap.flags = [];
  heap.spaces = [
    { space_name: 'old_space', space_size: 900 * MIB },
    { space_name: 'new_space', space_size: bytes },
    { space_name: 'new_large_object_space', space_size: 900 * MIB },
  ];
  vi.advanceTimersByTime(LOOK_MS);
  return heap.flags;
}

test('it grows to 8 MiB and no further, and may grow again when it has shrunk', () => {
  boundYoungGeneration();
  expect(toldAt(MIB)).toEqual([]);
  expect(toldAt(4 * MIB)).toEqual([]);
  expect(toldAt(4 * MIB + 1)).toEqual([STAYS]);
  expect(toldAt(16 * MIB)).toEqual([]);
  expect(toldAt(4 * MIB)).toEqual([GROWS]);
  expect(toldAt(MIB)).toEqual([]);
  expect(toldAt(8 * MIB)).toEqual([STAYS]);
});

test('it is looked at fifty times a second, and a process that has nothing else to do ends', () => {
  const unref = vi.fn();
  const timer = vi.spyOn(globalThis, 'setInterval').mockReturnValue({ unref } as never);
  boundYoungGeneration();
  expect(timer).toHaveBeenCalledExactlyOnceWith(expect.any(Function), LOOK_MS);
  expect(unref).toHaveBeenCalledOnce();
  timer.mockRestore();
});

test('a heap that tells of no young generation holds nothing down', () => {
  boundYoungGeneration();
  heap.spaces = [];
  vi.advanceTimersByTime(LOOK_MS);
  expect(heap.flags).toEqual([]);
});
