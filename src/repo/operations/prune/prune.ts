/**
 * Prune: retention chooses snapshots; versions that no kept snapshot has go, then blobs that no
 * version uses, then space is given back. One transaction, a tombstone manifest, nothing in place.
 */
import { CodedError } from '../../../errors.js';
import type { Index } from '../../index/index.js';
import type { ByteString } from '../../../platform/bytes.js';
import { compact } from '../../repository/compact.js';
import { reclaim } from '../../repository/reclaim.js';
import type { HeldRepository } from '../../repository/held.js';
import type { Repository } from '../../repository/repository.js';
import { beginRun, type RunOptions, type WritingRun } from '../../repository/writing-run.js';
import {
  droppedBytes,
  guardSuspects,
  type DroppedBytes,
  type SuspectFile,
} from './bit-rot-guard.js';
import { removeUnusedBlobs } from './remove-blobs.js';
import { chooseSnapshots, type Retention, type RetentionPolicy } from './retention.js';

export interface PruneOptions extends RunOptions {
  readonly policy: RetentionPolicy;
  /** Removes what the policy says even if it is the last that has bytes from before possible bit rot. */
  readonly dropsBeforeBitRot?: boolean;
  /** Does everything but keep it: the figures are those of a real run. */
  readonly isDryRun?: boolean;
}

export interface PruneResult extends Retention {
  /** Bytes from before possible bit rot that went. */
  readonly dropped: readonly DroppedBytes<ByteString>[];
  /** Payload bytes in packs before, less those after: what the repository shrinks by. */
  readonly bytesFreed: number;
  readonly durationMs: number;
}

/** @throws CodedError PRUNE_EMPTY_POLICY, PRUNE_INVALID_COUNT, REPOSITORY_*, DISK_FULL, INTERRUPTED */
export async function prune(repository: Repository, options: PruneOptions): Promise<PruneResult> {
  const { clock } = repository.platform;
  const startedMs = clock.nowMs();
  const remove = async (held: HeldRepository): Promise<Omit<PruneResult, 'durationMs'>> => {
    const snapshots = held.index.snapshots.all();
    const suspects = readSuspectFiles(held.index);
    const chosen = chooseSnapshots(snapshots, options.policy, new Date(startedMs));
    const retention = options.dropsBeforeBitRot ? chosen : guardSuspects(chosen, suspects);
    const dropped = droppedBytes(retention, suspects);
    const bytesFreed = await removeSnapshots(held, retention, options);
    return { ...retention, dropped, bytesFreed };
  };
  const result = options.isDryRun
    ? await repository.tryOut(remove, options.signal)
    : await repository.write(
        async (held) => {
          const removed = await remove(held);
          reclaim(held);
          return removed;
        },
        { signal: options.signal, frees: true },
      );
  return { ...result, durationMs: clock.nowMs() - startedMs };
}

function readSuspectFiles(index: Index): SuspectFile<ByteString>[] {
  const places = index.placePaths();
  return index.suspicions().map(({ path, good, suspect }) => ({
    ...places.ofId(path),
    good,
    suspect,
  }));
}

async function removeSnapshots(
  repository: HeldRepository,
  { removed }: Retention,
  options: PruneOptions,
): Promise<number> {
  const { index } = repository;
  const run = beginRun(repository, options);
  try {
    const { compaction, removal } = index;
    const before = compaction.storedBytes();
    for (const { number } of removed) removal.removeSnapshot(number);
    removal.removeUnusedContents();
    await removeUnusedBlobs(run, index);
    await compact(run, repository, repository.packs.canPunch() ? 'frames' : 'packs');
    if (options.signal?.aborted) throw interrupted();
    const bytesFreed = before - compaction.storedBytes();
    if (options.isDryRun || isIdle(run, removed.length, bytesFreed)) {
      await run.abort();
      return bytesFreed;
    }
    const summary = { type: 'prune', removed: removed.map(({ number }) => number) };
    await run.commit(summary, () => undefined);
    return bytesFreed;
  } catch (error) {
    await run.abort(error);
    throw error;
  }
}

/** Nothing was removed, moved or freed: there is nothing to commit. */
function isIdle({ bytesStored }: WritingRun, removed: number, bytesFreed: number): boolean {
  return removed === 0 && bytesStored === 0 && bytesFreed === 0;
}

function interrupted(): CodedError {
  return new CodedError('INTERRUPTED', 'The prune was interrupted; nothing was removed.', {
    hint: 'Run it again.',
  });
}
