/**
 * What a policy may not remove in silence: the bytes of a file from before possible bit rot. As long as
 * no later version of the path has them again, a snapshot that has them stays, and one that has the
 * bytes after: without it, nobody could tell why the other stays. A decision over plain
 * data: nothing is read or removed here.
 */
import type { VersionRange } from '../../index/suspects.js';
import type { Retention, Verdict } from './retention.js';

/** A file whose bytes may have rotted. */
export interface SuspectFile<Path> {
  readonly source: number;
  readonly path: Path;
  readonly good: VersionRange;
  readonly suspect: VersionRange;
}

/** Bytes from before possible bit rot that go, and the newest snapshot that has them. */
export interface DroppedBytes<Path> {
  readonly path: Path;
  readonly snapshot: number;
}

/** `retention`, but of each file a snapshot with either bytes is kept: the newest, where none is. */
export function guardSuspects(
  retention: Retention,
  suspects: readonly SuspectFile<unknown>[],
): Retention {
  return suspects.reduce(
    (guarded, { source, good, suspect }) =>
      keepOneOf(
        keepOneOf(guarded, source, good, 'contents from before possible bit rot'),
        source,
        suspect,
        'contents from after possible bit rot',
      ),
    retention,
  );
}

function keepOneOf(
  retention: Retention,
  source: number,
  range: VersionRange,
  reason: string,
): Retention {
  const { kept, removed } = retention;
  if (kept.some((verdict) => isWithin(verdict, source, range))) return retention;
  const newest = removed.findLast((verdict) => isWithin(verdict, source, range));
  if (!newest) return retention;
  return {
    kept: [...kept, { ...newest, reasons: [reason] }].sort((a, b) => a.number - b.number),
    removed: removed.filter((verdict) => verdict !== newest),
  };
}

/** What is lost of each file when `retention` is carried out. */
export function droppedBytes<Path>(
  { kept, removed }: Retention,
  suspects: readonly SuspectFile<Path>[],
): DroppedBytes<Path>[] {
  return suspects.flatMap(({ source, path, good }) => {
    if (kept.some((verdict) => isWithin(verdict, source, good))) return [];
    const newest = removed.findLast((verdict) => isWithin(verdict, source, good));
    return newest ? [{ path, snapshot: newest.number }] : [];
  });
}

function isWithin({ number, source }: Verdict, wanted: number, range: VersionRange): boolean {
  const { first, last } = range;
  return source === wanted && number >= first && (last === 0 || number < last);
}
