/**
 * Prune: retention chooses snapshots; versions that no kept snapshot has go, then blobs that no
 * version uses, then space is given back. One transaction, a tombstone manifest, nothing in place.
 */
import { CodedError } from '../../../errors.js';
import type { Index } from '../../index/index.js';
import type { ByteString } from '../../../platform/bytes.js';
import { compact } from '../../repository/compact.js';
import { reclaim } from '../../repository/reclaim.js';
import { selectedSource, type SourceSelector } from '../queries/sources.js';
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
import type { Retention, RetentionPolicy } from './retention.js';
import { keepNewest, selectSnapshots } from './selection.js';

export interface PruneOptions extends RunOptions {
  /** What to keep of each source; without it, what the next options name goes. */
  readonly policy?: RetentionPolicy;
  /** Snapshots to remove, by their numbers. */
  readonly snapshots?: readonly number[];
  /** Looks at the snapshots of one source, or of one host, alone. */
  readonly source?: SourceSelector;
  readonly host?: string;
  /** Lets a source go altogether, with its last snapshot. */
  readonly takesAll?: boolean;
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

/**
 * @throws CodedError PRUNE_EMPTY_POLICY, PRUNE_INVALID_COUNT, PRUNE_LAST_SNAPSHOT, SNAPSHOT_NOT_FOUND,
 *   SOURCE_NOT_FOUND, REPOSITORY_*, DISK_FULL, INTERRUPTED
 */
export async function prune(repository: Repository, options: PruneOptions): Promise<PruneResult> {
  const { clock } = repository.platform;
  const startedMs = clock.nowMs();
  const remove = async (held: HeldRepository): Promise<Omit<PruneResult, 'durationMs'>> => {
    const snapshots = held.index.snapshots.all();
    const suspects = readSuspectFiles(held.index);
    const selection = {
      policy: options.policy,
      numbers: options.snapshots ?? [],
      sources: sourcesOf(held.index, options),
      takesAll: options.takesAll ?? false,
    };
    const chosen = selectSnapshots(snapshots, selection, new Date(startedMs));
    const retention = options.dropsBeforeBitRot
      ? chosen
      : keepNewest(guardSuspects(chosen, suspects));
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
  // Where only whole packs give space back, what is moved must not go into the pack that it leaves.
  const frees = repository.packs.canPunch() ? 'frames' : 'packs';
  const run = beginRun(repository, options, { startsPacks: frees === 'packs' });
  try {
    const { compaction, removal } = index;
    const before = compaction.storedBytes();
    const sources = goneSources(index, removed);
    for (const source of sources) removal.removeSource(source);
    for (const { number, source } of removed) {
      if (!sources.includes(source)) removal.removeSnapshot(number);
    }
    removal.removeUnusedContents();
    await removeUnusedBlobs(run, index);
    await compact(run, repository, frees);
    if (options.signal?.aborted) throw interrupted();
    const bytesFreed = before - compaction.storedBytes();
    if (options.isDryRun || isIdle(run, removed.length, bytesFreed)) {
      await run.abort();
      return bytesFreed;
    }
    const numbers = removed.map(({ number }) => number);
    const summary = { type: 'prune', removed: numbers, ...(sources.length > 0 && { sources }) };
    await run.commit(summary, () => undefined);
    return bytesFreed;
  } catch (error) {
    await run.abort(error);
    throw error;
  }
}

/** The sources that are looked at; undefined: all. @throws CodedError SOURCE_NOT_FOUND */
function sourcesOf(index: Index, { source, host }: PruneOptions): number[] | undefined {
  if (source === undefined && host === undefined) return undefined;
  const selected = source ? [selectedSource(index, source)] : index.sources.all();
  const found = selected.filter((one) => host === undefined || one.host === host);
  if (found.length > 0) return found.map(({ id }) => id);
  throw new CodedError('SOURCE_NOT_FOUND', `No source is of the host ${host ?? ''}.`, {
    hint: 'List the sources with `varve snapshots`.',
  });
}

/** The sources of which no snapshot stays. */
function goneSources(index: Index, removed: Retention['removed']): number[] {
  const going = new Set(removed.map(({ number }) => number));
  const sources = [...new Set(removed.map(({ source }) => source))];
  return sources.filter((source) =>
    index.snapshots.ofSource(source).every(({ number }) => going.has(number)),
  );
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
