/**
 * Compaction: what lives in a frame that is mostly dead is copied into new frames, cheapest first,
 * so that the old frame is dead as a whole and its space can be given back. Never more is copied than
 * there is room for.
 */
import { BlobKind, type PlacedBlob } from '../index/blobs.js';
import { createLimiter } from '../../threads/limiter.js';
import type { HeldRepository } from './held.js';
import type { WritingRun } from './writing-run.js';

/** A frame is worth copying when at least this much of it is dead... */
const MIN_DEAD_BYTES = 32 * 1024;
/** ...and at most this share is live: copying costs as much as it gives back. */
const MAX_LIVE_SHARE = 0.5;
/** Free space that is left alone. */
const RESERVE_BYTES = 16 * 1024 * 1024;
const JOB_BYTES = 4 * 1024 * 1024;

/**
 * What space is given back by: `frames` become holes; `packs` go as a whole where the file system has
 * no holes, so that what lives among dead frames must move too.
 */
export type Frees = 'frames' | 'packs';

export async function compact(
  run: WritingRun,
  repository: HeldRepository,
  frees: Frees = 'frames',
): Promise<void> {
  const limiter = createLimiter(run.pool.laneCount * 2);
  for (const job of groupIntoJobs(planCopies(repository, frees))) {
    await limiter.start(() => copyBlobs(run, repository, job));
  }
  await limiter.drain();
}

function planCopies(
  { index, platform, packDirectory }: HeldRepository,
  frees: Frees,
): PlacedBlob[] {
  const { compaction } = index;
  let room = platform.files.freeBytes(packDirectory) - RESERVE_BYTES;
  const wasteful = compaction
    .wastefulFrames(MIN_DEAD_BYTES, MAX_LIVE_SHARE)
    .map(({ frame }) => frame);
  const frames = new Set(
    frees === 'packs' ? [...wasteful, ...compaction.framesAmongDead()] : wasteful,
  );
  const copies: PlacedBlob[] = [];
  for (const frame of frames) {
    room -= (index.frames.get(frame)?.lengthBytes ?? 0) * 2;
    if (room < 0) break;
    for (const id of compaction.blobsOf(frame)) {
      const blob = index.blobs.placed(id);
      if (blob) copies.push(blob);
    }
  }
  return copies;
}

function* groupIntoJobs(blobs: readonly PlacedBlob[]): Generator<PlacedBlob[]> {
  let job: PlacedBlob[] = [];
  let bytes = 0;
  for (const blob of blobs) {
    job.push(blob);
    bytes += blob.lengthBytes;
    if (bytes < JOB_BYTES) continue;
    yield job;
    job = [];
    bytes = 0;
  }
  if (job.length > 0) yield job;
}

async function copyBlobs(
  run: WritingRun,
  { index }: HeldRepository,
  blobs: readonly PlacedBlob[],
): Promise<void> {
  const fulls = blobs.filter(({ kind }) => kind === BlobKind.full);
  const deltas = blobs.filter(({ kind }) => kind === BlobKind.delta);
  const result = await run.pool.run({
    type: 'rewrite',
    fulls: fulls.map(({ address }) => address),
    deltas: deltas.map(({ address }) => [address]),
  });
  // What cannot be read stays where it is: `verify` names it, nothing is lost by compaction.
  const moved = (list: readonly PlacedBlob[], position: number): PlacedBlob => {
    const blob = list[position];
    if (!blob) throw new Error(`no blob ${position}`);
    return blob;
  };
  for (const frame of result.fullFrames) {
    run.register(frame, (position, where) => {
      const blob = moved(fulls, position);
      index.frames.addLive(blob.frame, -blob.storedBytes);
      index.blobs.place(blob.id, where);
      return true;
    });
  }
  for (const frame of result.deltaFrames) {
    run.register(
      frame,
      (position, where) => {
        const blob = moved(deltas, position);
        index.frames.addLive(blob.frame, -blob.storedBytes);
        index.blobs.place(blob.id, where);
        run.manifest.retired(blob.hash);
        return true;
      },
      (position) => moved(deltas, position).basis ?? 0,
    );
  }
}
