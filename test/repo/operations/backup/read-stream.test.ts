import { describe, expect, test } from 'vitest';
import { BlobKind, type BlobRow } from '../../../../src/repo/index/blobs.js';
import type { Index } from '../../../../src/repo/index/index.js';
import type { Succession } from '../../../../src/repo/operations/backup/retirement-ahead.js';
import { createPieceCutter } from '../../../../src/repo/operations/backup/piece-cutter.js';
import { readStream } from '../../../../src/repo/operations/backup/read-stream.js';
import type { SourceRun } from '../../../../src/repo/operations/backup/snapshot-run.js';
import { holeHash } from '../../../../src/repo/packs/hole.js';
import { blake3 } from '../../../../src/platform/hash.js';
import type { ByteStream } from '../../../../src/platform/byte-streams.js';
import type { Job, StoreJob, TakePiecesJob } from '../../../../src/repo/worker/jobs.js';
import { streamOf } from '../../../support/byte-stream.js';
import { savedFile } from '../../../support/nodes.js';
import { noise } from '../../../support/seed.js';

const MIB = 1024 * 1024;
/** One segment is a window, and hardly ever more than a few pieces. */
const CHUNKING = {
  wholeFileBytes: 100_000,
  segmentBytes: 4 * MIB,
  leastBytes: 256 * 1024,
  averageBytes: 512 * 1024,
  mostBytes: MIB,
};

/** A run whose pool hashes what it is given, and what was asked of it. */
function prepare({ oldPieces = [] as readonly number[] } = {}) {
  const buffers: ArrayBufferLike[] = [];
  const planned: Succession[] = [];
  const wanted: number[] = [];
  const contents: { size: number; blobs: number[] }[] = [];
  const blobs = new Map<string, number>();
  let underWay = 0;
  let begun = 0;
  let mostUnderWay = 0;
  let next = 100;
  const key = (hash: Uint8Array): string => Buffer.from(hash).toString('hex');
  const index = {
    blobs: {
      isEmpty: () => false,
      find: (hash: Uint8Array): Partial<BlobRow> | undefined => {
        const id = blobs.get(key(hash));
        return id === undefined ? undefined : { id, kind: BlobKind.full };
      },
      insert: (id: number, hash: Uint8Array) => void blobs.set(key(hash), id),
      insertHole: (id: number, hash: Uint8Array) => void blobs.set(key(hash), id),
      findContent: () => undefined,
      insertContent: (_: number, _hash: Uint8Array, size: number, list: number[]) =>
        void contents.push({ size, blobs: list }),
      sizedOfContent: () =>
        oldPieces.map((lengthBytes, at) => ({ id: 60 + at, lengthBytes, kind: BlobKind.full })),
    },
    counters: { next: (name: string) => (name === 'content' ? 7 : next++) },
    frames: {},
  };
  const take = ({ bytes, pieces }: TakePiecesJob) => {
    buffers.push(bytes.buffer);
    const hashes = pieces.map(({ start, lengthBytes, isHole }) =>
      isHole ? holeHash(lengthBytes) : blake3(bytes.subarray(start, start + lengthBytes)),
    );
    const lengths = pieces.map(({ lengthBytes }) => lengthBytes);
    // What is taken out is free to be written over.
    bytes.fill(0xee);
    return { lengths, hashes: Buffer.concat(hashes) };
  };
  const store = (job: StoreJob) => {
    const members = [...job.wanted.keys()].filter((at) => job.wanted[at] === 1);
    wanted.push(members.length);
    return { frames: [{ members }], deltaFrames: [] };
  };
  const run = {
    pool: {
      laneCount: 2,
      idlestLane: () => 0,
      async run(job: Job) {
        mostUnderWay = Math.max(mostUnderWay, ++underWay);
        // Every other job takes longer, so that they end in another order than they began.
        const turns = begun++ % 2 === 0 ? 6 : 1;
        for (let left = turns; left > 0; left--) await new Promise(setImmediate);
        underWay -= 1;
        return job.type === 'take-pieces' ? take(job) : store(job as StoreJob);
      },
    },
    register: ({ members }: { members: number[] }, place: (at: number, where: object) => boolean) =>
      members.forEach((at) => place(at, {})),
  };
  const ahead = {
    plan: (successions: Succession[]) => (planned.push(...successions), []),
    keep: () => undefined,
  };
  const sourceRun = {
    repository: { index: index as unknown as Index, config: { chunking: CHUNKING } },
    run,
    ahead,
  } as unknown as SourceRun;
  const progress: number[] = [];
  const read = (
    stream: ByteStream,
    known?: Parameters<typeof readStream>[2]['known'],
    signal?: AbortSignal,
  ) =>
    readStream(stream, sourceRun, {
      known,
      signal,
      onProgress: (bytes) => void progress.push(bytes),
    });
  const most = () => mostUnderWay;
  return { read, buffers, planned, contents, progress, wanted, most };
}

test('a short stream is one blob, and an empty one is none', async () => {
  const bytes = noise(1000, 1);
  const { read, contents, progress } = prepare();
  const expected = {
    content: { type: 'blob', blob: 100 },
    sizeBytes: 1000,
    blobs: [blake3(bytes)],
  };
  expect(await read(streamOf(bytes, { pieceBytes: 400 }))).toMatchObject({
    ...expected,
    blobs: [Buffer.from(blake3(bytes))],
  });
  expect(progress).toEqual([400, 800, 1000]);
  expect(contents).toEqual([]);
  expect(await prepare().read(streamOf(''))).toEqual({
    content: { type: 'none' },
    blobs: [],
    sizeBytes: 0,
  });
});

test('a long one is its pieces in order, whichever job ends first', async () => {
  const bytes = noise(20 * MIB, 2);
  const cutter = createPieceCutter(CHUNKING);
  const expected: string[] = [];
  for (const groups of [cutter.push(bytes), cutter.end()]) {
    for (const { bytes: held, pieces } of groups) {
      for (const { start, lengthBytes } of pieces) {
        expected.push(
          Buffer.from(blake3(held.subarray(start, start + lengthBytes))).toString('hex'),
        );
      }
    }
  }
  const { read, contents, progress } = prepare();
  const { content, blobs, sizeBytes } = await read(streamOf(bytes, { pieceBytes: MIB }));
  expect({ content, sizeBytes }).toEqual({
    content: { type: 'content', content: 7 },
    sizeBytes: 20 * MIB,
  });
  expect(blobs.map((hash) => Buffer.from(hash).toString('hex'))).toEqual(expected);
  expect(contents.map(({ size }) => size)).toEqual([20 * MIB]);
  expect(contents[0]!.blobs.length).toBe(blobs.length);
  expect(new Set(contents[0]!.blobs).size).toBe(blobs.length);
  expect(progress).toEqual(Array.from({ length: 20 }, (_, at) => (at + 1) * MIB));
});

test('the same long stream again stores nothing', async () => {
  const bytes = noise(9 * MIB, 3);
  const { read, contents, wanted } = prepare();
  const first = await read(streamOf(bytes));
  const stored = wanted.splice(0);
  const second = await read(streamOf(bytes, { pieceBytes: 70_000 }));
  expect(second.blobs.map((hash) => Buffer.from(hash))).toEqual(
    first.blobs.map((hash) => Buffer.from(hash)),
  );
  expect(contents[1]).toEqual(contents[0]);
  expect(stored.some((count) => count > 0)).toBe(true);
  expect(wanted.every((count) => count === 0)).toBe(true);
});

describe('memory', () => {
  test('is used again, and at most four jobs are under way', async () => {
    const { read, buffers, most } = prepare();
    await read(streamOf(noise(40 * MIB, 4), { pieceBytes: 4 * MIB }));
    expect(buffers.length).toBeGreaterThan(8);
    expect(new Set(buffers).size).toBeLessThanOrEqual(4);
    expect(most()).toBe(4);
  });

  test('that fits exactly is used again', async () => {
    const { read, buffers } = prepare();
    await read(streamOf(noise(4 * MIB, 5)));
    await read(streamOf(noise(4 * MIB, 6)));
    expect(buffers.every(({ byteLength }) => byteLength === 4 * MIB)).toBe(true);
  });
});

test('a run of zeros across windows is one hole', async () => {
  const { read, contents } = prepare();
  const bytes = Buffer.concat([noise(MIB, 7), Buffer.alloc(10 * MIB), noise(MIB, 8)]);
  const { blobs, sizeBytes } = await read(streamOf(bytes));
  expect(sizeBytes).toBe(12 * MIB);
  const holes = blobs.filter((hash) =>
    Buffer.from(hash)
      .subarray(8)
      .every((byte) => byte === 0),
  );
  expect(holes.length).toBe(1);
  expect(contents[0]!.blobs.length).toBe(blobs.length);
  const { content } = await prepare().read(streamOf(Buffer.alloc(9 * MIB)));
  expect(content).toMatchObject({ type: 'blob' });
});

test('what it replaces is looked for at the place of each piece', async () => {
  const known = savedFile({ path: 5, content: { type: 'content', content: 3 } });
  const { read, planned } = prepare({ oldPieces: [4 * MIB, 4 * MIB, 4 * MIB] });
  await read(streamOf(noise(12 * MIB, 9)), known);
  expect(new Set(planned.map(({ path }) => path))).toEqual(new Set([5]));
  const olds = planned.map(({ old }) => old);
  expect([...new Set(olds)].toSorted((a, b) => a - b)).toEqual([60, 61, 62]);
});

test('what the stream fails with is thrown, and its signal is handed on', async () => {
  const failure = new Error('the pipe broke');
  const signals: unknown[] = [];
  const stream = {
    async *open(signal: AbortSignal | undefined) {
      signals.push(signal);
      yield await Promise.resolve(Buffer.from('first'));
      throw failure;
    },
  } as unknown as ByteStream;
  const { signal } = new AbortController();
  const { read } = prepare();
  await expect(read(stream, undefined, signal)).rejects.toBe(failure);
  expect(signals).toEqual([signal]);
});
