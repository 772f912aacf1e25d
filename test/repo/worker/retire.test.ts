/** A delta is made of bytes that have their hashes, whatever the store gives. */
import { describe, expect, test } from 'vitest';
import { openFileSystem } from '../../../src/platform/files.js';
import { blake3 } from '../../../src/platform/hash.js';
import type { BlobAddress } from '../../../src/repo/model.js';
import type { RetireJob } from '../../../src/repo/worker/jobs.js';
import { PackKind } from '../../../src/repo/packs/pack-store.js';
import { createWorkerContext } from '../../../src/repo/worker/context.js';
import { retire } from '../../../src/repo/worker/retire.js';
import { memoryPacks } from '../../support/memory-packs.js';
import { noise } from '../../support/seed.js';

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
