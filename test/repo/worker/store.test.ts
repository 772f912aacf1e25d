/** Which blobs share a frame, and that a ticket is gone once it was stored. */
import * as fs from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { applyDelta } from '../../../src/delta/apply.js';
import { bytesFromText } from '../../../src/platform/bytes.js';
import { openFileSystem } from '../../../src/platform/files.js';
import { blake3 } from '../../../src/platform/hash.js';
import { PackKind } from '../../../src/repo/packs/pack-store.js';
import {
  createWorkerContext,
  type LaneWriter,
  type WorkerContext,
} from '../../../src/repo/worker/context.js';
import { putStat, STAT_FIELDS } from '../../../src/repo/worker/jobs.js';
import { readFiles } from '../../../src/repo/worker/read-files.js';
import { storeTicket } from '../../../src/repo/worker/store.js';
import { takePieces } from '../../../src/repo/worker/take-pieces.js';
import { scratchDirectory } from '../../support/directory.js';
import { memoryPacks } from '../../support/memory-packs.js';
import { noise } from '../../support/seed.js';
import { addressIn, watchedWorker } from '../../support/watched-worker.js';

const KIB = 1024;

function beginWorker(): WorkerContext {
  const context = createWorkerContext(openFileSystem(), memoryPacks());
  const lane = { kind: PackKind.blobs, firstNumber: 1, step: 1 } as const;
  context.begin({ type: 'begin', generation: 1, level: 1, lane });
  return context;
}

/** Reads files of these lengths under ticket 7. */
function read(context: WorkerContext, lengths: readonly number[]): void {
  const directory = scratchDirectory();
  const names = lengths.map((length, position) => {
    const name = join(directory, String(position));
    fs.writeFileSync(name, noise(length, position + 1));
    return bytesFromText(name);
  });
  const { at } = context.files;
  const stats = new Float64Array(names.length * STAT_FIELDS);
  names.forEach((name, position) => {
    const descriptor = at.open(undefined, name, 'read-file');
    putStat(stats, position, at.statOpen(descriptor));
    context.files.close(descriptor);
  });
  const tellSizes = new Uint8Array(names.length).fill(1);
  const job = { ticket: 7, paths: names, stats, tellSizes, mostBytes: 2 ** 30 };
  readFiles(context, { type: 'read-files', ...job });
}

/** The members of each frame that storing gives; all are wanted where nothing is said. */
function store(context: WorkerContext, wanted: readonly number[]): (readonly number[])[] {
  const job = { type: 'store', ticket: 7, wanted: Uint8Array.from(wanted), replaced: [] } as const;
  return storeTicket(context, job).frames.map(({ members }) => members);
}

describe('small files share frames', () => {
  test.each<[string, number[], number[][]]>([
    ['of 1 MiB and more', [400, 400, 300, 10], [[0, 1, 2], [3]]],
    ['a frame is full with just 1 MiB', [512 - 1, 512 - 1, 2, 1], [[0, 1, 2], [3]]],
    ['but from 512 KiB on each has its own', [10, 512, 10, 600], [[1], [3], [0, 2]]],
    ['and what has no bytes is in none', [0, 10, 0], [[1]]],
  ])('%s', (_, kibibytes, expected) => {
    const context = beginWorker();
    read(
      context,
      kibibytes.map((count) => count * KIB),
    );
    expect(
      store(
        context,
        kibibytes.map(() => 1),
      ),
    ).toEqual(expected);
  });

  test('only those that are wanted are stored', () => {
    const context = beginWorker();
    read(context, [100, 200, 300, 400]);
    expect(store(context, [0, 1, 0, 1])).toEqual([[1, 3]]);
  });
});

test('pieces of a large file have a frame each: they are replaced one by one', () => {
  const context = beginWorker();
  const pieces = [0, 100, 200].map((start) => ({ start, lengthBytes: 100, isHole: false }));
  const bytes = new Uint8Array(new SharedArrayBuffer(300));
  bytes.set(noise(300));
  takePieces(context, { type: 'take-pieces', ticket: 7, bytes, pieces });
  expect(store(context, [1, 1, 1])).toEqual([[0], [1], [2]]);
});

test('a ticket is forgotten once it was stored, and its buffer is there for the next', () => {
  const context = beginWorker();
  read(context, [3000, 4000]);
  const { buffer } = context.tickets.get(7)!.bytes;
  store(context, [1, 0]);
  expect(context.tickets.size).toBe(0);
  expect(context.pool.take(5000).buffer).toBe(buffer);
  expect(() => store(context, [1, 0])).toThrow('no ticket 7');
});

test.each([
  ['that lie side by side', [0, 1, 1, 0, 0]],
  ['with gaps between them', [1, 1, 0, 1, 1]],
  ['of which the first and the last are not stored', [0, 1, 0, 1, 0]],
])('the bytes of blobs %s are their own', (_, wanted) => {
  const { context } = watchedWorker();
  const lengths = [30, 500, 7, 2000, 90];
  read(context, lengths);
  const job = { type: 'store', ticket: 7, wanted: Uint8Array.from(wanted), replaced: [] } as const;
  const [frame, ...others] = storeTicket(context, job).frames;
  expect(others).toEqual([]);
  expect(frame!.members).toEqual(wanted.flatMap((is, position) => (is ? [position] : [])));
  frame!.members.forEach((position, member) => {
    const bytes = noise(lengths[position]!, position + 1);
    expect(context.reader.readFull(addressIn(frame!, member, bytes))).toEqual(bytes);
  });
});

describe('blobs that replace others', () => {
  /** Blobs of a ticket, each a bit longer than one that is stored already. */
  function replacing(lengths: readonly number[]) {
    const worker = watchedWorker();
    read(worker.context, lengths);
    const newer = lengths.map((length, position) => noise(length, position + 1));
    const older = newer.map((bytes) => bytes.subarray(0, -20));
    const addresses = older.map((bytes) => worker.putFulls(bytes)[0]!);
    return { ...worker, newer, older, addresses };
  }

  test('become what reverse deltas rest on, which are told by their places in the request', () => {
    const { context, pool, newer, older, addresses } = replacing([4000, 5000, 6000]);
    const replaced = [2, 0].map((position) => ({
      old: addresses[position]!,
      oldStoredBytes: older[position]!.length,
      position,
    }));
    const wanted = Uint8Array.of(1, 1, 1);
    const result = storeTicket(context, { type: 'store', ticket: 7, wanted, replaced });
    expect(result.frames.map(({ members }) => members)).toEqual([[0, 1, 2]]);
    expect(result.deltaFrames.map(({ members }) => members)).toEqual([[0, 1]]);
    [2, 0].forEach((position, member) => {
      const address = addressIn(result.deltaFrames[0]!, member, older[position]!);
      const delta = context.reader.readDelta(address);
      expect(Buffer.from(delta.basisHash).equals(blake3(newer[position]!))).toBe(true);
      expect(applyDelta(newer[position]!, delta).equals(older[position]!)).toBe(true);
    });
    context.reader.recycle();
    // The frame that was read last.
    expect(pool.taken).toBe(1);
  });

  test('are in frames that are proven as they are appended, and others are not', () => {
    const { context, run, older, addresses } = replacing([600_000, 5000, 600_000, 4000]);
    const proven: unknown[] = [];
    const watched: LaneWriter = {
      ...run,
      appendFull(members, bytes, positions, isBasis) {
        proven.push([positions, isBasis]);
        return run.appendFull(members, bytes, positions, isBasis);
      },
    };
    const replaced = [1, 2].map((position) => ({
      old: addresses[position]!,
      oldStoredBytes: older[position]!.length,
      position,
    }));
    const job = { ticket: 7, wanted: Uint8Array.of(1, 1, 1, 1), replaced };
    storeTicket({ ...context, run: watched }, { type: 'store', ...job });
    expect(proven).toEqual([
      [[0], false],
      [[2], true],
      [[1, 3], true],
    ]);
  });

  test('are not copied for that: only the old ones are', () => {
    const { context, pool, older, addresses } = replacing([4000, 5000]);
    const replaced = older.map(({ length }, position) => ({
      old: addresses[position]!,
      oldStoredBytes: length,
      position,
    }));
    const sizes: number[] = [];
    const counted = {
      ...pool,
      take(lengthBytes: number) {
        sizes.push(lengthBytes);
        return pool.take(lengthBytes);
      },
    };
    const job = { type: 'store', ticket: 7, wanted: Uint8Array.of(1, 1), replaced } as const;
    storeTicket({ ...context, pool: counted }, job);
    expect(sizes.filter((size) => size === 4000 || size === 5000)).toEqual([]);
    expect(new Set(sizes)).toEqual(new Set([3980, 4980]));
  });
});
