/** What is moved is what was there, and what cannot be read stays where it is. */
import { beforeEach, describe, expect, test } from 'vitest';
import { applyDelta } from '../../../src/delta/apply.js';
import { encodeDelta } from '../../../src/delta/encode.js';
import { openFileSystem } from '../../../src/platform/files.js';
import { blake3 } from '../../../src/platform/hash.js';
import type { BlobAddress, StoredFrame } from '../../../src/repo/model.js';
import { PackKind } from '../../../src/repo/packs/pack-store.js';
import { createWorkerContext, type WorkerContext } from '../../../src/repo/worker/context.js';
import { rewrite } from '../../../src/repo/worker/rewrite.js';
import { memoryPacks, type MemoryPacks } from '../../support/memory-packs.js';
import { noise } from '../../support/seed.js';
import { addressIn, watchedWorker } from '../../support/watched-worker.js';

let packs: MemoryPacks;
let context: WorkerContext;
beforeEach(() => {
  packs = memoryPacks();
  context = createWorkerContext(openFileSystem(), packs);
  const lane = { kind: PackKind.blobs, firstNumber: 1, step: 1 } as const;
  context.begin({ type: 'begin', generation: 1, level: 3, lane });
});

/** Stores blobs in one frame. */
function putFulls(...blobs: readonly Uint8Array[]): BlobAddress[] {
  const members = blobs.map((bytes) => ({ hash: blake3(bytes), lengthBytes: bytes.length }));
  const positions = blobs.map((_, position) => position);
  const frame = context.run!.appendFull(members, Buffer.concat(blobs), positions, false);
  return blobs.map((bytes, member) => addressIn(frame, member, bytes));
}

/** Stores each text as a delta against the one before; the first is stored nowhere. */
function putChain(...texts: readonly Uint8Array[]): BlobAddress[] {
  return texts.slice(1).map((text, position) => {
    const basis = texts[position]!;
    const delta = encodeDelta(basis, text);
    const frame = context.run!.appendDeltas(context.run!.encodeDeltas([delta!]), [delta!], [0]);
    return addressIn(frame, 0, text);
  });
}

const membersOf = (frames: readonly StoredFrame[]): (readonly number[])[] =>
  frames.map(({ members }) => members);

/** One bit of a frame's payload is another. */
function spoil({ frame }: BlobAddress): void {
  packs.packs.get(frame.pack)![frame.offset + frame.lengthBytes - 1]! ^= 0x04;
}

const run = (fulls: readonly BlobAddress[], deltas: readonly (readonly BlobAddress[])[] = []) =>
  rewrite(context, { type: 'rewrite', fulls, deltas });

describe('whole blobs', () => {
  const BLOBS = [noise(3000, 1), noise(500, 2), noise(7000, 3)];

  test('come out of any frames, and lie side by side in a new one', () => {
    const addresses = [...putFulls(BLOBS[0]!, BLOBS[1]!), ...putFulls(BLOBS[2]!)];
    const { fullFrames, damagedFulls } = run([addresses[2]!, addresses[0]!]);
    expect(damagedFulls).toEqual([]);
    expect(membersOf(fullFrames)).toEqual([[0, 1]]);
    const [frame] = fullFrames;
    expect(context.reader.readFull(addressIn(frame!, 0, BLOBS[2]!))).toEqual(BLOBS[2]);
    expect(context.reader.readFull(addressIn(frame!, 1, BLOBS[0]!))).toEqual(BLOBS[0]);
  });

  test.each([0, 1, 2])('that cannot be read are named, and the others moved: %i', (spoilt) => {
    const addresses = BLOBS.flatMap((bytes) => putFulls(bytes));
    spoil(addresses[spoilt]!);
    const { fullFrames, damagedFulls } = run(addresses);
    const sound = [0, 1, 2].filter((position) => position !== spoilt);
    expect({ damagedFulls, moved: membersOf(fullFrames) }).toEqual({
      damagedFulls: [spoilt],
      moved: [sound],
    });
    sound.forEach((position, member) => {
      const moved = context.reader.readFull(addressIn(fullFrames[0]!, member, BLOBS[position]!));
      expect(moved).toEqual(BLOBS[position]);
    });
  });

  test('whose bytes are not those of their hash are damaged, however sound their frame is', () => {
    const [address] = putFulls(noise(900, 4));
    const { fullFrames, damagedFulls } = run([{ ...address!, hash: blake3(noise(900, 5)) }]);
    expect({ fullFrames, damagedFulls }).toEqual({ fullFrames: [], damagedFulls: [0] });
  });
});

describe('chains of deltas', () => {
  const first = noise(5000, 6);
  const texts = [1, 2, 3].map((turn) =>
    Buffer.concat([noise(20, 10 + turn), first.subarray(0, 5000 - 30 * turn)]),
  );
  const rebuilt = (frame: StoredFrame, member: number, text: Uint8Array): Buffer =>
    applyDelta(first, context.reader.readDelta(addressIn(frame, member, text)));

  test('become one delta each, against what the first of them was against', () => {
    const chain = putChain(first, ...texts);
    const { deltaFrames, damagedDeltas } = run([], [chain.slice(0, 1), chain, chain.slice(0, 2)]);
    expect(damagedDeltas).toEqual([]);
    expect(membersOf(deltaFrames)).toEqual([[0, 1, 2]]);
    const [frame] = deltaFrames;
    expect(rebuilt(frame!, 0, texts[0]!)).toEqual(texts[0]);
    expect(rebuilt(frame!, 1, texts[2]!)).toEqual(texts[2]);
    expect(rebuilt(frame!, 2, texts[1]!)).toEqual(texts[1]);
  });

  test('of which one link cannot be read are named, and the others made', () => {
    const chain = putChain(first, ...texts);
    spoil(chain[1]!);
    const { deltaFrames, damagedDeltas } = run([], [chain, chain.slice(0, 1), chain.slice(0, 2)]);
    expect({ damagedDeltas, made: membersOf(deltaFrames) }).toEqual({
      damagedDeltas: [0, 2],
      made: [[1]],
    });
    expect(rebuilt(deltaFrames[0]!, 0, texts[0]!)).toEqual(texts[0]);
  });

  test('whose links do not follow each other are damage', () => {
    const chain = putChain(first, ...texts);
    const { damagedDeltas } = run([], [[chain[0]!, chain[2]!], [chain[1]!, chain[0]!], chain]);
    expect(damagedDeltas).toEqual([0, 1]);
  });

  test('share a frame until they hold a megabyte', () => {
    const bases = [20, 21, 22, 23].map((seed) => noise(600_000, seed));
    const chains = bases.map((basis) => putChain(noise(100, 30), basis));
    const { deltaFrames } = run([], chains);
    expect(membersOf(deltaFrames)).toEqual([
      [0, 1],
      [2, 3],
    ]);
  });

  test('of which two hold just a megabyte with their instructions share a frame', () => {
    const basis = noise(4000, 40);
    const parts = Array.from({ length: 20 }, (_, part) =>
      basis.subarray(200 * (19 - part), 200 * (20 - part)),
    );
    const lengths = [0, 1, 2].map((seed) => {
      const text = Buffer.concat([...parts, noise(524_288 - 15, 41 + seed)]);
      const { literals, copyOffsets } = encodeDelta(basis, text)!;
      expect(literals.length + copyOffsets.length).toBeGreaterThan(524_288);
      expect(literals.length).toBeLessThan(524_288);
      return putChain(basis, text);
    });
    expect(membersOf(run([], lengths).deltaFrames)).toEqual([[0, 1], [2]]);
  });
});

test('no buffer of what was read is kept', () => {
  const worker = watchedWorker();
  const blobs = [noise(3000, 1), noise(500, 2), noise(7000, 3)];
  const text = Buffer.concat([noise(20, 4), blobs[0]!]);
  const fulls = blobs.map((bytes) => worker.putFulls(bytes)[0]!);
  const deltas = [[worker.putDelta(blobs[0]!, text)]];
  const result = rewrite(worker.context, { type: 'rewrite', fulls, deltas });
  const [moved] = result.fullFrames;
  blobs.forEach((bytes, member) => {
    const address = addressIn(moved!, member, bytes);
    expect(worker.context.reader.readFull(address)).toEqual(bytes);
  });
  const before = worker.pool.taken;
  rewrite(worker.context, { type: 'rewrite', fulls, deltas: [] });
  expect(worker.pool.taken).toBeLessThanOrEqual(before);
  expect(worker.pool.taken).toBe(1);
});

test('what is no damage is not taken for it', () => {
  const [address] = putFulls(noise(100, 7));
  context = createWorkerContext(openFileSystem(), {
    ...packs,
    read() {
      throw new TypeError('x is not a function');
    },
  });
  expect(() => run([address!])).toThrow(TypeError);
  expect(() => run([], [[address!]])).toThrow(TypeError);
});
