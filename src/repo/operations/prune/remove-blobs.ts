/**
 * Removes blobs that no version uses. Where a kept delta rests on one, it is re-based: the deltas
 * from the next kept blob to it are folded into one, which reads no content.
 */
import { BlobKind, type PlacedBlob } from '../../index/blobs.js';
import type { Index } from '../../index/index.js';
import { createLimiter } from '../../../threads/limiter.js';
import type { WritingRun } from '../../repository/writing-run.js';

/** A kept delta, its new basis, and the deltas that lead from there to it, in that order. */
interface Rebase {
  readonly delta: PlacedBlob;
  readonly basis: number;
  readonly chain: readonly PlacedBlob[];
}

const JOB_DELTAS = 128;

export async function removeUnusedBlobs(run: WritingRun, index: Index): Promise<void> {
  const unused = new Set(index.removal.unusedBlobs());
  await rebaseKept(run, index, planRebases(index, unused));
  removeFree(index, unused);
}

/**
 * Removes blobs on which nothing rests, and then those that are free because of it; what was removed
 * is taken out of `unused`. (A copy of the set would be 25 MB for half a million.)
 */
export function removeFree(index: Index, unused: Set<number>): void {
  for (let removed = -1; removed !== 0;) {
    removed = 0;
    for (const id of unused) {
      if (!removeIfFree(index, id)) continue;
      unused.delete(id);
      removed += 1;
    }
  }
}

/** Kept deltas whose chain runs through unused deltas. An unused full blob stays while it is needed. */
function planRebases(index: Index, unused: ReadonlySet<number>): Rebase[] {
  const rebases: Rebase[] = [];
  for (const id of unused) {
    const blob = index.blobs.get(id);
    if (blob?.kind !== BlobKind.delta) continue;
    for (const delta of index.blobs.dependants(id)) {
      if (!unused.has(delta.id)) rebases.push(planRebase(index, unused, delta));
    }
  }
  return rebases;
}

function planRebase(index: Index, unused: ReadonlySet<number>, delta: PlacedBlob): Rebase {
  const chain = [delta];
  let basis = delta.basis;
  while (basis !== undefined && unused.has(basis)) {
    const link = index.blobs.placed(basis);
    if (link?.kind !== BlobKind.delta) break;
    chain.unshift(link);
    basis = link.basis;
  }
  if (basis === undefined) throw new Error(`delta ${delta.id} has no basis`);
  return { delta, basis, chain };
}

async function rebaseKept(
  run: WritingRun,
  index: Index,
  rebases: readonly Rebase[],
): Promise<void> {
  const limiter = createLimiter(run.pool.laneCount * 2);
  for (let start = 0; start < rebases.length; start += JOB_DELTAS) {
    const job = rebases.slice(start, start + JOB_DELTAS);
    await limiter.start(async () => {
      const deltas = job.map(({ chain }) => chain.map(({ address }) => address));
      const result = await run.pool.run({ type: 'rewrite', fulls: [], deltas });
      const rebaseAt = (position: number): Rebase => {
        const rebase = job[position];
        if (!rebase) throw new Error(`no rebase ${position}`);
        return rebase;
      };
      for (const frame of result.deltaFrames) {
        run.register(
          frame,
          (position, where) => {
            const { delta } = rebaseAt(position);
            index.frames.addLive(delta.frame, -delta.storedBytes);
            index.blobs.place(delta.id, where);
            run.manifest.retired(delta.hash);
            return true;
          },
          (position) => rebaseAt(position).basis,
        );
      }
    });
  }
  await limiter.drain();
}

/** Whether the blob was removed: not while a delta is against it. */
function removeIfFree(index: Index, id: number): boolean {
  const blob = index.blobs.get(id);
  if (!blob || index.blobs.dependants(id).length > 0) return false;
  if (blob.frame > 0) index.frames.addLive(blob.frame, -blob.storedBytes);
  index.blobs.remove(id);
  return true;
}
