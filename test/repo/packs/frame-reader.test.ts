import { describe, expect, test } from 'vitest';
import { blake3 } from '../../../src/platform/hash.js';
import type { BlobAddress } from '../../../src/repo/model.js';
import { createBufferPool, type BufferPool } from '../../../src/repo/packs/buffer-pool.js';
import { encodeFrame, FrameKind } from '../../../src/repo/packs/frame.js';
import { createFrameReader, decodesTo } from '../../../src/repo/packs/frame-reader.js';
import { memoryPacks } from '../../support/memory-packs.js';
import { drawer, noise, prose } from '../../support/seed.js';
import { watchedPool } from '../../support/watched-worker.js';

/** Frames of two blobs each; every second one compresses. */
function fill(frames: number) {
  const store = memoryPacks();
  const blobs: { bytes: Buffer; address: BlobAddress }[] = [];
  let offset = 32;
  const parts = [Buffer.alloc(32)];
  for (let frame = 0; frame < frames; frame += 1) {
    const texts = [0, 1].map((half) => {
      const seed = 2 * frame + half;
      return frame % 2 === 0 ? noise(3000, seed) : prose(60, seed);
    });
    const members = texts.map((bytes) => ({ hash: blake3(bytes), lengthBytes: bytes.length }));
    const bytes = Buffer.from(
      encodeFrame({ kind: FrameKind.full, members }, 1, [Buffer.concat(texts)], { level: 3 }),
    );
    texts.forEach((text, member) => {
      const place = { pack: 1, offset, lengthBytes: bytes.length };
      const { hash, lengthBytes } = members[member]!;
      blobs.push({ bytes: text, address: { hash, lengthBytes, frame: place, member } });
    });
    parts.push(bytes);
    offset += bytes.length;
  }
  store.packs.set(1, Buffer.concat(parts));
  return { store, blobs };
}

/** Overwrites what is given back, as its next user would. */
function hostilePool(): BufferPool {
  const pool = createBufferPool(1024 * 1024);
  return {
    take: (lengthBytes) => pool.take(lengthBytes),
    give(buffer) {
      Buffer.from(buffer.buffer).fill(0xee);
      pool.give(buffer);
    },
  };
}

describe('a frame reader', () => {
  test('gives each member its own bytes, from the cache or not', () => {
    const { store, blobs } = fill(6);
    const reader = createFrameReader(store, 20_000, createBufferPool(100_000));
    const draw = drawer(1);
    for (let turn = 0; turn < 100; turn += 1) {
      const { bytes, address } = blobs[draw(blobs.length)]!;
      expect(Buffer.from(reader.readFull(address)).equals(bytes)).toBe(true);
      reader.recycle();
    }
  });

  test.each([0, 8000, 1_000_000])(
    'never gives away memory that was handed out before recycle (cache of %i)',
    (cacheBytes) => {
      const { store, blobs } = fill(10);
      const reader = createFrameReader(store, cacheBytes, hostilePool());
      const draw = drawer(2);
      for (let turn = 0; turn < 40; turn += 1) {
        const held = Array.from({ length: 7 }, () => {
          const blob = blobs[draw(blobs.length)]!;
          return { ...blob, read: reader.readFull(blob.address) };
        });
        for (const { bytes, read } of held) expect(Buffer.from(read).equals(bytes)).toBe(true);
        reader.recycle();
      }
    },
  );

  test('counts what it holds of each member, however few bytes it has', () => {
    const members = Array.from({ length: 1000 }, (_, index) => {
      const bytes = Buffer.of(index & 0xff, index >> 8);
      return { hash: blake3(bytes), lengthBytes: bytes.length, bytes };
    });
    const section = Buffer.concat(members.map(({ bytes }) => bytes));
    const frame = Buffer.from(
      encodeFrame({ kind: FrameKind.full, members }, 1, [section], { level: 3 }),
    );
    const store = memoryPacks();
    store.packs.set(1, Buffer.concat([Buffer.alloc(32), frame, frame]));
    const offsets: number[] = [];
    const counting = {
      ...store,
      read: (pack: number, offset: number, lengthBytes: number, buffer?: Buffer) => {
        offsets.push(offset);
        return store.read(pack, offset, lengthBytes, buffer);
      },
    };
    const reader = createFrameReader(counting, 100_000, createBufferPool(100_000));
    const [first, second] = [32, 32 + frame.length];
    const { hash, lengthBytes } = members[0]!;
    for (const offset of [first, first, second, first]) {
      const place = { pack: 1, offset, lengthBytes: frame.length };
      reader.readFull({ hash, lengthBytes, frame: place, member: 0 });
    }
    expect(offsets).toEqual([first, second, first]);
  });

  test('refuses an address that names another member', () => {
    const { store, blobs } = fill(1);
    const reader = createFrameReader(store, 1000, createBufferPool(1000));
    const [first, second] = blobs;
    const hash = Buffer.from(second!.address.hash).toString('hex');
    expect(() => reader.readFull({ ...second!.address, member: 0 })).toThrow(
      expect.objectContaining({
        code: 'FRAME_CORRUPT',
        message: `The frame at 32 of pack 1 does not hold blob ${hash} as its member 0.`,
      }),
    );
    expect(() => reader.readFull({ ...first!.address, member: 2 })).toThrow('as its member 2.');
    expect(() => reader.readDelta(first!.address)).toThrow('as its member 0.');
  });

  test('refuses an address that says another length', () => {
    const { store, blobs } = fill(1);
    const reader = createFrameReader(store, 1000, createBufferPool(1000));
    const { address } = blobs[0]!;
    for (const lengthBytes of [0, 2999, 3001]) {
      expect(() => reader.readFull({ ...address, lengthBytes })).toThrow(
        expect.objectContaining({
          code: 'FRAME_CORRUPT',
          message:
            `Blob ${Buffer.from(address.hash).toString('hex')} has 3000 bytes, ` +
            `the index says ${lengthBytes}.`,
        }),
      );
    }
  });

  test('refuses a delta of another blob, of another length, or of a frame that is damaged', () => {
    const hash = blake3(Buffer.from('target'));
    const members = [
      { hash, basisHash: blake3(Buffer.from('basis')), lengthBytes: 9, streamBytes: [1, 1, 1, 4] },
    ] as const;
    const streams = [Buffer.of(4), Buffer.of(5), Buffer.of(0), Buffer.from('abcd')];
    const frame = Buffer.from(
      encodeFrame({ kind: FrameKind.delta, members }, 1, streams, { level: 3 }),
    );
    const store = memoryPacks();
    const address = {
      hash,
      lengthBytes: 9,
      frame: { pack: 1, offset: 32, lengthBytes: frame.length },
      member: 0,
    };
    const read = (change: Partial<BlobAddress>, bytes = frame) => {
      store.packs.set(1, Buffer.concat([Buffer.alloc(32), bytes]));
      const reader = createFrameReader(store, 1000, createBufferPool(1000));
      return () => reader.readDelta({ ...address, ...change });
    };
    expect(Buffer.from(read({})().literals).toString()).toBe('abcd');
    expect(read({ hash: blake3(Buffer.from('other')) })).toThrow('as its member 0.');
    expect(read({ member: 1 })).toThrow('as its member 1.');
    expect(read({ lengthBytes: 8 })).toThrow('has 9 bytes, the index says 8.');
    const damaged = Buffer.from(frame);
    damaged[frame.length - 1]! ^= 1;
    expect(read({}, damaged)).toThrow('A frame of deltas is damaged: its checksum is wrong.');
  });

  test('refuses a member that its section has no room for', () => {
    const bytes = noise(100, 1);
    const members = [60, 41].map((lengthBytes) => ({ hash: blake3(bytes), lengthBytes }));
    const frame = encodeFrame({ kind: FrameKind.full, members }, 1, [bytes], { level: 3 });
    const store = memoryPacks();
    store.packs.set(1, Buffer.concat([Buffer.alloc(32), frame]));
    const reader = createFrameReader(store, 1000, createBufferPool(1000));
    const place = { pack: 1, offset: 32, lengthBytes: frame.length };
    const read = (member: number, lengthBytes: number) =>
      reader.readFull({ hash: blake3(bytes), lengthBytes, frame: place, member });
    expect(read(0, 60)).toHaveLength(60);
    expect(() => read(1, 41)).toThrow('a member extends beyond its section.');
  });

  test('says where a pack ends too early', () => {
    const { store, blobs } = fill(1);
    const { frame } = blobs[0]!.address;
    store.truncate(1, 100);
    const reader = createFrameReader(store, 1000, createBufferPool(1000));
    expect(() => reader.readFull(blobs[0]!.address)).toThrow(
      expect.objectContaining({
        code: 'FRAME_CORRUPT',
        message: `Pack 1 ends inside the frame at 32: expected ${frame.lengthBytes} bytes, found 68.`,
      }),
    );
  });
});

describe('a buffer pool', () => {
  test('gives exactly what is asked for, again where it fits', () => {
    const pool = createBufferPool(1024 * 1024);
    const first = pool.take(1000);
    expect(first).toHaveLength(1000);
    pool.give(first);
    const second = pool.take(900);
    expect(second).toHaveLength(900);
    expect(second.buffer).toBe(first.buffer);
    expect(pool.take(900).buffer).not.toBe(first.buffer);
    expect(pool.take(0)).toHaveLength(0);
  });

  test('never gives less room than asked for, and keeps no more than it may', () => {
    const pool = createBufferPool(500_000);
    const draw = drawer(3);
    const held: Buffer[] = [];
    for (let turn = 0; turn < 500; turn += 1) {
      const length = draw(700_000);
      const buffer = pool.take(length);
      expect(buffer).toHaveLength(length);
      for (const other of held) expect(other.buffer).not.toBe(buffer.buffer);
      held.push(buffer);
      if (held.length > 4) pool.give(held.splice(draw(4), 1)[0]!);
    }
  });
});

describe('what a frame reader takes of the pool', () => {
  /** Frames of noise, which are stored as they are, and of prose, in turn. */
  function readerOf(frames: number, cacheBytes: number) {
    const { store, blobs } = fill(frames);
    let reads = 0;
    const counted = {
      ...store,
      read(...of: Parameters<typeof store.read>) {
        reads += 1;
        return store.read(...of);
      },
    };
    const pool = watchedPool();
    const reader = createFrameReader(counted, cacheBytes, pool);
    /** Reads the first blob of each frame; how often a pack was read for that. */
    const readsOf = (...numbers: readonly number[]): number => {
      reads = 0;
      for (const number of numbers) {
        const { bytes, address } = blobs[2 * number]!;
        expect(Buffer.from(reader.readFull(address)).equals(bytes)).toBe(true);
        reader.recycle();
      }
      return reads;
    };
    return { store, blobs, pool, reader, readsOf };
  }

  test('is one buffer for each frame that it keeps, however that is stored', () => {
    const { pool, readsOf } = readerOf(6, 1_000_000);
    expect(readsOf(0, 1, 2, 3, 4, 5)).toBe(6);
    expect(pool.taken).toBe(6);
    expect(readsOf(5, 0, 3, 1)).toBe(0);
    expect(pool.taken).toBe(6);
  });

  test('is given back for frames that leave the cache, but for the last one that was read', () => {
    const { pool, readsOf } = readerOf(6, 0);
    expect(readsOf(0, 1, 2, 3, 4, 5, 5)).toBe(6);
    expect(pool.taken).toBe(1);
    expect(pool.most).toBeLessThanOrEqual(4);
  });

  test('is given back only when the caller says that it holds nothing', () => {
    const { pool, reader, blobs } = readerOf(4, 0);
    const held = [0, 2, 4].map((blob) => reader.readFull(blobs[blob]!.address));
    expect(pool.taken).toBe(3);
    held.forEach((bytes, at) => expect(blobs[2 * at]!.bytes.equals(bytes)).toBe(true));
    reader.recycle();
    expect(pool.taken).toBe(1);
    reader.recycle();
    expect(pool.taken).toBe(1);
  });

  test('stays for the frames that were used last', () => {
    // Two members of 3000 bytes and 300 beside them: room for three such frames.
    const { readsOf } = readerOf(9, 3 * 6600);
    expect(readsOf(0, 2, 4)).toBe(3);
    expect(readsOf(0)).toBe(0);
    expect(readsOf(6)).toBe(1);
    expect(readsOf(0, 4, 6)).toBe(0);
    expect(readsOf(2)).toBe(1);
    expect(readsOf(0)).toBe(1);
  });

  test('is given back where a frame is damaged', () => {
    const { pool, store, reader, blobs } = readerOf(4, 1_000_000);
    for (const blob of [0, 2]) {
      const { frame } = blobs[blob]!.address;
      store.packs.get(1)![frame.offset + 50]! ^= 1;
      expect(() => reader.readFull(blobs[blob]!.address)).toThrow('A frame is damaged');
      expect(pool.taken).toBe(0);
    }
    store.packs.set(1, store.packs.get(1)!.subarray(0, -10));
    expect(() => reader.readFull(blobs[6]!.address)).toThrow('ends inside the frame');
    expect(pool.taken).toBe(0);
  });
});

test('a frame is proven by its bytes, and the buffer for that is given back', () => {
  const pool = watchedPool();
  for (const bytes of [noise(5000, 1), prose(100, 1)]) {
    const members = [{ hash: blake3(bytes), lengthBytes: bytes.length }];
    const frame = encodeFrame({ kind: FrameKind.full, members }, 1, [bytes], { level: 3 });
    expect(decodesTo(frame, bytes, pool)).toBe(true);
    const other = Buffer.from(bytes);
    other[bytes.length - 1]! ^= 1;
    expect(decodesTo(frame, other, pool)).toBe(false);
  }
  expect(pool.taken).toBe(0);
});
