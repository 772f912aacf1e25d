import { expect, test } from 'vitest';
import { PairWriter, readPairs } from '../../src/delta/pairs.js';
import { noise } from '../support/seed.js';
import { delta } from '../support/texts.js';

test('pairs are handed on with their place in the basis', () => {
  const basis = noise(5000, 3);
  const target = Buffer.concat([basis.subarray(4000), noise(10, 4), basis.subarray(0, 100)]);
  const pairs: number[][] = [];
  readPairs(delta(basis, target), (...pair) => pairs.push(pair));
  expect(pairs).toEqual([
    [0, 1000, 4000],
    [10, 100, 0],
  ]);
});

test('a copy is written relative to the end of the one before', () => {
  const writer = new PairWriter();
  writer.copy(0, 10, 5);
  writer.copy(3, 10, 15);
  writer.copy(0, 1, 0);
  expect(writer.finish(2, Buffer.from('abcde'))).toEqual({
    literalLengths: Buffer.of(0, 3, 0, 2),
    copyLengths: Buffer.of(10, 10, 1),
    copyOffsets: Buffer.of(10, 0, 49),
    literals: Buffer.from('abcde'),
  });
});

test('a literal at the end is handed on with an empty copy', () => {
  const pairs: number[][] = [];
  readPairs(delta(Buffer.alloc(0), noise(9, 1)), (...pair) => pairs.push(pair));
  expect(pairs).toEqual([[9, 0, 0]]);
});
