/**
 * After the walk: old contents that no current version uses any longer become reverse deltas. An old
 * content is paired with the one that replaced it under its path, with one of the same inode, or with
 * one of the same name elsewhere (renamed and edited); where that does not pay, a large one is tried
 * against its neighbours of about its size (split, merged or renamed beyond recognition: of seven
 * TypeScript releases this saves 3 of 10 MB).
 */
import type { PlacedBlob, SizedBlob } from '../../index/blobs.js';
import type { Index } from '../../index/index.js';
import type { ContentRef } from '../../model.js';
import type { ByteString } from '../../../platform/bytes.js';
import type { WritingRun } from '../../repository/writing-run.js';
import { createLimiter } from '../../../threads/limiter.js';
import { pairBlobs } from './pair-blobs.js';
import type { Vanished } from './recorder.js';
import { blobList, fullBlob, recordRetired, retirable, type BlobPair } from './retired.js';
import type { RetirementAhead } from './retirement-ahead.js';

/** A content that is gone from a directory, and what took its place, if anything did. */
export interface Replacement {
  readonly old: ContentRef;
  readonly newer: ContentRef;
  /** The id of the directory that it was in. */
  readonly directory: number;
}

/** A file that was not there before. */
export interface Appeared {
  readonly name: ByteString;
  readonly inode: number;
  readonly content: ContentRef;
}

/** An old blob and those it may become a delta against, the likeliest first. */
interface Candidates {
  readonly old: PlacedBlob;
  readonly newers: readonly PlacedBlob[];
}

/**
 * Texts of one job, all that are tried; a single larger pair is a job of its own. Few are shared out to
 * the threads that run: nothing else is left to do.
 */
const MAX_JOB_BYTES = 8 * 1024 * 1024;
const JOB_PAIRS = 64;
/** From this size on, an old blob is tried against this many of its neighbours... */
const MIN_NEIGHBOUR_BYTES = 64 * 1024;
const MAX_NEIGHBOURS = 3;
/** ...that are at most this many times larger or smaller. */
const MAX_SIZE_RATIO = 4;
/** What vanished, with the file that appeared instead: same inode first, else same name. */
export function pairVanished(
  vanished: readonly Vanished[],
  appeared: readonly Appeared[],
): Replacement[] {
  const byInode = new Map(appeared.map((file) => [file.inode, file]));
  const byName = new Map(appeared.map((file) => [file.name, file]));
  return vanished.map(({ name, inode, content, directory }) => {
    const match = byInode.get(inode) ?? byName.get(name);
    return { old: content, newer: match?.content ?? { type: 'none' }, directory };
  });
}

/**
 * Retires what can be retired and was not `ahead`; every delta is proven by the worker that makes it.
 */
export async function retireReplaced(
  run: WritingRun,
  index: Index,
  replacements: Iterable<Replacement>,
  ahead: RetirementAhead,
): Promise<void> {
  ahead.finish();
  const { pool } = run;
  const limiter = createLimiter(pool.laneCount * 2);
  const candidates = planCandidates(index, replacements, ahead);
  for (const job of groupIntoJobs(candidates, pool.startedLanes().length)) {
    await limiter.start(async () => {
      const pairs = job.map(({ old, newers }) => ({
        old: old.address,
        oldStoredBytes: old.storedBytes,
        newers: newers.map(({ address }) => address),
      }));
      const { frames, taken } = await pool.run({ type: 'retire', pairs });
      const pairAt = (position: number): BlobPair => {
        const candidates = job[position];
        const newer = candidates?.newers[taken.get(position) ?? 0];
        if (!candidates || !newer) throw new Error(`no pair ${position}`);
        return { old: candidates.old, newer: newer.id };
      };
      for (const frame of frames) recordRetired(run, index, pairAt, frame);
    });
  }
  await limiter.drain();
}

/** Each old blob once, in the order in which the packs hold them. */
function planCandidates(
  index: Index,
  replacements: Iterable<Replacement>,
  ahead: RetirementAhead,
): Candidates[] {
  const planned = new Map<number, Candidates>();
  const neighbours = createNeighbours(index);
  for (const { old, newer, directory } of replacements) {
    const olds = blobList(index, old);
    const newerBlobs = blobList(index, newer);
    const kept = new Set(newerBlobs.map(({ id }) => id));
    const left = olds.filter(({ id }) => !kept.has(id) && !planned.has(id) && !ahead.hasDelta(id));
    const blobs = left.flatMap(({ id }) => retirable(index, id) ?? []);
    if (blobs.length === 0) continue;
    const counterparts = new Map(pairBlobs(olds, newerBlobs));
    for (const blob of blobs) {
      const { id } = blob;
      const likely = counterparts.get(id);
      const newers = [
        ...(likely === undefined || ahead.wasTried(id, likely) ? [] : [likely]),
        ...neighbours.of(directory, blob.lengthBytes),
      ];
      const distinct = [...new Set(newers)].flatMap((newerId) => fullBlob(index, newerId) ?? []);
      if (distinct.length > 0) planned.set(id, { old: blob, newers: distinct });
    }
  }
  return [...planned.values()].sort(
    ({ old: { address: left } }, { old: { address: right } }) =>
      left.frame.pack - right.frame.pack || left.frame.offset - right.frame.offset,
  );
}

/** Current files of one directory as blobs of about a given size, the nearest in size first. */
function createNeighbours(index: Index) {
  const known = new Map<number, SizedBlob[]>();
  const load = (directory: number): SizedBlob[] => {
    const blobs = index.versions
      .current(directory)
      .flatMap(({ content, sizeBytes }) =>
        content.type === 'blob' ? [{ id: content.blob, lengthBytes: sizeBytes }] : [],
      );
    known.set(directory, blobs);
    return blobs;
  };
  return {
    of(directory: number, lengthBytes: number): number[] {
      if (lengthBytes < MIN_NEIGHBOUR_BYTES) return [];
      const distance = (blob: SizedBlob): number =>
        Math.abs(Math.log(blob.lengthBytes / lengthBytes));
      return (known.get(directory) ?? load(directory))
        .filter((blob) => distance(blob) <= Math.log(MAX_SIZE_RATIO))
        .sort((left, right) => distance(left) - distance(right))
        .slice(0, MAX_NEIGHBOURS)
        .map(({ id }) => id);
    },
  };
}

function* groupIntoJobs(
  candidates: readonly Candidates[],
  shares: number,
): Generator<Candidates[]> {
  const totalBytes = candidates.reduce((sum, candidate) => sum + textBytes(candidate), 0);
  const fullBytes = Math.min(MAX_JOB_BYTES, totalBytes / Math.max(shares, 1));
  let job: Candidates[] = [];
  let jobBytes = 0;
  for (const candidate of candidates) {
    job.push(candidate);
    jobBytes += textBytes(candidate);
    if (job.length < JOB_PAIRS && jobBytes < fullBytes) continue;
    yield job;
    job = [];
    jobBytes = 0;
  }
  if (job.length > 0) yield job;
}

function textBytes({ old, newers }: Candidates): number {
  return newers.reduce((sum, { lengthBytes }) => sum + lengthBytes, old.lengthBytes);
}
