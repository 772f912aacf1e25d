import { describe, expect, test } from 'vitest';
import { signatureKind } from '../../src/rdiff/format/kinds.js';
import { blocksPerPart, splitEvenly, worthSplitting } from '../../src/rdiff/parts.js';

const MIB = 1024 * 1024;

test.each([
  [2, 7, 32 * MIB, true],
  [2, 7, 32 * MIB - 1, false],
  [1, 7, 64 * MIB, false],
  [2, undefined, 64 * MIB, false],
  [2, 0, 64 * MIB, true],
  [2, 7, undefined, false],
])('%i threads for the descriptor %s of %s bytes: %s', (jobs, descriptor, size, expected) => {
  const read = () => Promise.resolve(0);
  const source = { name: 'x', size, read, ...(descriptor !== undefined && { descriptor }) };
  expect(worthSplitting(source, jobs)).toBe(expected);
});

describe('a file is cut', () => {
  test.each([
    [0, 10, 1, []],
    [1, 10, 1, [1]],
    [10, 10, 1, [10]],
    [11, 10, 1, [10, 11]],
    [20, 10, 1, [10, 20]],
    [25, 10, 5, [10, 20, 25]],
    [24, 10, 5, [10, 24]],
    [14, 10, 5, [14]],
    [15, 10, 5, [10, 15]],
  ])('of %i bytes into parts of %i, the last of at least %i: %j', (size, length, least, ends) => {
    const parts = splitEvenly(size, length, least);
    expect(parts.map(({ end }) => end)).toEqual(ends);
    expect(parts.map(({ start }) => start)).toEqual([0, ...ends].slice(0, ends.length));
  });

  test('into parts of 8 MiB, or of as many blocks as are hashed side by side', () => {
    const blocks = (strong: 'md4' | 'blake2', blockLength: number): number =>
      blocksPerPart({ kind: signatureKind('rollsum', strong), blockLength, strongLength: 8 });
    expect([blocks('blake2', 2048), blocks('blake2', 5000)]).toEqual([4096, 1678]);
    expect([blocks('md4', 2048), blocks('md4', 5000)]).toEqual([4096, 1680]);
    expect(blocks('blake2', 64 * MIB)).toBe(2);
    expect(blocks('md4', 64 * MIB)).toBe(8);
  });
});
