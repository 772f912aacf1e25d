import { crc32 } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { blake3 } from '../../../src/platform/hash.js';
import { encodeFrame, FrameKind } from '../../../src/repo/packs/frame.js';
import { scanPack } from '../../../src/repo/packs/scan.js';
import { memoryPacks } from '../../support/memory-packs.js';
import { noise } from '../../support/seed.js';

const frame = (seed: number, length = 200): Buffer => {
  const bytes = noise(length, seed);
  const members = [{ hash: blake3(bytes), lengthBytes: length }];
  return Buffer.from(encodeFrame({ kind: FrameKind.full, members }, seed, [bytes], { level: 3 }));
};

function storeOf(...parts: Buffer[]) {
  const store = memoryPacks();
  store.packs.set(1, Buffer.concat([Buffer.alloc(32), ...parts]));
  return store;
}

const scan = (store: ReturnType<typeof storeOf>) =>
  [...scanPack(store, 1)].map(({ head, address, isIntact }) => [
    head.generation,
    address.offset,
    isIntact,
  ]);

describe('a scan', () => {
  test('finds every frame in order, and where it lies', () => {
    expect(scan(storeOf(frame(1), frame(2), frame(3)))).toEqual([
      [1, 32, true],
      [2, 337, true],
      [3, 642, true],
    ]);
    expect(scan(storeOf())).toEqual([]);
  });

  test('loses one frame with one damaged header, and says nothing false', () => {
    for (const at of [0, 4, 12, 20, 30, 44, 47]) {
      const damaged = frame(2);
      damaged[at]! ^= 1;
      const found = scan(storeOf(frame(1), damaged, frame(3)));
      expect(found, `byte ${at}`).toEqual([
        [1, 32, true],
        [3, 642, true],
      ]);
    }
  });

  test('loses one frame with one damaged table', () => {
    const damaged = frame(2);
    damaged[60]! ^= 1;
    expect(scan(storeOf(frame(1), damaged, frame(3)))).toEqual([
      [1, 32, true],
      [3, 642, true],
    ]);
  });

  test('finds a frame whose payload was given back, and says so', () => {
    const punched = frame(2).fill(0, 105);
    expect(scan(storeOf(frame(1), punched, frame(3)))).toEqual([
      [1, 32, true],
      [2, 337, false],
      [3, 642, true],
    ]);
  });

  test('ends before a torn tail, wherever it is torn', () => {
    const torn = frame(2);
    for (let length = 0; length < torn.length; length += 7) {
      expect(scan(storeOf(frame(1), torn.subarray(0, length)))).toEqual([[1, 32, true]]);
    }
  });

  test('finds a frame behind more garbage than it searches at once', () => {
    const garbage = Buffer.alloc(1024 * 1024 + 17, 'VFR');
    const at = 32 + garbage.length;
    expect(scan(storeOf(garbage, frame(1)))).toEqual([[1, at, true]]);
    // The magic itself lies across the two windows.
    const across = Buffer.alloc(1024 * 1024 - 1, 'VFRMVFRM');
    expect(scan(storeOf(across, frame(1)))).toEqual([[1, 32 + across.length, true]]);
  });

  test.each([1, 3, 47, 48, 49])('finds a frame behind %i other bytes', (length) => {
    const between = Buffer.alloc(length, 'V');
    expect(scan(storeOf(frame(1), between, frame(2)))).toEqual([
      [1, 32, true],
      [2, 337 + length, true],
    ]);
  });

  test('finds a frame behind bytes that begin as one would', () => {
    const misleading = Buffer.from('xVFRMxVFRM', 'latin1');
    for (const parts of [
      [misleading],
      [misleading, misleading],
      [Buffer.alloc(60), misleading, Buffer.alloc(60)],
    ]) {
      const between = Buffer.concat(parts);
      expect(scan(storeOf(frame(1), between, frame(2)))).toEqual([
        [1, 32, true],
        [2, 337 + between.length, true],
      ]);
    }
  });

  test('is not led astray by a frame within the bytes of another', () => {
    const inner = frame(9, 20);
    const members = [{ hash: blake3(inner), lengthBytes: inner.length }];
    const outer = Buffer.from(
      encodeFrame({ kind: FrameKind.full, members }, 1, [inner], { level: 3 }),
    );
    expect(scan(storeOf(outer, frame(2)))).toHaveLength(2);
  });

  test('refuses a frame of a newer version instead of skipping it', () => {
    const newer = frame(1);
    newer.writeUInt8(9, 4);
    expect(() => scan(storeOf(reseal(newer)))).toThrow(
      expect.objectContaining({ code: 'FORMAT_UNKNOWN' }),
    );
  });
});

function reseal(bytes: Buffer): Buffer {
  bytes.writeUInt32LE(crc32(bytes.subarray(0, 44)), 44);
  return bytes;
}
