/** What an explanation says of two files, each figure of it. */
import { describe, expect, test } from 'vitest';
import type { ByteSource } from '../../src/rdiff/bytes-io.js';
import { explainDifference } from '../../src/rdiff/explain.js';
import { DeltaWriter } from '../../src/rdiff/format/delta-writer.js';
import { makeSignature, readSignature } from '../../src/rdiff/format/whole.js';
import { pipeOf, sourceOf } from '../support/byte-source.js';
import { noise } from '../support/seed.js';

const BLOCK = 100;
const old = noise(10 * BLOCK + 33, 1);
const block = (from: number, to = from + 1): Buffer => old.subarray(from * BLOCK, to * BLOCK);
const options = { blockLength: BLOCK, strongLength: 8 };

test('parts that go on from each other are one, and each says where it was found', async () => {
  const pieces: readonly (readonly [Buffer, number | undefined])[] = [
    [block(0, 3), 0],
    [noise(40, 2), undefined],
    [block(5, 7), 500],
    [block(1), 100],
    [noise(70_000, 3), undefined],
    [block(9), 900],
    [old.subarray(1000), 1000],
  ];
  const now = Buffer.concat(pieces.map(([bytes]) => bytes));
  const { parts, newSize } = await explainDifference(sourceOf(old), sourceOf(now), options);
  let position = 0;
  const expected = pieces.map(([{ length }, basisPosition]) => {
    position += length;
    return { position: position - length, length, basisPosition };
  });
  // The last two are one stretch of the old file.
  const [ninth] = expected.splice(-2);
  expected.push({ ...ninth!, length: 133 });
  expect(parts).toEqual(expected);
  expect(newSize).toBe(now.length);
});

test.each(['md4', 'blake2'] as const)(
  'figures are those of a signature and a delta: %s',
  async (strong) => {
    const now = Buffer.concat([noise(500, 4), old]);
    const signature = makeSignature(old, { ...options, weak: 'rollsum', strong });
    const writer = new DeltaWriter(readSignature(signature));
    writer.update(now);
    writer.finish();
    const { searches, strongSums, falseMatches } = writer.matchCounts;
    for (const of of [sourceOf, pipeOf]) {
      const asked = { ...options, weak: 'rollsum', strong } as const;
      const explanation = await explainDifference(of(old), of(now), asked);
      expect(explanation).toMatchObject({
        blockLength: BLOCK,
        blocks: 11,
        oldSize: old.length,
        newSize: now.length,
        weak: 'rollsum',
        strong,
        signatureBytes: signature.length,
        searches,
        strongSums,
        falseMatches,
      });
    }
  },
);

describe('sums are told of blocks', () => {
  test('as they stand in the signature, of the last with its own length', async () => {
    const { blockSums } = await explainDifference(sourceOf(old), sourceOf(old), options);
    const entries = Buffer.from(makeSignature(old, options)).subarray(12);
    expect(blockSums).toEqual(
      Array.from({ length: 11 }, (_, index) => ({
        position: index * BLOCK,
        length: index < 10 ? BLOCK : 33,
        weakSum: entries.toString('hex', index * 12, index * 12 + 4),
        strongSum: entries.toString('hex', index * 12 + 4, index * 12 + 12),
      })),
    );
  });

  test('with all digits of a weak sum, also of a small one', async () => {
    const tiny = Buffer.from([1, 2, 3]);
    const small = { blockLength: 1, weak: 'rollsum' } as const;
    const { blockSums } = await explainDifference(sourceOf(tiny), sourceOf(tiny), small);
    expect(blockSums.map(({ weakSum }) => weakSum)).toEqual(['00200020', '00210021', '00220022']);
  });

  test.each([
    [undefined, 40],
    [0, 0],
    [1, 1],
    [41, 41],
    [99, 99],
    [100, 100],
    [101, 100],
    [Infinity, 100],
  ])('up to %s: %i', async (maxBlockSums, count) => {
    const basis = noise(1000, 5);
    const asked = { blockLength: 10, ...(maxBlockSums !== undefined && { maxBlockSums }) };
    const { blockSums, blocks } = await explainDifference(sourceOf(basis), sourceOf(basis), asked);
    expect([blockSums.length, blocks]).toEqual([count, 100]);
  });
});

test('nothing has no parts', async () => {
  for (const basis of [old, Buffer.alloc(0)]) {
    const { parts, newSize } = await explainDifference(sourceOf(basis), pipeOf(Buffer.alloc(0)));
    expect([parts, newSize]).toEqual([[], 0]);
  }
});

describe('who waits is told to stop', () => {
  const never: ByteSource = { ...sourceOf(old), read: () => new Promise(() => undefined) };

  test.each([
    ['the old file', never, sourceOf(old)],
    ['the new file', sourceOf(old), never],
  ])('for %s', async (_, from, to) => {
    const controller = new AbortController();
    const work = explainDifference(from, to, { signal: controller.signal });
    setImmediate(() => controller.abort(new Error('enough')));
    await expect(work).rejects.toThrow('enough');
  });
});
