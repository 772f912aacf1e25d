/** Snapshots: every finished backup run, in order of arrival. */
import type { Snapshot, Source } from '../../index/sources.js';
import type { Platform } from '../../../platform/platform.js';
import { selectSource, type QueryOptions } from './locate.js';
import { readRepository } from '../../repository/reading.js';

export interface ListedSnapshot {
  readonly source: Source;
  readonly snapshot: Snapshot;
}

/** The snapshots of one source, or of all of them; empty where there is none. */
export function listSnapshots(
  repositoryPath: string,
  platform: Platform,
  options: QueryOptions,
): Promise<ListedSnapshot[]> {
  return readRepository(repositoryPath, platform, options, ({ index }) => {
    if (options.source) {
      const source = selectSource(index, platform, options.source);
      return index.snapshots.ofSource(source.id).map((snapshot) => ({ source, snapshot }));
    }
    const sources = new Map(index.sources.all().map((source) => [source.id, source]));
    return index.snapshots.all().flatMap((snapshot) => {
      const source = sources.get(snapshot.source);
      return source ? [{ source, snapshot }] : [];
    });
  });
}
