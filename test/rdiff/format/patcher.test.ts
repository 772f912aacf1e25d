/** Steps of a patch, and how much they may make. */
import { describe, expect, test } from 'vitest';
import { beyondBasis, Patcher } from '../../../src/rdiff/format/patcher.js';

const MAGIC = '72730236';
const bytesOf = (hex: string): Buffer => Buffer.from(hex, 'hex');
/** A copy of 3 bytes from 2, a literal of 2 bytes, a copy of 256 bytes from 0. */
const DELTA = bytesOf(`${MAGIC}45020302aabb4600010000`);
const LENGTH = 3 + 2 + 256;

test('steps come in order, and say how long the new file is', () => {
  const patcher = new Patcher();
  expect(patcher.update(DELTA)).toEqual([
    { type: 'copy', position: 2, length: 3 },
    { type: 'literal', bytes: bytesOf('aabb') },
    { type: 'copy', position: 0, length: 256 },
  ]);
  expect(patcher.update(Buffer.alloc(4))).toEqual([]);
  patcher.finish();
  expect([patcher.length, patcher.trailingBytes]).toEqual([LENGTH, 4]);
  expect(patcher.counts).toMatchObject({ copyBytes: 259, literalBytes: 2 });
});

test.each([1, 2, 7])('steps come once each, where the delta comes %i bytes at a time', (most) => {
  const patcher = new Patcher();
  const said: string[] = [];
  for (let at = 0; at < DELTA.length; at += most) {
    for (const step of patcher.update(DELTA.subarray(at, at + most))) {
      said.push(
        step.type === 'copy'
          ? `${step.position}+${step.length};`
          : Buffer.from(step.bytes).toString('hex'),
      );
    }
  }
  patcher.finish();
  expect(said.join('')).toBe('2+3;aabb0+256;');
});

describe('the limit of the output', () => {
  test.each([LENGTH, LENGTH + 1, Infinity])('of %i is enough', (maxOutput) => {
    const patcher = new Patcher({ maxOutput });
    patcher.update(DELTA);
    expect(patcher.length).toBe(LENGTH);
  });

  test.each([0, 2, 3, 4, 5, LENGTH - 1])('of %i is not', (maxOutput) => {
    for (const most of [1, 1000]) {
      const patcher = new Patcher({ maxOutput });
      expect(() => {
        for (let at = 0; at < DELTA.length; at += most)
          patcher.update(DELTA.subarray(at, at + most));
      }).toThrow(expect.objectContaining({ code: 'RDIFF_OUTPUT_LIMIT' }));
    }
  });

  test('of nothing is enough for nothing', () => {
    const patcher = new Patcher({ maxOutput: 0 });
    expect(patcher.update(bytesOf(`${MAGIC}00`))).toEqual([]);
    patcher.finish();
  });
});

test.each([
  [1, '1 byte from 5; the basis ends at 4'],
  [2, '2 bytes from 5; the basis ends at 4'],
])('a copy of %i beyond the basis says where that ends', (length, said) => {
  expect(beyondBasis(5, length, 4)).toMatchObject({
    code: 'RDIFF_INPUT_ENDED',
    message: `The delta copies ${said}`,
  });
});
