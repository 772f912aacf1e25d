/** MD4 by itself, and by the kernels that compute it: at each length of the end, and beyond 2^32 bits. */
import { describe, expect, test } from 'vitest';
import { Md4, md4 } from '../../../src/rdiff/format/md4.js';
import { BLAKE2B, hashBlocks, MD4, type StrongHash } from '../../../src/rdiff/format/strong.js';
import { Kernel } from '../../../src/rdiff/format/wasm/kernel.js';
import { LANES, STATE, TAIL } from '../../../src/rdiff/format/wasm/layout.js';
import { referenceBlake2b, referenceMd4 } from '../../support/reference-sums.js';
import { noise } from '../../support/seed.js';

const LENGTHS = [0, 1, 8, 54, 55, 56, 57, 63, 64, 65, 119, 120, 121, 127, 128, 129, 184, 256, 257];

test.each([
  ['MD4', MD4, referenceMd4],
  ['BLAKE2b', BLAKE2B, referenceBlake2b],
] as const)('the kernels have the right sum of each length: %s', (_, hash, reference) => {
  const bytes = noise(3 * 260, 1);
  for (const length of LENGTHS.slice(1)) {
    const sums = strongSums(hash, bytes.subarray(0, 3 * length), length);
    const blocks = [0, 1, 2].map((block) => bytes.subarray(block * length, (block + 1) * length));
    expect(sums).toEqual(blocks.map((block) => reference(block)));
  }
});

function strongSums(hash: StrongHash, bytes: Uint8Array, length: number): Buffer[] {
  const kernel = new Kernel();
  const count = bytes.length / length;
  const digests = kernel.reserve(count * hash.digestBytes);
  const address = kernel.reserve(bytes.length);
  kernel.bytes.set(bytes, address);
  hashBlocks(kernel, hash, { address, length, count }, digests);
  return Array.from({ length: count }, (_, block) => {
    const start = digests + block * hash.digestBytes;
    return Buffer.from(kernel.bytes.slice(start, start + hash.digestBytes));
  });
}

test('a sum that comes in pieces is that of the whole, at each length', () => {
  for (const length of LENGTHS) {
    const bytes = noise(length, 2);
    expect(md4(bytes).equals(referenceMd4(bytes))).toBe(true);
    for (const cut of [1, 55, 56, 63, 64, 65]) {
      const sum = new Md4();
      sum.update(bytes.subarray(0, cut));
      sum.update(bytes.subarray(cut));
      expect([sum.length, sum.digest().equals(md4(bytes))]).toEqual([length, true]);
    }
  }
});

test('a copy holds what was not absorbed yet', () => {
  const sum = new Md4();
  sum.update(noise(100, 3));
  const copy = sum.copy();
  sum.update(noise(30, 4));
  copy.update(noise(30, 4));
  expect(copy.digest()).toEqual(sum.digest());
  expect(copy.digest()).toEqual(md4(Buffer.concat([noise(100, 3), noise(30, 4)])));
});

describe('of more than 2^32 bits all count', () => {
  /** What a lane of the kernel gives for a block whose bytes were all absorbed to nothing. */
  function byKernel(hash: StrongHash, length: number): Buffer {
    const kernel = new Kernel();
    hash.start(kernel);
    for (let lane = 0; lane < hash.lanes; lane += 1)
      kernel.words[LANES / 4 + lane] = TAIL + lane * 128;
    hash.finish(kernel, 0, length);
    const words = [0, 1, 2, 3].map((word) => STATE + 32 * word);
    return Buffer.concat(words.map((at) => kernel.bytes.slice(at, at + 4)));
  }

  test.each([0, 64, 2 ** 29, 2 ** 30, 3 * 2 ** 29 + 64, 2 ** 33])('%i bytes', (total) => {
    const long = new Md4();
    Object.assign(long, { total });
    const sum = long.digest();
    expect(byKernel(MD4, total)).toEqual(sum);
    if (total >= 2 ** 29) expect(byKernel(MD4, total % 2 ** 29)).not.toEqual(sum);
  });

  test('of BLAKE2b, too', () => {
    expect(byKernel(BLAKE2B, 2 ** 32 + 5)).not.toEqual(byKernel(BLAKE2B, 5));
  });
});
