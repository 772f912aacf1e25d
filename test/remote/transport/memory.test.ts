import { expect, test } from 'vitest';
import { withMemory } from '../../../src/remote/transport/memory.js';

const POOLED_BYTES = 4.5 * 1024 * 1024;

/** Memory of several that use it at once. */
async function memoriesOf(lengths: readonly number[]): Promise<SharedArrayBuffer[]> {
  let release = (): void => undefined;
  const all = new Promise<void>((resolve) => (release = resolve));
  const taken: SharedArrayBuffer[] = [];
  const works = lengths.map((bytes) =>
    withMemory(bytes, async (memory) => {
      taken.push(memory);
      await all;
    }),
  );
  release();
  await Promise.all(works);
  return taken;
}

test('who works at the same time never shares memory, and each has as much as asked for', async () => {
  const lengths = [0, 1, POOLED_BYTES, POOLED_BYTES + 1, 2 * POOLED_BYTES];
  const taken = await memoriesOf(lengths);
  expect(new Set(taken).size).toBe(lengths.length);
  expect(taken.map(({ byteLength }) => byteLength)).toEqual([
    ...[POOLED_BYTES, POOLED_BYTES, POOLED_BYTES],
    ...[POOLED_BYTES + 1, 2 * POOLED_BYTES],
  ]);
});

test('memory of the usual length is used again, up to four; longer memory goes', async () => {
  const first = new Set(await memoriesOf([1, 1, 1, 1, 1, 1]));
  const again = await memoriesOf([1, 1, 1, 1, 1, 1]);
  expect(again.filter((memory) => first.has(memory))).toHaveLength(4);
  const usual = await withMemory(POOLED_BYTES, (memory) => Promise.resolve(memory));
  expect(await memoriesOf([POOLED_BYTES, 1, 1, 1])).toContain(usual);
  const [long] = await memoriesOf([POOLED_BYTES + 1]);
  expect(await memoriesOf([POOLED_BYTES + 1, 1, 1, 1, 1])).not.toContain(long);
});

test('memory comes back from work that fails, which fails as it did', async () => {
  const seen: SharedArrayBuffer[] = [];
  const failing = withMemory(1, (memory) => {
    seen.push(memory);
    return Promise.reject(new Error('cut'));
  });
  await expect(failing).rejects.toThrow('cut');
  expect(await withMemory(1, (memory) => Promise.resolve(memory))).toBe(seen[0]);
});
