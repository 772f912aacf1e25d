import { expect, test } from 'vitest';
import { loadHashMethod } from '../../../../src/remote/copy/hashing/methods.js';
import { areZeros, zeroBytes, zeroDigest } from '../../../../src/remote/copy/hashing/zeros.js';

const PART_BYTES = 256 * 1024;

test.each([0, 1, PART_BYTES - 1, PART_BYTES, PART_BYTES + 1, 2 * PART_BYTES + 5])(
  'the hash of %i zeros is that of such bytes, by each method, asked again or not',
  async (length) => {
    for (const name of ['sha1', 'blake3', 'md5']) {
      const method = await loadHashMethod(name);
      const expected = Buffer.from(method.digest(Buffer.alloc(length))).toString('hex');
      for (const digest of [zeroDigest(method, length), zeroDigest(method, length)]) {
        expect(Buffer.from(digest).toString('hex')).toBe(expected);
      }
    }
    expect(zeroBytes(length)).toHaveLength(length);
    expect(zeroBytes(1)).toHaveLength(1);
  },
);

test('64 hashes are remembered, those that were asked for last', async () => {
  const sha1 = await loadHashMethod('sha1');
  let started = 0;
  const method = {
    ...sha1,
    name: 'counted',
    start: () => {
      started += 1;
      return sha1.start();
    },
  };
  const ask = (length: number): number => {
    const before = started;
    zeroDigest(method, length);
    return started - before;
  };
  for (let length = 1; length <= 64; length += 1) expect(ask(length)).toBe(1);
  expect(ask(1)).toBe(0);
  expect(ask(65)).toBe(1);
  expect([ask(1), ask(3), ask(2)]).toEqual([0, 0, 1]);
});

test.each([0, 1, PART_BYTES, PART_BYTES + 1, 3 * PART_BYTES])(
  '%i zeros are zeros, and none is if one byte is not, wherever it stands',
  (length) => {
    const bytes = Buffer.alloc(length);
    expect(areZeros(bytes)).toBe(true);
    for (const at of [0, PART_BYTES - 1, PART_BYTES, length - 1].filter(
      (n) => n >= 0 && n < length,
    )) {
      bytes[at] = 1;
      expect(areZeros(bytes), `${at}`).toBe(false);
      bytes[at] = 0;
    }
  },
);
