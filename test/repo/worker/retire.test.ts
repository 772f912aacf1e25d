/** A delta is made of bytes that have their hashes, whatever the store gives. */
import { describe, expect, test } from 'vitest';
import { openFileSystem } from '../../../src/platform/files.js';
import { applyDelta } from '../../../src/delta/apply.js';
import { encodeDelta } from '../../../src/delta/encode.js';
import { blake3 } from '../../../src/platform/hash.js';
import { deltaStreams } from '../../../src/repo/chain/retire.js';
import type { BlobAddress } from '../../../src/repo/model.js';
import type { RetireJob } from '../../../src/repo/worker/jobs.js';
import { compressedSize } from '../../../src/repo/packs/codec.js';
import { PackKind } from '../../../src/repo/packs/pack-store.js';
import { createWorkerContext } from '../../../src/repo/worker/context.js';
import { retire } from '../../../src/repo/worker/retire.js';
import { memoryPacks } from '../../support/memory-packs.js';
import { noise, prose } from '../../support/seed.js';
import { addressIn, watchedWorker } from '../../support/watched-worker.js';

const OLD = noise(5000, 1);
/** One bit away from it. */
const NEWER = Buffer.from(OLD);
NEWER[3000]! ^= 0x10;

/** A worker over a pack that holds both, and a store that flips that bit in reads of one of them. */
function prepare(flipped?: Buffer) {
  const packs = memoryPacks();
  const store = {
    ...packs,
    read(pack: number, offset: number, lengthBytes: number, buffer?: Buffer) {
      const bytes = packs.read(pack, offset, lengthBytes, buffer);
      const at = flipped ? bytes.indexOf(flipped) : -1;
      if (at !== -1) bytes[at + 3000]! ^= 0x10;
      return bytes;
    },
  };
  const context = createWorkerContext(openFileSystem(), store);
  const lane = { kind: PackKind.blobs, firstNumber: 1, step: 1 } as const;
  context.begin({ type: 'begin', generation: 1, level: 3, lane });
  const put = (bytes: Buffer): BlobAddress => {
    const members = [{ hash: blake3(bytes), lengthBytes: bytes.length }];
    const { pack, offset, lengthBytes } = context.run!.appendFull(members, bytes, [0], false);
    return { ...members[0]!, frame: { pack, offset, lengthBytes }, member: 0 };
  };
  const pair = { old: put(OLD), oldStoredBytes: OLD.length, newers: [put(NEWER)] };
  const size = packs.packs.get(1)!.length;
  return {
    put,
    runPairs: (pairs: RetireJob['pairs']) => retire(context, { type: 'retire', pairs }),
    run: () => retire(context, { type: 'retire', pairs: [pair] }),
    appendedBytes: () => packs.packs.get(1)!.length - size,
  };
}

describe('a reverse delta', () => {
  test('is made of two blobs that are read right', () => {
    const { run, appendedBytes } = prepare();
    const { frames, taken } = run();
    expect(taken).toEqual(new Map([[0, 0]]));
    expect(frames.map(({ members }) => members)).toEqual([[0]]);
    expect(appendedBytes()).toBeLessThan(400);
  });

  test.each([
    ['newer', NEWER],
    ['old', OLD],
  ])('is not made where the %s one is read wrong, be it into the other', (_, bytes) => {
    const { run, appendedBytes } = prepare(bytes);
    expect(run).toThrow('The stored bytes do not match the hash of their blob.');
    expect(appendedBytes()).toBe(0);
  });
});

test('each delta is stored once, in frames of a few megabytes of texts', () => {
  const { put, runPairs } = prepare();
  const pairs = Array.from({ length: 7 }, (_, position) => {
    const newer = noise(1_500_000, 10 + position);
    const old = Buffer.concat([noise(100, 30 + position), newer.subarray(0, -100)]);
    return { old: put(old), oldStoredBytes: old.length, newers: [put(newer)] };
  });
  const { frames, taken } = runPairs(pairs);
  expect(frames.map(({ members }) => members)).toEqual([[0, 1], [2, 3], [4, 5], [6]]);
  expect([...taken.keys()]).toEqual([0, 1, 2, 3, 4, 5, 6]);
});

describe('of the blobs that a delta may be against', () => {
  const old = noise(20_000, 1);
  const near = Buffer.concat([old, noise(100, 2)]);
  const far = noise(20_000, 3);

  test.each([
    ['the first', [near, far], 0],
    ['the first that pays', [far, near, near], 1],
    ['none', [far, far], undefined],
  ])('%s is taken, and nothing is kept of any', (_, newers, expected) => {
    const { context, pool, putFulls } = watchedWorker();
    const addresses = newers.map((bytes) => putFulls(bytes)[0]!);
    const pair = { old: putFulls(old)[0]!, oldStoredBytes: old.length, newers: addresses };
    const { frames, taken } = retire(context, { type: 'retire', pairs: [pair] });
    expect(taken.get(0)).toBe(expected);
    expect(frames.map(({ members }) => members)).toEqual(expected === undefined ? [] : [[0]]);
    // The frame that was read last.
    expect(pool.taken).toBe(1);
    if (expected === undefined) return;
    const delta = context.reader.readDelta(addressIn(frames[0]!, 0, old));
    expect(applyDelta(near, delta).equals(old)).toBe(true);
  });

  test('none is where the old one takes hardly more in its pack, however long it is', () => {
    const { context, putFulls } = watchedWorker();
    const repeated = Buffer.alloc(50_000, 'abcdefgh');
    const longer = Buffer.concat([noise(60, 4), repeated, noise(60, 5)]);
    const newers = [putFulls(repeated)[0]!];
    const takenWith = (oldStoredBytes: number): number =>
      retire(context, {
        type: 'retire',
        pairs: [{ old: putFulls(longer)[0]!, oldStoredBytes, newers }],
      }).taken.size;
    expect(takenWith(200)).toBe(0);
    expect(takenWith(250)).toBe(1);
  });
});

test('a delta pays by what it takes at the level of the run', () => {
  const newer = noise(40_000, 1);
  const old = Buffer.concat([newer, prose(400, 2)]);
  const streams = deltaStreams(encodeDelta(newer, old)!);
  const takes = (level: number): number =>
    streams.reduce((sum, stream) => sum + compressedSize(stream, level), 0);
  const [quick, thorough] = [takes(2), takes(19)];
  expect(thorough).toBeLessThan(quick);
  // Between the two, where the share that a delta may take is 0.6.
  const oldStoredBytes = Math.round((quick + thorough) / 2 / 0.6);
  const takenAt = (level: number): number => {
    const { context, putFulls } = watchedWorker({ level });
    const pairs = [{ old: putFulls(old)[0]!, oldStoredBytes, newers: putFulls(newer) }];
    return retire(context, { type: 'retire', pairs }).taken.size;
  };
  expect([takenAt(2), takenAt(19)]).toEqual([0, 1]);
});

test('texts of just 4 MiB are proven and stored together, and the next by themselves', () => {
  const { context, putFulls } = watchedWorker();
  const half = 512 * 1024;
  const pairs = Array.from({ length: 9 }, (_, position) => {
    const newer = noise(half, 10 + position);
    const old = Buffer.from(newer);
    old.set(noise(20, 50), 1000);
    return { old: putFulls(old)[0]!, oldStoredBytes: half, newers: putFulls(newer) };
  });
  const { frames } = retire(context, { type: 'retire', pairs });
  expect(frames.map(({ members }) => members)).toEqual([[0, 1, 2, 3], [4, 5, 6, 7], [8]]);
});

test('no more buffers are held for more pairs than are proven at once', () => {
  const mostOf = (count: number): number => {
    const { context, pool, putFulls } = watchedWorker();
    const pairs = Array.from({ length: count }, (_, position) => {
      const newer = noise(2 ** 21, 10 + (position % 3));
      const old = Buffer.from(newer);
      old.set(noise(20, position), 1000);
      return { old: putFulls(old)[0]!, oldStoredBytes: old.length, newers: putFulls(newer) };
    });
    expect(retire(context, { type: 'retire', pairs }).taken.size).toBe(count);
    expect(pool.taken).toBe(1);
    return pool.most;
  };
  expect(mostOf(5)).toBe(mostOf(2));
});
