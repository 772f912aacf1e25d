import { describe, expect, test } from 'vitest';
import {
  BlobKind,
  type BlobPlace,
  type BlobRow,
  type PlacedBlob,
} from '../../../../src/repo/index/blobs.js';
import type { Index } from '../../../../src/repo/index/index.js';
import type { StoredFrame } from '../../../../src/repo/model.js';
import type {
  RetirementAhead,
  Succession,
} from '../../../../src/repo/operations/backup/retirement-ahead.js';
import { createTicketStore } from '../../../../src/repo/operations/backup/store-ticket.js';
import { holeHash } from '../../../../src/repo/packs/hole.js';
import type { WritingRun } from '../../../../src/repo/repository/writing-run.js';
import type { StoreJob, StoreResult } from '../../../../src/repo/worker/jobs.js';

const hashOf = (id: number): Buffer => Buffer.alloc(32, id);
const WHERE: BlobPlace = {
  kind: BlobKind.full,
  frame: 9,
  member: 0,
  basis: undefined,
  storedBytes: 5,
};

/** A store over blobs that are there by id, which is also the byte of their hash; new ones begin at 100. */
function prepare(known: readonly number[], result: Partial<StoreResult> = {}) {
  const jobs: { job: StoreJob; lane: number }[] = [];
  const inserted: string[] = [];
  const planned: Succession[][] = [];
  const kept: unknown[] = [];
  let next = 100;
  const index = {
    blobs: {
      isEmpty: () => false,
      find: (hash: Uint8Array): Partial<BlobRow> | undefined =>
        known.includes(hash[0]!) ? { id: hash[0]!, kind: BlobKind.full } : undefined,
      insert: (id: number, hash: Uint8Array, lengthBytes: number, where: BlobPlace) =>
        void inserted.push(`${id}: ${hash[0]} of ${lengthBytes} in ${where.frame}`),
      insertHole: (id: number, _: Uint8Array, lengthBytes: number) =>
        void inserted.push(`${id}: hole of ${lengthBytes}`),
    },
    counters: { next: () => next++ },
    frames: {},
  };
  const frame = { members: [] } as unknown as StoredFrame;
  const run = {
    pool: {
      run(job: StoreJob, lane: number) {
        jobs.push({ job, lane });
        return Promise.resolve({ frames: [], deltaFrames: [], ...result });
      },
    },
    register({ members }: StoredFrame, place: (position: number, where: BlobPlace) => boolean) {
      for (const position of members) expect(place(position, WHERE)).toBe(true);
    },
  };
  const placed = { address: hashOf(1), storedBytes: 77 } as unknown as PlacedBlob;
  const ahead = {
    plan(successions: Succession[]) {
      planned.push(successions);
      return successions.map(({ newer, position }) => ({ old: placed, newer, position }));
    },
    keep: (...args: unknown[]) => void kept.push(args),
  };
  const tickets = createTicketStore(
    run as unknown as WritingRun,
    index as unknown as Index,
    ahead as unknown as RetirementAhead,
  );
  return { tickets, jobs, inserted, planned, kept, frame };
}

const ticketOf = (hashes: readonly Uint8Array[], lengths: readonly number[]) => ({
  lane: 3,
  ticket: 8,
  lengths,
  hashes: Buffer.concat(hashes),
});

test('tickets are numbered from 0, and none is given twice', () => {
  const { tickets } = prepare([]);
  expect([tickets.nextTicket(), tickets.nextTicket(), tickets.nextTicket()]).toEqual([0, 1, 2]);
});

test('only what is not stored is wanted, of the lane that holds the ticket', async () => {
  const { tickets, jobs, inserted } = prepare([5], { frames: [{ members: [1, 3] } as never] });
  const hashes = [hashOf(5), hashOf(6), hashOf(6), hashOf(7)];
  const claims = await tickets.store(ticketOf(hashes, [10, 20, 20, 30]), () => undefined);
  expect(claims.map(({ blob }) => blob)).toEqual([5, 100, 100, 101]);
  expect(jobs).toEqual([
    {
      job: { type: 'store', ticket: 8, wanted: Uint8Array.of(0, 1, 0, 1), replaced: [] },
      lane: 3,
    },
  ]);
  expect(inserted).toEqual(['100: 6 of 20 in 9', '101: 7 of 30 in 9']);
});

test('neither an empty file nor a hole is a blob', async () => {
  const { tickets, jobs } = prepare([]);
  const hashes = [hashOf(6), holeHash(70_000), hashOf(7)];
  const claims = await tickets.store(ticketOf(hashes, [0, 70_000, 30]), () => undefined);
  expect(claims.map(({ blob }) => blob)).toEqual([0, 0, 100]);
  expect(jobs[0]!.job.wanted).toEqual(Uint8Array.of(0, 0, 1));
});

test('a hole has one blob for each length', () => {
  const { tickets, inserted } = prepare([]);
  expect(tickets.holeBlob(70_000)).toBe(100);
  expect(inserted).toEqual(['100: hole of 70000']);
});

describe('what a blob replaces', () => {
  test('becomes a delta of it, where the blob is stored now', async () => {
    const asked: unknown[] = [];
    const deltaFrames = [{ members: [0] } as never];
    const { tickets, jobs, planned, kept } = prepare([5], { deltaFrames });
    const hashes = [hashOf(5), hashOf(6), hashOf(7)];
    await tickets.store(ticketOf(hashes, [10, 20, 30]), (position, blob) => {
      asked.push([position, blob]);
      return position === 2 ? undefined : { path: 50 + position, old: 60 + position };
    });
    expect(asked).toEqual([
      [0, 5],
      [1, 100],
      [2, 101],
    ]);
    expect(planned).toEqual([[{ path: 51, old: 61, newer: 100, position: 1 }]]);
    expect(jobs[0]!.job.replaced).toEqual([{ old: hashOf(1), oldStoredBytes: 77, position: 1 }]);
    expect(kept).toMatchObject([[deltaFrames, [{ newer: 100, position: 1 }]]]);
  });
});
