/** What a worker holds from job to job, and what it says of each frame that it appends. */
import { describe, expect, test } from 'vitest';
import { applyDelta } from '../../../src/delta/apply.js';
import { encodeDelta } from '../../../src/delta/encode.js';
import { openFileSystem } from '../../../src/platform/files.js';
import { blake3 } from '../../../src/platform/hash.js';
import { decodeFrameHead, decodeFrameHeader, FrameKind } from '../../../src/repo/packs/frame.js';
import { PACK_HEADER_BYTES, PackKind } from '../../../src/repo/packs/pack-store.js';
import { createWorkerContext, laneWriter } from '../../../src/repo/worker/context.js';
import { memoryPacks } from '../../support/memory-packs.js';
import { noise, prose } from '../../support/seed.js';
import { addressIn, watchedWorker } from '../../support/watched-worker.js';

const lane = { kind: PackKind.blobs, firstNumber: 1, step: 1 } as const;

describe('a worker', () => {
  test('that was not begun writes nothing', () => {
    const context = createWorkerContext(openFileSystem(), memoryPacks());
    expect(context.run).toBeUndefined();
    expect(() => laneWriter(context)).toThrow('no writing run was begun');
  });

  test('that is begun again has no tickets, and writes where and as it is told then', () => {
    const packs = memoryPacks();
    const context = createWorkerContext(openFileSystem(), packs);
    const bytes = noise(100);
    const member = { hash: blake3(bytes), lengthBytes: bytes.length };
    for (const generation of [7, 9]) {
      context.begin({
        type: 'begin',
        generation,
        level: generation,
        lane: { ...lane, firstNumber: generation },
      });
      expect(context.tickets.size).toBe(0);
      expect(laneWriter(context)).toBe(context.run);
      expect(context.run!.level).toBe(generation);
      const { pack, offset } = context.run!.appendFull([member], bytes, [0], true);
      expect(pack).toBe(generation);
      const header = decodeFrameHeader(packs.packs.get(pack)!.subarray(offset));
      expect(header.generation).toBe(generation);
      const starts = { starts: [0], lengths: [100], hashes: member.hash };
      context.tickets.set(1, { bytes, ...starts, sharesFrames: true });
    }
  });

  test('that is closed closes its packs', () => {
    let closed = 0;
    const store = { ...memoryPacks(), close: () => void (closed += 1) };
    createWorkerContext(openFileSystem(), store).close();
    expect(closed).toBe(1);
  });

  test('keeps a few megabytes of decoded frames, and no more', () => {
    const packs = memoryPacks();
    let reads = 0;
    const store: typeof packs = {
      ...packs,
      read(...of) {
        reads += 1;
        return packs.read(...of);
      },
    };
    const context = createWorkerContext(openFileSystem(), store);
    context.begin({ type: 'begin', generation: 1, level: 1, lane });
    const blobs = Array.from({ length: 8 }, (_, seed) => noise(1_000_000, seed));
    const addresses = blobs.map((bytes) => {
      const member = { hash: blake3(bytes), lengthBytes: bytes.length };
      return addressIn(context.run!.appendFull([member], bytes, [0], false), 0, bytes);
    });
    const readsOf = (wanted: readonly number[]): number => {
      reads = 0;
      for (const blob of wanted) {
        expect(blobs[blob]!.equals(context.reader.readFull(addresses[blob]!))).toBe(true);
        context.reader.recycle();
      }
      return reads;
    };
    expect(readsOf([0, 1, 2, 3, 4, 5])).toBe(6);
    expect(readsOf([0, 1, 2, 3, 4, 5])).toBe(0);
    expect(readsOf([6, 7])).toBe(2);
    expect(readsOf([0, 1])).toBe(2);
  });
});

describe('of a frame of whole blobs', () => {
  const BLOBS = [noise(700, 1), noise(50, 2), noise(3000, 3)];
  const members = BLOBS.map((bytes) => ({ hash: blake3(bytes), lengthBytes: bytes.length }));

  test.each([true, false])('is told where it lies and what is in it (a basis: %s)', (isBasis) => {
    const { run, packs } = watchedWorker({ generation: 5 });
    run.appendFull([members[1]!], BLOBS[1]!, [0], false);
    const before = packs.packs.get(1)!.length;
    const stored = run.appendFull(members, Buffer.concat(BLOBS), [4, 7, 9], isBasis);
    const pack = packs.packs.get(1)!;
    const head = decodeFrameHead(pack.subarray(stored.offset));
    expect(stored).toEqual({
      pack: 1,
      offset: before,
      lengthBytes: pack.length - before,
      kind: FrameKind.full,
      headBytes: head.headBytes,
      members: [4, 7, 9],
      weights: [700, 50, 3000],
    });
    expect(head.generation).toBe(5);
    // What does not compress lies behind the head as it is.
    const payload = pack.subarray(stored.offset + stored.headBytes);
    expect(payload.equals(Buffer.concat(BLOBS))).toBe(true);
  });

  test('the bytes are right, be they more than the frames before had', () => {
    const worker = watchedWorker();
    for (const length of [10, 3_000_000, 20, 1024 * 1024, 1024 * 1024 + 1]) {
      const bytes = noise(length, length);
      const [address] = worker.putFulls(bytes);
      expect(bytes.equals(worker.context.reader.readFull(address!))).toBe(true);
    }
  });
});

test('each level gives its own', () => {
  const bytes = prose(3000, 1);
  const sizes = [1, 9, 19].map((level) => {
    const { run } = watchedWorker({ level });
    const member = { hash: blake3(bytes), lengthBytes: bytes.length };
    return run.appendFull([member], bytes, [0], false).lengthBytes;
  });
  expect(new Set(sizes).size).toBe(3);
});

test('of a frame of deltas is told how much each of them takes, in all its streams', () => {
  const { run, packs, context } = watchedWorker();
  const basis = noise(9000, 1);
  const targets = [
    Buffer.concat([noise(300, 2), basis.subarray(0, 4000), noise(5, 3), basis.subarray(5000)]),
    Buffer.concat([basis.subarray(100), noise(40, 4)]),
  ];
  const deltas = targets.map((target) => encodeDelta(basis, target)!);
  const frame = Buffer.from(run.encodeDeltas(deltas));
  // It is proven first.
  expect(packs.packs.size).toBe(0);
  const stored = run.appendDeltas(frame, deltas, [3, 1]);
  const weights = deltas.map(
    ({ literals, literalLengths, copyLengths, copyOffsets }) =>
      literals.length + literalLengths.length + copyLengths.length + copyOffsets.length,
  );
  expect(stored).toEqual({
    pack: 1,
    offset: PACK_HEADER_BYTES,
    lengthBytes: frame.length,
    kind: FrameKind.delta,
    headBytes: decodeFrameHead(frame).headBytes,
    members: [3, 1],
    weights,
  });
  targets.forEach((target, member) => {
    const delta = context.reader.readDelta(addressIn(stored, member, target));
    expect(applyDelta(basis, delta).equals(target)).toBe(true);
  });
});
