import { describe, expect, test } from 'vitest';
import { PackKind } from '../../../src/repo/packs/pack-store.js';
import { createPackWriter, FULL_PACK_BYTES } from '../../../src/repo/packs/pack-writer.js';
import { memoryPacks } from '../../support/memory-packs.js';

describe('a pack writer', () => {
  test('makes packs of its own numbers only, each when it is needed', () => {
    const store = memoryPacks();
    const writer = createPackWriter(store, { kind: PackKind.blobs, firstNumber: 4, step: 3 });
    expect(store.list()).toEqual([]);
    expect(writer.append(Buffer.alloc(10))).toEqual({ pack: 4, offset: 32, lengthBytes: 10 });
    expect(writer.append(Buffer.alloc(20))).toEqual({ pack: 4, offset: 42, lengthBytes: 20 });
    expect(writer.sync()).toEqual(new Map([[4, 62]]));
    expect(store.synced).toEqual(['pack 4', 'names']);
    // Its name is durable now.
    writer.append(Buffer.alloc(5));
    expect(writer.sync()).toEqual(new Map([[4, 67]]));
    expect(store.synced).toEqual(['pack 4', 'names', 'pack 4']);
  });

  test('goes on in a pack at its committed length, without syncing names', () => {
    const store = memoryPacks();
    store.packs.set(2, Buffer.alloc(100));
    const lane = { kind: PackKind.blobs, firstNumber: 4, step: 3 } as const;
    const writer = createPackWriter(store, { ...lane, resume: { pack: 2, lengthBytes: 90 } });
    expect(writer.append(Buffer.alloc(5)).offset).toBe(90);
    expect(writer.sync()).toEqual(new Map([[2, 95]]));
    expect(store.synced).toEqual(['pack 2']);
    expect(writer.sync()).toEqual(new Map([[2, 95]]));
    expect(store.synced).toEqual(['pack 2']);
  });

  test('leaves a full pack for a new one and syncs both', () => {
    const store = { ...memoryPacks(), append: () => undefined };
    const lane = { kind: PackKind.blobs, firstNumber: 4, step: 3 } as const;
    const resume = { pack: 2, lengthBytes: FULL_PACK_BYTES - 1 };
    const writer = createPackWriter(store, { ...lane, resume });
    expect(writer.append(Buffer.alloc(5)).pack).toBe(2);
    expect(writer.append(Buffer.alloc(5))).toEqual({ pack: 4, offset: 32, lengthBytes: 5 });
    expect(writer.sync()).toEqual(
      new Map([
        [2, FULL_PACK_BYTES + 4],
        [4, 37],
      ]),
    );
    expect(store.synced).toEqual(['pack 2', 'pack 4', 'names']);
  });

  test('begins a new pack where the last has as many bytes as one may have, and not before', () => {
    const lane = { kind: PackKind.blobs, firstNumber: 4, step: 3 } as const;
    for (const [lengthBytes, pack] of [
      [FULL_PACK_BYTES - 1, 2],
      [FULL_PACK_BYTES, 4],
    ] as const) {
      const store = { ...memoryPacks(), append: () => undefined };
      const writer = createPackWriter(store, { ...lane, resume: { pack: 2, lengthBytes } });
      expect(writer.append(Buffer.alloc(5)).pack).toBe(pack);
    }
  });

  test('passes over numbers that something else has, by steps that no other lane takes', () => {
    const store = { ...memoryPacks(), append: () => undefined };
    for (const pack of [4, 7, 13]) store.create(pack, PackKind.blobs);
    const writer = createPackWriter(store, { kind: PackKind.blobs, firstNumber: 4, step: 3 });
    const numbers = [1, 2, 3].map(() => {
      const { pack } = writer.append(Buffer.alloc(5));
      writer.append(Buffer.alloc(FULL_PACK_BYTES));
      return pack;
    });
    expect(numbers).toEqual([10, 16, 19]);
  });
});
