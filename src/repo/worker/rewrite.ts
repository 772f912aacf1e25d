/**
 * Copies blobs into new frames: full ones as they are (compaction), chains of deltas folded into one
 * (re-basing). Instructions and literals are moved; only full blobs are read and proven.
 */
import { foldDeltas } from '../../delta/compose.js';
import { HASH_BYTES } from '../../platform/hash.js';
import type { Delta } from '../../delta/delta.js';
import { isDamage } from '../../errors.js';
import { checkHash } from '../chain/rebuild.js';
import type { StoredFrame } from '../model.js';
import { laneWriter, type WorkerContext } from './context.js';
import type { RewriteJob, RewriteResult } from './jobs.js';
import { storeBlobs } from './store.js';

const MAX_HELD_BYTES = 1024 * 1024;

export function rewrite(context: WorkerContext, job: RewriteJob): RewriteResult {
  const damagedFulls: number[] = [];
  const damagedDeltas: number[] = [];
  const fulls = job.fulls.map((address, position) =>
    readable(position, damagedFulls, () =>
      checkHash(context.reader.readFull(address), address.hash),
    ),
  );
  const deltas = job.deltas.map((chain, position) =>
    readable(position, damagedDeltas, () =>
      foldDeltas(chain.map((address) => context.reader.readDelta(address))),
    ),
  );
  const fullFrames = storeFulls(context, job, fulls);
  const deltaFrames = storeDeltas(context, deltas);
  context.reader.recycle();
  return { fullFrames, deltaFrames, damagedFulls, damagedDeltas };
}

function readable<T>(position: number, damaged: number[], read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (!isDamage(error)) throw error;
    damaged.push(position);
    return undefined;
  }
}

function storeFulls(
  context: WorkerContext,
  job: RewriteJob,
  fulls: readonly (Uint8Array | undefined)[],
): StoredFrame[] {
  const bytes = Buffer.concat(fulls.map((full) => full ?? new Uint8Array(0)));
  const hashes = new Uint8Array(fulls.length * HASH_BYTES);
  job.fulls.forEach(({ hash }, index) => hashes.set(hash, index * HASH_BYTES));
  const lengths = fulls.map((full) => full?.length ?? 0);
  let end = 0;
  const starts = lengths.map((length) => (end += length) - length);
  const ticket = { bytes, starts, lengths, hashes, sharesFrames: true };
  return storeBlobs(context, ticket, (index) => lengths[index] !== 0);
}

function storeDeltas(
  context: WorkerContext,
  deltas: readonly (Delta | undefined)[],
): StoredFrame[] {
  const run = laneWriter(context);
  const frames: StoredFrame[] = [];
  let group: { delta: Delta; position: number }[] = [];
  let groupBytes = 0;
  const flush = (): void => {
    if (group.length === 0) return;
    const members = group.map(({ delta }) => delta);
    const positions = group.map(({ position }) => position);
    frames.push(run.appendDeltas(run.encodeDeltas(members), members, positions));
    group = [];
    groupBytes = 0;
  };
  deltas.forEach((delta, position) => {
    if (!delta) return;
    group.push({ delta, position });
    groupBytes += delta.literals.length + delta.copyOffsets.length;
    if (groupBytes >= MAX_HELD_BYTES) flush();
  });
  flush();
  return frames;
}
