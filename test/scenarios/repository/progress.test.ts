/** What operations tell of their progress within one large file. */
import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { createLab, SMALL_PIECES } from '../../support/lab.js';

const SIZE = 100_000;

function labWithLargeFile() {
  const lab = createLab({ chunking: SMALL_PIECES });
  lab.write('large', randomBytes(SIZE));
  return lab;
}

/** Collects what is told, and checks that it only grows, up to all of it. */
function recorder() {
  const seen: number[] = [];
  return {
    onProgress: ({ bytes }: { readonly bytes: number }) => void seen.push(bytes),
    expectSteps: () => {
      expect(seen).toEqual([...seen].sort((a, b) => a - b));
      expect(Math.max(...seen)).toBeLessThanOrEqual(SIZE);
      expect(new Set(seen.filter((bytes) => bytes > 0 && bytes < SIZE)).size).toBeGreaterThan(2);
    },
  };
}

test('a backup', async () => {
  const { onProgress, expectSteps } = recorder();
  await labWithLargeFile().backup({ onProgress });
  expectSteps();
});

test('a restore', async () => {
  const lab = createLab({ chunking: SMALL_PIECES });
  // More than one part: parts have up to 1024 pieces.
  lab.write('large', randomBytes(6_000_000));
  await lab.backup();
  const seen: number[] = [];
  await lab.restore(1, { onProgress: ({ bytes }) => seen.push(bytes) });
  expect(seen.some((bytes) => bytes > 0 && bytes < 6_000_000)).toBe(true);
  expect(seen.at(-1)).toBe(6_000_000);
});

test('a restore in place of what is there already', async () => {
  const lab = createLab({ chunking: SMALL_PIECES });
  lab.write('large', randomBytes(6_000_000));
  await lab.backup();
  const seen: number[] = [];
  const onProgress = ({ bytes }: { readonly bytes: number }) => seen.push(bytes);
  await lab.restoreInPlace(1, { overwrite: 'always' }, { onProgress });
  expect(seen).toEqual([...seen].sort((a, b) => a - b));
  expect(seen.some((bytes) => bytes > 0 && bytes < 6_000_000)).toBe(true);
  expect(seen.at(-1)).toBe(6_000_000);
});
