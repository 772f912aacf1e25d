import { expect, test } from 'vitest';
import { blake3, HASH_BYTES, startBlake3 } from '../../src/platform/hash.js';
import { noise } from '../support/seed.js';

test('the empty input has the hash that the BLAKE3 paper gives', () => {
  expect(blake3(new Uint8Array(0)).toString('hex')).toBe(
    'af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262',
  );
});

test('a hash of pieces is that of all of them, in small hexadecimal digits', () => {
  const bytes = noise(5000, 1);
  const hash = startBlake3();
  const ends = [1, 1024, 5000];
  ends.forEach((end, at) => hash.update(bytes.subarray(ends[at - 1] ?? 0, end)));
  expect(hash.hex()).toBe(blake3(bytes).toString('hex'));
  expect(blake3(bytes)).toHaveLength(HASH_BYTES);
});
