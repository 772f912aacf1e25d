/** Status: whether every source was backed up lately, and whether what is stored is known to be sound. */
import type { Index } from '../../index/index.js';
import type { Snapshot, Source } from '../../index/sources.js';
import type { VerificationSums } from '../../index/statistics.js';
import type { Repository } from '../../repository/repository.js';
import { selectedSource, type QueryOptions } from './sources.js';

export interface SourceStatus {
  readonly source: Source;
  readonly snapshots: number;
  /** The last backup that ended well; `issues` says of how many files it could not be told. */
  readonly latest: Snapshot;
  /** Since that backup began. */
  readonly ageMs: number;
  /** Paths of which at least one version is lost. */
  readonly damagedPaths: number;
}

export interface RepositoryStatus {
  /** In order of their numbers. */
  readonly sources: readonly SourceStatus[];
  readonly verification: VerificationSums;
  /** Blobs that are needed and cannot be rebuilt: what `repair` set aside. */
  readonly lostBlobs: number;
  /** For this user, on the file system of the repository. */
  readonly freeBytes: number;
}

/** Reads no path but those that are damaged. @throws CodedError SOURCE_NOT_FOUND */
export function readStatus(
  repository: Repository,
  options: QueryOptions = {},
): Promise<RepositoryStatus> {
  return repository.read(({ index, path, platform }) => {
    const { statistics } = index;
    const lost = statistics.lostBlobs();
    const damaged = damagedPathsBySource(index, lost);
    const sources = options.source ? [selectedSource(index, options.source)] : index.sources.all();
    const nowMs = platform.clock.nowMs();
    return {
      sources: sources.flatMap((source): SourceStatus[] => {
        const latest = index.snapshots.latest(source.id);
        if (!latest) return [];
        const snapshots = index.history.snapshotNumbers(source.id).length;
        const ageMs = nowMs - latest.startedMs;
        const damagedPaths = damaged.get(source.id)?.size ?? 0;
        return [{ source, snapshots, latest, ageMs, damagedPaths }];
      }),
      verification: statistics.verification(),
      lostBlobs: lost.length,
      freeBytes: platform.files.freeBytes(path),
    };
  });
}

function damagedPathsBySource(
  { versions }: Index,
  lost: readonly number[],
): Map<number, Set<number>> {
  const damaged = new Map<number, Set<number>>();
  for (const blob of lost) {
    for (const { path } of versions.usingBlob(blob)) {
      const source = versions.sourceOf(path);
      const paths = damaged.get(source) ?? new Set();
      damaged.set(source, paths.add(path));
    }
  }
  return damaged;
}
