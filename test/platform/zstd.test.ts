import { describe, expect, test } from 'vitest';
import { compress, compressBound, decompress, UndecodableError } from '../../src/platform/zstd.js';
import { noise, prose } from '../support/seed.js';

const compressed = (raw: Uint8Array, level = 3): Buffer => {
  const into = Buffer.alloc(compressBound(raw.length));
  return into.subarray(0, compress(raw, into, level) ?? 0);
};

describe('compressing', () => {
  test.each([
    ['nothing', noise(0, 1)],
    ['31 equal bytes', Buffer.alloc(31, 'a')],
    ['noise', noise(5000, 1)],
    ['a lot of noise, by samples', noise(200_000, 1)],
  ])('does not pay for %s', (_, raw) => {
    expect(compress(raw, Buffer.alloc(compressBound(raw.length)), 3)).toBeUndefined();
  });

  test.each([1, 3, 9])('pays for text, and comes back, at level %i', (level) => {
    const raw = prose(500, 1);
    const stored = compressed(raw, level);
    const back = Buffer.alloc(raw.length);
    expect(stored.length).toBeLessThan(raw.length / 2);
    expect(decompress(stored, back)).toBe(raw.length);
    expect(back.equals(raw)).toBe(true);
  });
});

describe('decompressing', () => {
  const raw = prose(50, 1);
  const stored = compressed(raw);

  test.each([
    ['noise', noise(40, 1), raw.length],
    ['a frame that is cut', stored.subarray(0, 90), raw.length],
    ['more than there is room for', stored, raw.length - 1],
  ])('refuses %s', (_, bytes, room) => {
    expect(() => decompress(bytes, Buffer.alloc(room))).toThrow(UndecodableError);
  });

  test('says how much it gave where there is more room', () => {
    expect(decompress(stored, Buffer.alloc(raw.length + 1))).toBe(raw.length);
  });
});
