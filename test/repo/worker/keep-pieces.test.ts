/** Pieces of a window are hashed, kept with the window's buffer, and stored from where they lie. */
import { describe, expect, test } from 'vitest';
import { blake3, HASH_BYTES } from '../../../src/platform/hash.js';
import { holeHash } from '../../../src/repo/packs/hole.js';
import { keepPieces } from '../../../src/repo/worker/keep-pieces.js';
import { storeTicket } from '../../../src/repo/worker/store.js';
import { takePieces } from '../../../src/repo/worker/take-pieces.js';
import { noise } from '../../support/seed.js';
import { addressIn, watchedWorker } from '../../support/watched-worker.js';

const PIECES = [
  { start: 0, lengthBytes: 100, isHole: false },
  { start: 100, lengthBytes: 4000, isHole: true },
  { start: 4100, lengthBytes: 50, isHole: false },
  { start: 4150, lengthBytes: 350, isHole: false },
];
const BYTES = Buffer.concat([noise(100, 1), Buffer.alloc(4000), noise(50, 2), noise(350, 3)]);
const dataOf = (position: number): Buffer => {
  const { start, lengthBytes } = PIECES[position]!;
  return BYTES.subarray(start, start + lengthBytes);
};

type Keep = (worker: ReturnType<typeof watchedWorker>) => ReturnType<typeof keepPieces>;

const WAYS: Record<string, Keep> = {
  'of a file': ({ context }) => {
    const buffer = context.pool.take(BYTES.length);
    buffer.set(BYTES);
    return keepPieces(context, 7, buffer, PIECES);
  },
  'that come with the job': ({ context }) => {
    const bytes = new Uint8Array(new SharedArrayBuffer(BYTES.length));
    bytes.set(BYTES);
    const result = takePieces(context, { type: 'take-pieces', ticket: 7, bytes, pieces: PIECES });
    // The memory is the sender's again.
    bytes.fill(0xee);
    return result;
  },
};

describe.each(Object.entries(WAYS))('pieces %s', (_, keep) => {
  test('are told by their lengths and hashes, a hole by what stands for it', () => {
    const worker = watchedWorker();
    const { lengths, hashes } = keep(worker);
    expect(lengths).toEqual([100, 4000, 50, 350]);
    expect(hashes).toHaveLength(4 * HASH_BYTES);
    PIECES.forEach(({ isHole, lengthBytes }, position) => {
      const hash = hashes.subarray(position * HASH_BYTES, (position + 1) * HASH_BYTES);
      const expected = isHole ? holeHash(lengthBytes) : blake3(dataOf(position));
      expect(Buffer.from(hash).equals(expected), `piece ${position}`).toBe(true);
    });
  });

  test('have a frame each, and their buffer is given back when they are stored', () => {
    const worker = watchedWorker();
    const { context, pool } = worker;
    keep(worker);
    expect(pool.taken).toBe(1);
    const wanted = Uint8Array.of(1, 0, 1, 1);
    const { frames } = storeTicket(context, { type: 'store', ticket: 7, wanted, replaced: [] });
    expect([pool.taken, context.tickets.size]).toEqual([0, 0]);
    expect(frames.map(({ members }) => members)).toEqual([[0], [2], [3]]);
    for (const frame of frames) {
      const bytes = dataOf(frame.members[0]!);
      expect(context.reader.readFull(addressIn(frame, 0, bytes))).toEqual(bytes);
    }
  });
});
