/** Stats: what the history holds, what it takes, and what takes most of it. */
import type { Snapshot, Source } from '../../index/sources.js';
import type { BlobSums, Counts, PathCost } from '../../index/statistics.js';
import type { ByteString } from '../../../platform/bytes.js';
import { layoutOf } from '../../repository/layout.js';
import type { Repository } from '../../repository/repository.js';
import type { HeldRepository } from '../../repository/held.js';

export interface CostlyPath {
  readonly path: ByteString;
  /** What its history takes in packs; what it shares with another path is counted once. */
  readonly bytes: number;
}

export interface SourceStats {
  readonly source: Source;
  readonly snapshots: number;
  /** Sum over its snapshots of the bytes of their files. */
  readonly logicalBytes: number;
  /** What its backups appended to packs. */
  readonly addedBytes: number;
}

export interface SnapshotStats {
  readonly number: number;
  readonly source: number;
  readonly startedMs: number;
  readonly files: number;
  readonly logicalBytes: number;
  readonly addedBytes: number;
}

export interface RepositoryStats extends Counts, BlobSums {
  /** Sum over all snapshots of the bytes of their files: what full copies would take. */
  readonly logicalBytes: number;
  /** Allocated on disk by packs and index. */
  readonly storedBytes: number;
  /** The part of `storedBytes` that is the index. */
  readonly indexBytes: number;
  readonly perSource: readonly SourceStats[];
  readonly perSnapshot: readonly SnapshotStats[];
  /** At most {@link MAX_COSTLY}, the costliest first. */
  readonly costliest: readonly CostlyPath[];
  /** By the files directly in each. */
  readonly costliestDirectories: readonly CostlyPath[];
}

const MAX_COSTLY = 20;

/** Reads most of the index: two seconds for two million versions. */
export function readStats(repository: Repository): Promise<RepositoryStats> {
  return repository.read((held) => {
    const { index, packs } = held;
    const { statistics } = index;
    const places = index.placePaths();
    const named = ({ path, bytes }: PathCost): CostlyPath => ({
      path: places.ofId(path).path,
      bytes,
    });
    const snapshots = index.snapshots.all();
    const indexBytes = allocatedByIndex(held);
    return {
      ...statistics.counts(),
      ...statistics.blobSums(),
      logicalBytes: sum(snapshots.map(({ bytes }) => bytes)),
      storedBytes: packs.allocatedBytes() + indexBytes,
      indexBytes,
      perSource: index.sources.all().map((source) => sourceStats(source, snapshots)),
      perSnapshot: snapshots.map(snapshotStats),
      costliest: statistics.costliestPaths(MAX_COSTLY).map(named),
      costliestDirectories: statistics.costliestDirectories(MAX_COSTLY).map(named),
    };
  });
}

function sourceStats(source: Source, snapshots: readonly Snapshot[]): SourceStats {
  const own = snapshots.filter((snapshot) => snapshot.source === source.id);
  return {
    source,
    snapshots: own.length,
    logicalBytes: sum(own.map(({ bytes }) => bytes)),
    addedBytes: sum(own.map(({ bytesStored }) => bytesStored)),
  };
}

function snapshotStats(snapshot: Snapshot): SnapshotStats {
  const { number, source, startedMs, files, bytes, bytesStored } = snapshot;
  return { number, source, startedMs, files, logicalBytes: bytes, addedBytes: bytesStored };
}

/** The database and its write-ahead log. */
function allocatedByIndex({ path, platform }: HeldRepository): number {
  const { index } = layoutOf(path);
  const files = [index, `${index}-wal`];
  return sum(files.map((file) => platform.files.stat(file)?.allocatedBytes ?? 0));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
