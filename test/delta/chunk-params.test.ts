import { expect, test } from 'vitest';
import { areChunkParams, type ChunkParams } from '../../src/delta/chunk-params.js';

const PARAMS: ChunkParams = { min: 512, average: 2048, max: 8192 };

test('sizes that the specification does not cover are told apart', () => {
  expect(areChunkParams(PARAMS)).toBe(true);
  expect(areChunkParams({ min: 2 ** 18, average: 2 ** 20, max: 2 ** 22 })).toBe(true);
  for (const wrong of [
    { min: 31 },
    { min: 4096 },
    { average: 2000 },
    { max: 2047 },
    { max: NaN },
  ]) {
    expect(areChunkParams({ ...PARAMS, ...wrong })).toBe(false);
  }
});

test.each<[ChunkParams, boolean]>([
  [{ min: 32, average: 256, max: 256 }, true],
  [{ min: 31, average: 256, max: 256 }, false],
  [{ min: 256, average: 256, max: 256 }, true],
  [{ min: 257, average: 256, max: 1024 }, false],
  [{ min: 32, average: 128, max: 256 }, false],
  [{ min: 32, average: 2 ** 29, max: 2 ** 29 }, true],
  [{ min: 32, average: 2 ** 30, max: 2 ** 30 }, false],
  [{ min: 512, average: 2048, max: 2048 }, true],
  [{ min: 512, average: 2047, max: 8192 }, false],
  [{ min: 512, average: 2049, max: 8192 }, false],
  [{ min: 512, average: 3072, max: 8192 }, false],
  [{ min: 512, average: 6144, max: 8192 }, false],
  [{ min: 512.5, average: 2048, max: 8192 }, false],
  [{ min: 512, average: 2048, max: 8192.5 }, false],
  [{ min: 512, average: 2048, max: Infinity }, false],
  [{ min: -512, average: 2048, max: 8192 }, false],
])('%o: %s', (params, expected) => {
  expect(areChunkParams(params)).toBe(expected);
});
