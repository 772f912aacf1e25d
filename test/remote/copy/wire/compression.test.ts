import { expect, test } from 'vitest';
import { compressBody, decompressBody } from '../../../../src/remote/copy/wire/compression.js';
import { noise, prose } from '../../../support/seed.js';

test('bytes of several parts come back as one, and what saves nothing is not compressed', () => {
  const parts = [prose(200, 1), prose(100, 2)];
  const raw = Buffer.concat(parts);
  for (const some of [parts, [raw]]) {
    const stored = compressBody(some)!;
    expect(stored.length).toBeLessThan(raw.length / 2);
    const into = Buffer.alloc(raw.length);
    decompressBody(stored, into);
    expect(into.equals(raw)).toBe(true);
  }
  expect(compressBody([noise(5000, 1)])).toBeUndefined();
});

test('what fills less or more than was announced, or is no frame, is damaged', () => {
  const raw = prose(100, 1);
  const stored = compressBody([raw])!;
  const damaged = expect.objectContaining({ code: 'REMOTE_PROTOCOL' }) as Error;
  for (const length of [0, raw.length - 1, raw.length + 1]) {
    expect(() => decompressBody(stored, Buffer.alloc(length)), `${length}`).toThrow(damaged);
  }
  for (const bytes of [Buffer.alloc(0), noise(100, 1), stored.subarray(0, -1)]) {
    expect(() => decompressBody(bytes, Buffer.alloc(raw.length))).toThrow(damaged);
  }
});
