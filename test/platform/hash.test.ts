import { expect, test } from 'vitest';
import { blake3 } from '../../src/platform/hash.js';

test('the empty input has the hash that the BLAKE3 paper gives', () => {
  expect(blake3(new Uint8Array(0)).toString('hex')).toBe(
    'af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262',
  );
});
