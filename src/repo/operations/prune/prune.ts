/**
 * Prune: retention chooses snapshots; versions that no kept snapshot has go, then blobs that no
 * version uses, then space is given back. One transaction, a tombstone manifest, nothing in place.
 */
import { CodedError } from '../../../errors.js';
import { createCompaction } from '../../index/compaction.js';
import type { Index } from '../../index/index.js';
import { createPathPlaces } from '../../index/names.js';
import { createRemoval } from '../../index/removal.js';
import { readSuspicions } from '../../index/suspects.js';
import type { ByteString } from '../../../platform/bytes.js';
import type { Platform } from '../../../platform/platform.js';
import { compact } from '../../repository/compact.js';
import { explainFullDisk } from '../../repository/full-disk.js';
import { reclaim } from '../../repository/reclaim.js';
import { openRepository, type Repository } from '../../repository/repository.js';
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
  readonly lockWaitMs?: number;
  readonly signal?: AbortSignal;
}

export interface PruneResult extends Retention {
  /** Bytes from before possible bit rot that went. */
  readonly dropped: readonly DroppedBytes<ByteString>[];
  /** Payload bytes in packs before, less those after: what the repository shrinks by. */
  readonly bytesFreed: number;
  readonly durationMs: number;
}

/** @throws CodedError PRUNE_EMPTY_POLICY, PRUNE_INVALID_COUNT, REPOSITORY_*, DISK_FULL, INTERRUPTED */
export async function prune(
  repositoryPath: string,
  platform: Platform,
  options: PruneOptions,
): Promise<PruneResult> {
  const { lockWaitMs = 0, signal } = options;
  const startedMs = platform.clock.nowMs();
  const repository = await openRepository(repositoryPath, platform, {
    access: 'write',
    lockWaitMs,
    signal,
  });
  try {
    const snapshots = repository.index.snapshots.all();
    const suspects = readSuspectFiles(repository.index);
    const chosen = chooseSnapshots(snapshots, options.policy, new Date(startedMs));
    const retention = options.dropsBeforeBitRot ? chosen : guardSuspects(chosen, suspects);
    const dropped = droppedBytes(retention, suspects);
    const bytesFreed = await explainFullDisk(repositoryPath, () =>
      removeSnapshots(repository, retention, options),
    );
    if (!options.isDryRun) reclaim(repository);
    const durationMs = platform.clock.nowMs() - startedMs;
    return { ...retention, dropped, bytesFreed, durationMs };
  } finally {
    repository.close();
  }
}

function readSuspectFiles(index: Index): SuspectFile<ByteString>[] {
  const places = createPathPlaces(index.connection);
  return readSuspicions(index.connection).map(({ path, good, suspect }) => ({
    ...places.ofId(path),
    good,
    suspect,
  }));
}

async function removeSnapshots(
  repository: Repository,
  { removed }: Retention,
  options: PruneOptions,
): Promise<number> {
  const { index } = repository;
  const run = beginRun(repository, options);
  try {
    const compaction = createCompaction(index.connection);
    const before = compaction.storedBytes();
    const removal = createRemoval(index.connection);
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
    await run.abort();
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
