/** Snapshots: every finished backup run, in order of arrival. */
import type { Snapshot, Source } from '../../index/sources.js';
import { selectedSource, type QueryOptions } from './sources.js';
import type { Repository } from '../../repository/repository.js';

export interface ListedSnapshot {
  readonly source: Source;
  readonly snapshot: Snapshot;
}

/** The snapshots of one source, or of all of them; empty where there is none. */
export function listSnapshots(
  repository: Repository,
  options: QueryOptions = {},
): Promise<ListedSnapshot[]> {
  return repository.read(({ index }) => {
    if (options.source) {
      const source = selectedSource(index, options.source);
      return index.snapshots.ofSource(source.id).map((snapshot) => ({ source, snapshot }));
    }
    const sources = new Map(index.sources.all().map((source) => [source.id, source]));
    return index.snapshots.all().flatMap((snapshot) => {
      const source = sources.get(snapshot.source);
      return source ? [{ source, snapshot }] : [];
    });
  });
}
