import { expect, test } from 'vitest';
import { holeHash, holeLength } from '../../../src/repo/packs/hole.js';

test('the length of a hole is what stands for it, and nothing else is a hole', () => {
  for (const length of [1, 4096, 2 ** 40 + 3, Number.MAX_SAFE_INTEGER]) {
    const hash = holeHash(length);
    expect(hash).toHaveLength(32);
    expect(holeLength(hash)).toBe(length);
    for (const at of [8, 9, 20, 31]) {
      const other = Buffer.from(hash);
      other[at] = 1;
      expect(holeLength(other), `byte ${at}`).toBeUndefined();
    }
  }
  expect(holeLength(Buffer.alloc(32))).toBeUndefined();
  const tooLong = Buffer.alloc(32);
  tooLong.writeBigUInt64LE(2n ** 53n);
  expect(holeLength(tooLong)).toBeUndefined();
  // Within other bytes, as hashes lie side by side.
  const many = Buffer.concat([Buffer.alloc(32, 9), holeHash(5), Buffer.alloc(32, 9)]);
  expect([0, 32, 64].map((at) => holeLength(many.subarray(at, at + 32)))).toEqual([
    undefined,
    5,
    undefined,
  ]);
});
