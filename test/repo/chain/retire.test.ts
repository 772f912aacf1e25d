import { describe, expect, test } from 'vitest';
import { blake3 } from '../../../src/platform/hash.js';
import {
  deltaMember,
  deltaStreams,
  encodeReverse,
  extendTail,
  MAX_LINKS,
  rebuildsExactly,
} from '../../../src/repo/chain/retire.js';
import { createBufferPool } from '../../../src/repo/packs/buffer-pool.js';
import { noise } from '../../support/seed.js';
import { watchedPool } from '../../support/watched-worker.js';

const text = (bytes: Buffer) => ({ bytes, hash: blake3(bytes) });
const pool = createBufferPool(1000);
const newer = text(noise(20_000, 1));
const edited = text(Buffer.concat([noise(50, 9), newer.bytes.subarray(0, 19_000)]));

describe('a reverse delta', () => {
  test('is made where it takes less than 0.6 of the full copy, and rebuilds exactly', () => {
    const delta = encodeReverse(newer, { ...edited, storedBytes: 19_000 }, ({ length }) => length);
    expect(delta).toBeDefined();
    expect(rebuildsExactly(newer.bytes, delta!, edited.bytes, pool)).toBe(true);
    expect(deltaMember(delta!)).toMatchObject({
      hash: edited.hash,
      basisHash: newer.hash,
      lengthBytes: 19_050,
    });
    expect(
      rebuildsExactly(newer.bytes, delta!, Buffer.from(edited.bytes).fill(0, 0, 1), pool),
    ).toBe(false);
  });

  test('is proven in a buffer that is given back, whether it is right or not', () => {
    const watched = watchedPool();
    const delta = encodeReverse(newer, { ...edited, storedBytes: 19_000 }, ({ length }) => length)!;
    for (const [old, isRight] of [
      [edited.bytes, true],
      [Buffer.from(edited.bytes).fill(0, 0, 1), false],
    ] as const) {
      expect(rebuildsExactly(newer.bytes, delta, old, watched)).toBe(isRight);
      expect(watched.taken).toBe(0);
    }
    expect(watched.most).toBe(1);
  });

  test.each([
    [0.55, true],
    [0.65, false],
  ])('is worth its while where %f of the bytes are new: %j', (share, isMade) => {
    const own = noise(10_000 * share, 3);
    const old = text(Buffer.concat([own, newer.bytes.subarray(0, 10_000 - own.length)]));
    const delta = encodeReverse(newer, { ...old, storedBytes: 10_000 }, ({ length }) => length);
    expect(delta !== undefined).toBe(isMade);
  });

  test('pays below 0.6 of the full copy, not at 0.6', () => {
    const length = ({ length }: Uint8Array): number => length;
    const sizeOf = (old: ReturnType<typeof text>): number =>
      deltaStreams(encodeReverse(newer, { ...old, storedBytes: 1e6 }, length)!).reduce(
        (sum, stream) => sum + stream.length,
        0,
      );
    // One whose delta takes 3/5 of a whole number.
    const old = [0, 1, 2, 3, 4, 5, 6, 7, 8]
      .map((more) => text(Buffer.concat([noise(600 + more, 9), newer.bytes.subarray(0, 19_000)])))
      .find((one) => sizeOf(one) % 3 === 0 && (sizeOf(one) / 3) * 5 * 0.6 === sizeOf(one))!;
    const storedBytes = (sizeOf(old) / 3) * 5;
    expect(encodeReverse(newer, { ...old, storedBytes }, length)).toBeUndefined();
    expect(encodeReverse(newer, { ...old, storedBytes: storedBytes + 1 }, length)).toBeDefined();
  });

  test('is not made of strangers', () => {
    const stranger = { ...text(noise(20_000, 5)), storedBytes: 20_000 };
    expect(encodeReverse(newer, stranger, ({ length }) => length)).toBeUndefined();
  });

  test('is not made where the full copy already takes next to nothing', () => {
    const delta = encodeReverse(newer, { ...edited, storedBytes: 60 }, ({ length }) => length);
    expect(delta).toBeUndefined();
    const compressed = encodeReverse(newer, { ...edited, storedBytes: 60 }, () => 2);
    expect(compressed).toBeDefined();
  });
});

describe('a chain', () => {
  const none = { links: 0, bytes: 0 };

  test('grows by a link and its bytes, and keeps the costlier of two tails', () => {
    expect(extendTail(none, none, 10, 100)).toEqual({ links: 1, bytes: 10 });
    expect(extendTail({ links: 7, bytes: 5 }, { links: 2, bytes: 30 }, 10, 100)).toEqual({
      links: 7,
      bytes: 40,
    });
    expect(extendTail({ links: 1, bytes: 55 }, { links: 2, bytes: 30 }, 10, 100)).toEqual({
      links: 3,
      bytes: 55,
    });
  });

  test('ends where it would cost more than one full copy', () => {
    expect(extendTail(none, { links: 1, bytes: 90 }, 10, 100)).toEqual({ links: 2, bytes: 100 });
    expect(extendTail(none, { links: 1, bytes: 91 }, 10, 100)).toBeUndefined();
  });

  test('ends at 500 links', () => {
    expect(MAX_LINKS).toBe(500);
    expect(extendTail(none, { links: 499, bytes: 0 }, 1, 100)?.links).toBe(500);
    expect(extendTail(none, { links: 500, bytes: 0 }, 1, 100)).toBeUndefined();
  });
});
