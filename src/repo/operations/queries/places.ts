/** The snapshots in which an answer may lie: one of each source that may be meant. */
import type { CodedError } from '../../../errors.js';
import type { Index } from '../../index/index.js';
import type { Source } from '../../index/sources.js';
import type { SourceSnapshot } from './sources.js';
import { noneAt, numberAt, type TimePoint } from './time-point.js';

/** The snapshot of each source at `at`, the newest first; sources that had none by then are left out. */
export function snapshotsAt(
  index: Index,
  sources: readonly Source[],
  at: TimePoint,
): SourceSnapshot[] {
  const places = sources.flatMap((source) => {
    const number = snapshotNumberAt(index, source, at);
    const snapshot = number === undefined ? undefined : index.snapshots.get(number);
    return snapshot ? [{ source, snapshot }] : [];
  });
  if (places.length === 0) throw nearestMiss(index, sources, at);
  return places.sort((a, b) => b.snapshot.number - a.snapshot.number);
}

function snapshotNumberAt({ snapshots }: Index, { id }: Source, at: TimePoint): number | undefined {
  if (at.type === 'latest') return snapshots.latest(id)?.number;
  return numberAt(at, snapshots.ofSource(id));
}

/** Told of the series that comes nearest: the one that began first, or the longest. */
function nearestMiss(index: Index, sources: readonly Source[], at: TimePoint): CodedError {
  const series = sources.map(({ id }) => index.snapshots.ofSource(id));
  if (at.type === 'instant') {
    return noneAt(
      at,
      series.flat().sort((a, b) => a.number - b.number),
    );
  }
  return noneAt(
    at,
    series.reduce((best, one) => (one.length > best.length ? one : best), []),
  );
}
