/**
 * After the walk: old contents that no current version uses any more become reverse deltas. An old
 * content is paired with the one that replaced it under its path, with one of the same inode, or with
 * one of the same name elsewhere (renamed and edited).
 */
import { BlobKind, type PlacedBlob } from '../../index/blobs.js';
import type { Index } from '../../index/index.js';
import type { ContentRef } from '../../model.js';
import type { ByteString } from '../../platform/bytes.js';
import { extendTail } from '../../chain/retire.js';
import type { StoredFrame } from '../../model.js';
import type { WritingRun } from '../writing-run.js';
import { createLimiter } from '../limiter.js';
import type { Vanished } from './recorder.js';

/** A content that was replaced, and what replaced it. */
export interface Replacement {
  readonly old: ContentRef;
  readonly newer: ContentRef;
}

/** A file that was not there before. */
export interface Appeared {
  readonly name: ByteString;
  readonly inode: number;
  readonly content: ContentRef;
}

interface BlobPair {
  readonly old: PlacedBlob;
  readonly newer: PlacedBlob;
}

/** Texts of one job, both sides; a single larger pair is a job of its own. */
const JOB_BYTES = 8 * 1024 * 1024;
const JOB_PAIRS = 64;
/** Smaller blobs cost more as a delta (its header and a link) than they save. */
const LEAST_BLOB_BYTES = 256;

/** Files that vanished, paired with files that appeared: same inode first, else same name. */
export function pairRenamed(
  vanished: readonly Vanished[],
  appeared: readonly Appeared[],
): Replacement[] {
  const byInode = new Map(appeared.map((file) => [file.inode, file]));
  const byName = new Map(appeared.map((file) => [file.name, file]));
  return vanished.flatMap(({ name, inode, content }) => {
    const match = byInode.get(inode) ?? byName.get(name);
    return match ? [{ old: content, newer: match.content }] : [];
  });
}

/** Retires what can be retired; every delta is proven by the worker that makes it. */
export async function retireReplaced(
  run: WritingRun,
  index: Index,
  replacements: Iterable<Replacement>,
): Promise<void> {
  const limiter = createLimiter(run.pool.laneCount * 2);
  for (const pairs of groupIntoJobs(planPairs(index, replacements))) {
    await limiter.start(async () => {
      const { frames } = await run.pool.run({
        type: 'retire',
        pairs: pairs.map(({ old, newer }) => ({
          old: old.address,
          oldStoredBytes: old.storedBytes,
          newer: newer.address,
        })),
      });
      for (const frame of frames) recordRetired(run, index, pairs, frame);
    });
  }
  await limiter.drain();
}

/** Each old blob once, in the order in which the packs hold them. */
function planPairs(index: Index, replacements: Iterable<Replacement>): BlobPair[] {
  const pairs = new Map<number, BlobPair>();
  for (const { old, newer } of replacements) {
    for (const [oldBlob, newerBlob] of pairBlobs(index, old, newer)) {
      if (oldBlob === newerBlob || pairs.has(oldBlob)) continue;
      const pair = retirablePair(index, oldBlob, newerBlob);
      if (pair) pairs.set(oldBlob, pair);
    }
  }
  return [...pairs.values()].sort(
    ({ old: { address: left } }, { old: { address: right } }) =>
      left.frame.pack - right.frame.pack || left.frame.offset - right.frame.offset,
  );
}

function retirablePair(index: Index, oldId: number, newerId: number): BlobPair | undefined {
  const old = index.blobs.placed(oldId);
  if (old?.kind !== BlobKind.full || old.lengthBytes < LEAST_BLOB_BYTES) return undefined;
  if (index.blobs.isCurrent(oldId)) return undefined;
  const newer = index.blobs.placed(newerId);
  return newer?.kind === BlobKind.full ? { old, newer } : undefined;
}

/**
 * Old and newer blobs that cover the same region. Blobs that both contents have are anchors; between
 * two anchors each old blob is paired with the newer one that overlaps it most, measured from the
 * anchor before.
 */
function pairBlobs(index: Index, old: ContentRef, newer: ContentRef): [number, number][] {
  const olds = blobList(index, old);
  const newers = blobList(index, newer);
  const shared = new Map(newers.map(({ id }, position) => [id, position]));
  const pairs: [number, number][] = [];
  let oldFrom = 0;
  let newFrom = 0;
  const pairRegion = (oldTo: number, newTo: number): void => {
    pairs.push(...pairOverlapping(olds.slice(oldFrom, oldTo), newers.slice(newFrom, newTo)));
  };
  olds.forEach(({ id }, position) => {
    const anchor = shared.get(id);
    if (anchor === undefined || anchor < newFrom) return;
    pairRegion(position, anchor);
    oldFrom = position + 1;
    newFrom = anchor + 1;
  });
  pairRegion(olds.length, newers.length);
  return pairs;
}

interface SizedBlob {
  readonly id: number;
  readonly lengthBytes: number;
}

function pairOverlapping(
  olds: readonly SizedBlob[],
  newers: readonly SizedBlob[],
): [number, number][] {
  const pairs: [number, number][] = [];
  let newIndex = 0;
  let newStart = 0;
  let oldStart = 0;
  for (const old of olds) {
    const middle = oldStart + old.lengthBytes / 2;
    for (let newer = newers[newIndex]; newer; newer = newers[newIndex]) {
      const isLast = newIndex === newers.length - 1;
      if (isLast || newStart + newer.lengthBytes > middle) {
        pairs.push([old.id, newer.id]);
        break;
      }
      newStart += newer.lengthBytes;
      newIndex += 1;
    }
    oldStart += old.lengthBytes;
  }
  return pairs;
}

function blobList(index: Index, content: ContentRef): SizedBlob[] {
  const ids =
    content.type === 'blob'
      ? [content.blob]
      : content.type === 'content'
        ? index.blobs.ofContent(content.content)
        : [];
  return ids.map((id) => ({ id, lengthBytes: index.blobs.get(id)?.lengthBytes ?? 0 }));
}

function* groupIntoJobs(pairs: readonly BlobPair[]): Generator<BlobPair[]> {
  let job: BlobPair[] = [];
  let jobBytes = 0;
  for (const pair of pairs) {
    job.push(pair);
    jobBytes += pair.old.lengthBytes + pair.newer.lengthBytes;
    if (job.length < JOB_PAIRS && jobBytes < JOB_BYTES) continue;
    yield job;
    job = [];
    jobBytes = 0;
  }
  if (job.length > 0) yield job;
}

/** Hangs the deltas of `frame` into their chains; one that would make a chain too costly is not used. */
function recordRetired(
  run: WritingRun,
  index: Index,
  pairs: readonly BlobPair[],
  frame: StoredFrame,
): void {
  const pairAt = (position: number): BlobPair => {
    const pair = pairs[position];
    if (!pair) throw new Error(`no pair ${position}`);
    return pair;
  };
  run.register(
    frame,
    (position, where) => {
      const { old, newer } = pairAt(position);
      const basis = index.blobs.get(newer.id);
      const current = index.blobs.get(old.id);
      if (!basis || !current) throw new Error('a blob vanished while it was retired');
      const tail = extendTail(
        { links: basis.tailLinks, bytes: basis.tailBytes },
        { links: current.tailLinks, bytes: current.tailBytes },
        where.storedBytes,
        current.storedBytes,
      );
      if (!tail) return false;
      index.packs.addLive(current.frame, -current.storedBytes);
      index.blobs.place(old.id, where);
      index.blobs.setTail(newer.id, tail.links, tail.bytes);
      run.manifest.retired(old.hash);
      return true;
    },
    (position) => pairAt(position).newer.id,
  );
}
