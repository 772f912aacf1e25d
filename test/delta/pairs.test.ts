import { describe, expect, test } from 'vitest';
import type { Delta } from '../../src/delta/delta.js';
import { PairWriter, readPairs } from '../../src/delta/pairs.js';
import { noise } from '../support/seed.js';
import { codeOf, delta } from '../support/texts.js';

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

describe('every number of every stream is used', () => {
  const good: Delta = {
    ...delta(Buffer.alloc(0), Buffer.alloc(0)),
    targetLength: 12,
    literalLengths: Buffer.of(1, 0, 2),
    copyLengths: Buffer.of(4, 5),
    copyOffsets: Buffer.of(20, 6),
    literals: Buffer.from('abc'),
  };
  const pairsOf = (made: Delta): number[][] => {
    const pairs: number[][] = [];
    readPairs(made, (...pair) => pairs.push(pair));
    return pairs;
  };
  const more = (bytes: Uint8Array, ...added: number[]): Buffer =>
    Buffer.concat([bytes, Buffer.from(added)]);

  test('in a delta that is well formed', () => {
    expect(pairsOf(good)).toEqual([
      [1, 4, 10],
      [0, 5, 17],
      [2, 0, 22],
    ]);
  });

  test.each<[string, Partial<Delta>]>([
    ['an offset more', { copyOffsets: more(good.copyOffsets, 8) }],
    ['an offset of nothing more', { copyOffsets: more(good.copyOffsets, 0) }],
    ['two offsets more', { copyOffsets: more(good.copyOffsets, 2, 2) }],
    ['half an offset more', { copyOffsets: more(good.copyOffsets, 0x80) }],
    ['an offset less', { copyOffsets: good.copyOffsets.subarray(0, 1) }],
    ['a copy more', { copyLengths: more(good.copyLengths, 1) }],
    [
      'a copy more, with its offset',
      { copyLengths: Buffer.of(4, 5, 1, 1), copyOffsets: Buffer.of(20, 6, 2, 2) },
    ],
    ['a copy less', { copyLengths: good.copyLengths.subarray(0, 1) }],
    ['a copy of nothing', { copyLengths: Buffer.of(4, 0), targetLength: 7 }],
    [
      'a literal length more',
      {
        literalLengths: more(good.literalLengths, 1),
        literals: Buffer.from('abcd'),
        targetLength: 13,
      },
    ],
    ['a literal length of nothing more', { literalLengths: more(good.literalLengths, 0) }],
    ['a literal length less', { literalLengths: good.literalLengths.subarray(0, 2) }],
    ['a literal byte more', { literals: Buffer.from('abcd') }],
    ['a literal byte less', { literals: Buffer.from('ab') }],
    ['a target that is longer', { targetLength: 13 }],
    ['a target that is shorter', { targetLength: 11 }],
  ])('and %s is refused', (_, changed) => {
    expect(codeOf(() => pairsOf({ ...good, ...changed }))).toBe('DELTA_CORRUPT');
  });

  test.each<[string, Partial<Delta>]>([
    [
      'literals',
      {
        copyLengths: Buffer.of(),
        copyOffsets: Buffer.of(),
        literalLengths: Buffer.of(3),
        targetLength: 3,
      },
    ],
    ['copies', { literalLengths: Buffer.of(0, 0), literals: Buffer.of(), targetLength: 9 }],
    [
      'nothing',
      {
        copyLengths: Buffer.of(),
        copyOffsets: Buffer.of(),
        literalLengths: Buffer.of(),
        literals: Buffer.of(),
        targetLength: 0,
      },
    ],
  ])('and %s alone are enough', (_, changed) => {
    const made = { ...good, ...changed };
    const lengths = pairsOf(made).map(([literal = 0, copy = 0]) => literal + copy);
    expect(lengths.reduce((sum, length) => sum + length, 0)).toBe(made.targetLength);
  });
});

describe('a copy', () => {
  test.each([
    ['from the beginning', 0, 5, 'fine'],
    ['from before it', -1, 5, 'refused'],
    ['that ends at 2^53 - 1', 2 ** 51, 2 ** 53 - 1 - 2 ** 51, 'fine'],
    ['that ends beyond it', 2 ** 51, 2 ** 53 - 2 ** 51, 'refused'],
  ])('%s is %s', (_, start, length, verdict) => {
    const writer = new PairWriter();
    writer.copy(0, length, start);
    const streams = writer.finish(0, Buffer.alloc(0));
    const made = { ...delta(Buffer.alloc(0), Buffer.alloc(0)), ...streams, targetLength: length };
    const read = () => readPairs(made, () => undefined);
    if (verdict === 'fine') expect(read).not.toThrow();
    else expect(codeOf(read)).toBe('DELTA_CORRUPT');
  });

  test('that goes on from the one before is that one, unless a literal stands between', () => {
    const twice = (literal: number, first: number): (() => void) => {
      const writer = new PairWriter();
      writer.copy(0, 5, first);
      writer.copy(literal, 5, first + 5);
      const streams = writer.finish(0, Buffer.alloc(literal));
      const empty = delta(Buffer.alloc(0), Buffer.alloc(0));
      return () => readPairs({ ...empty, ...streams, targetLength: 10 + literal }, () => undefined);
    };
    for (const first of [0, 7, 1000]) {
      expect(codeOf(twice(0, first))).toBe('DELTA_CORRUPT');
      expect(twice(1, first)).not.toThrow();
    }
  });
});
