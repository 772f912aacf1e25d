/** A worker over packs in memory whose buffers are counted, and spoilt as soon as they are given back. */
import { expect } from 'vitest';
import { encodeDelta } from '../../src/delta/encode.js';
import { openFileSystem, type FileSystem } from '../../src/platform/files.js';
import { blake3 } from '../../src/platform/hash.js';
import type { BlobAddress, StoredFrame } from '../../src/repo/model.js';
import type { BufferPool } from '../../src/repo/packs/buffer-pool.js';
import { createFrameReader } from '../../src/repo/packs/frame-reader.js';
import { PackKind } from '../../src/repo/packs/pack-store.js';
import {
  createWorkerContext,
  type LaneWriter,
  type WorkerContext,
} from '../../src/repo/worker/context.js';
import { memoryPacks, type MemoryPacks } from './memory-packs.js';

export interface WatchedPool extends BufferPool {
  /** How many buffers were taken and not given back. */
  readonly taken: number;
  /** How many that were at most. */
  readonly most: number;
}

/** Refuses what it did not hand out, and what is given back twice. */
export function watchedPool(): WatchedPool {
  const out = new Set<ArrayBufferLike>();
  let most = 0;
  return {
    get taken() {
      return out.size;
    },
    get most() {
      return most;
    },
    take(lengthBytes) {
      const buffer = Buffer.allocUnsafeSlow(lengthBytes + 1).fill(0xdb);
      out.add(buffer.buffer);
      most = Math.max(most, out.size);
      return buffer.subarray(0, lengthBytes);
    },
    give({ buffer }) {
      expect(out.delete(buffer), 'is a buffer of the pool, and in use').toBe(true);
      Buffer.from(buffer).fill(0xdb);
    },
  };
}

export interface WatchedWorker {
  readonly context: WorkerContext;
  readonly packs: MemoryPacks;
  readonly pool: WatchedPool;
  readonly run: LaneWriter;
  /** Stores blobs in one frame. */
  readonly putFulls: (...blobs: readonly Uint8Array[]) => BlobAddress[];
  /** Stores a text as a delta against another. */
  readonly putDelta: (basis: Uint8Array, text: Uint8Array) => BlobAddress;
}

interface WatchedWorkerOptions {
  readonly files?: FileSystem;
  readonly level?: number;
  readonly generation?: number;
}

/** Its reader keeps the frame that it read last, and no other. */
export function watchedWorker({
  files = openFileSystem(),
  level = 3,
  generation = 1,
}: WatchedWorkerOptions = {}): WatchedWorker {
  const packs = memoryPacks();
  const pool = watchedPool();
  const begun = createWorkerContext(files, packs);
  const lane = { kind: PackKind.blobs, firstNumber: 1, step: 1 } as const;
  begun.begin({ type: 'begin', generation, level, lane });
  const run = begun.run!;
  const context: WorkerContext = { ...begun, run, pool, reader: createFrameReader(packs, 0, pool) };
  return {
    context,
    packs,
    pool,
    run,
    putFulls(...blobs) {
      const members = blobs.map((bytes) => ({ hash: blake3(bytes), lengthBytes: bytes.length }));
      const positions = blobs.map((_, position) => position);
      const frame = run.appendFull(members, Buffer.concat(blobs), positions, false);
      return blobs.map((bytes, member) => addressIn(frame, member, bytes));
    },
    putDelta(basis, text) {
      const hashes = { basisHash: blake3(basis), targetHash: blake3(text) };
      const delta = encodeDelta(basis, text, { ...hashes, maxLiteralShare: 1 })!;
      return addressIn(run.appendDeltas(run.encodeDeltas([delta]), [delta], [0]), 0, text);
    },
  };
}

/** Where `bytes` are, the member of a frame. */
export function addressIn(
  { pack, offset, lengthBytes }: StoredFrame,
  member: number,
  bytes: Uint8Array,
): BlobAddress {
  const frame = { pack, offset, lengthBytes };
  return { hash: blake3(bytes), lengthBytes: bytes.length, frame, member };
}
