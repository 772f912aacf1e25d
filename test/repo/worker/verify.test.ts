import { describe, expect, test } from 'vitest';
import type { BlobAddress } from '../../../src/repo/model.js';
import { createFrameReader } from '../../../src/repo/packs/frame-reader.js';
import { openDirectoryPackStore } from '../../../src/repo/packs/pack-store.js';
import type { VerifyFamily } from '../../../src/repo/worker/jobs.js';
import { createInlinePool } from '../../../src/repo/worker/pool.js';
import { verify } from '../../../src/repo/worker/verify.js';
import { systemError } from '../../support/faulty-files.js';
import { createLab } from '../../support/lab.js';
import { noise, prose } from '../../support/seed.js';
import { watchedWorker, type WatchedWorker } from '../../support/watched-worker.js';

test.each([
  ['EIO', 'DISK_FAILED'],
  ['ENOMEM', 'OUT_OF_MEMORY'],
])('%s while a pack is read is no damage: the verification fails', async (code, told) => {
  const lab = createLab({ lanes: 1 });
  for (const state of [1, 2, 3]) {
    lab.write('log.txt', prose(100 + state, 1));
    await lab.backup();
  }
  const { files } = lab.platform;
  const broken = {
    ...files,
    read: (): number => {
      throw systemError(code);
    },
  };
  const createPool = (laneCount: number) =>
    createInlinePool(broken, () => openDirectoryPackStore(broken, lab.packs, lab.id), laneCount);
  await expect(lab.verify({ createPool })).rejects.toMatchObject({ code: told });
  await lab.expectSound();
});

describe('a family of blobs', () => {
  const FULL = noise(5000, 1);
  /** Texts with the text that each is a delta against, -1 for the full one. */
  const TEXTS: readonly (readonly [bytes: Buffer, basis: number])[] = [
    [Buffer.concat([noise(50, 2), FULL]), -1],
    [FULL.subarray(0, 4900), -1],
    [Buffer.concat([noise(50, 2), FULL, noise(300, 3)]), 0],
    [Buffer.concat([noise(50, 2), FULL, noise(300, 3), noise(9, 4)]), 2],
    [Buffer.concat([noise(50, 2), noise(7, 5), FULL]), 0],
  ];

  function family(worker: WatchedWorker): VerifyFamily {
    const [full] = worker.putFulls(FULL);
    const deltas = TEXTS.map(([bytes, basis]) => ({
      address: worker.putDelta(TEXTS[basis]?.[0] ?? FULL, bytes),
      basis,
    }));
    return { full: full!, deltas };
  }

  const total = TEXTS.reduce((sum, [{ length }]) => sum + length, FULL.length);
  const run = ({ context }: WatchedWorker, families: readonly VerifyFamily[]) =>
    verify(context, { type: 'verify', families });
  const spoil = ({ packs }: WatchedWorker, { frame }: BlobAddress): void => {
    packs.packs.get(frame.pack)![frame.offset + frame.lengthBytes - 1]! ^= 4;
  };

  test('is rebuilt once, each from what it is against, be that shorter than it', () => {
    const worker = watchedWorker();
    expect(run(worker, [family(worker), family(worker)])).toEqual({ bytes: 2 * total, damage: [] });
  });

  test('keeps no buffer, nor more at once for more families', () => {
    const mostOf = (count: number): number => {
      const worker = watchedWorker();
      run(
        worker,
        Array.from({ length: count }, () => family(worker)),
      );
      worker.context.reader.readFull(worker.putFulls(noise(10, 9))[0]!);
      worker.context.reader.recycle();
      expect(worker.pool.taken).toBe(1);
      return worker.pool.most;
    };
    expect(mostOf(6)).toBe(mostOf(2));
  });

  const ONLY_BASIS = 'The blob that it is a delta against is damaged.';
  const DELTA = 'A frame of deltas is damaged: its checksum is wrong.';
  const HASH = 'The stored bytes do not match the hash of their blob.';
  test.each([
    [-1, HASH, [0, 1, 2, 3, 4]],
    [0, DELTA, [2, 3, 4]],
    [1, DELTA, []],
    [2, DELTA, [3]],
    [3, DELTA, []],
  ])('of which %i is damaged says so, and what rests on it', (spoilt, message, resting) => {
    const worker = watchedWorker();
    const families = [family(worker), family(worker), family(worker)];
    const { full, deltas } = families[1]!;
    spoil(worker, deltas[spoilt]?.address ?? full);
    const { bytes, damage } = run(worker, families);
    expect(damage).toEqual([
      { family: 1, delta: spoilt, message, isOnlyBasis: false },
      ...resting.map((delta) => ({
        ...{ family: 1, delta },
        message: ONLY_BASIS,
        isOnlyBasis: true,
      })),
    ]);
    const lost = [spoilt, ...resting].map((at) => TEXTS[at]?.[0] ?? FULL);
    expect(bytes).toBe(3 * total - lost.reduce((sum, { length }) => sum + length, 0));
  });

  test('a failure that is no damage is thrown', () => {
    const worker = watchedWorker();
    const families = [family(worker)];
    const read = (): never => {
      throw new TypeError('x is not a function');
    };
    const reader = createFrameReader({ ...worker.packs, read }, 0, worker.pool);
    expect(() => run({ ...worker, context: { ...worker.context, reader } }, families)).toThrow(
      TypeError,
    );
  });
});
