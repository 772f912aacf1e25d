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
