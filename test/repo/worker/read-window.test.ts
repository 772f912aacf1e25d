import * as fs from 'node:fs';
import { expect, test } from 'vitest';
import { bytesFromText } from '../../../src/platform/bytes.js';
import { openFileSystem } from '../../../src/platform/files.js';
import { createWorkerContext } from '../../../src/repo/worker/context.js';
import type { ReadWindowJob } from '../../../src/repo/worker/jobs.js';
import { leastWindowBytes } from '../../../src/repo/worker/cut-window.js';
import { readWindow } from '../../../src/repo/worker/read-window.js';
import { scratchDirectory } from '../../support/directory.js';
import { memoryPacks } from '../../support/memory-packs.js';
import { noise } from '../../support/seed.js';

const WINDOW_BYTES = 200_000;
const CHUNKING = { min: 1024, average: 4096, max: 16_384 };

/** What a window of a file of `sizeBytes` is cut into. */
function lengthsOf(sizeBytes: number, window: Partial<ReadWindowJob>): readonly number[] {
  const path = `${scratchDirectory()}/file`;
  fs.writeFileSync(path, noise(sizeBytes, 7));
  const context = createWorkerContext(openFileSystem(), memoryPacks());
  const result = readWindow(context, {
    type: 'read-window',
    ticket: 1,
    path: bytesFromText(path),
    offset: 0,
    lengthBytes: WINDOW_BYTES,
    isEnd: false,
    followsHole: false,
    precedesHole: false,
    chunking: CHUNKING,
    ...window,
  });
  context.close();
  if ('code' in result) throw new Error(result.code);
  return result.lengths;
}

const sum = (lengths: readonly number[]): number => lengths.reduce((all, one) => all + one, 0);

test('a window in the midst of a file leaves its rest, whose cut is not sure, to the next one', () => {
  const cut = sum(lengthsOf(500_000, {}));
  expect(cut).toBeLessThan(WINDOW_BYTES);
  expect(cut).toBeGreaterThan(WINDOW_BYTES - leastWindowBytes(CHUNKING));
});

test('one at the end is cut to its last byte', () => {
  expect(sum(lengthsOf(WINDOW_BYTES, { isEnd: true }))).toBe(WINDOW_BYTES);
});

test('so is one of a file that ends early, since no other follows', () => {
  expect(sum(lengthsOf(150_000, {}))).toBe(150_000);
  expect(sum(lengthsOf(250_000, { offset: 130_000 }))).toBe(120_000);
});
