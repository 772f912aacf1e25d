/** Decides what happens to one name of the target. Plain functions over plain data. */
import { VersionType, type Version } from '../../model.js';
import type { FileStat, FileTime } from '../../../platform/at-calls.js';
import { isSameTime, versionTypeOf } from '../../tree/compare.js';

/** What may be overwritten; the names are restic's. */
export type OverwriteRule =
  /** Every file is read and compared with what it should be. */
  | 'always'
  /** A file that has the size and the time of its version is taken for it. */
  | 'if-changed'
  /** Only what is older than its version; no directory is replaced. */
  | 'if-newer'
  /** Nothing that is there. */
  | 'never';

export type Decision =
  /** Nothing is there. */
  | 'create'
  /** What is there has another type, and goes. */
  | 'replace'
  /** What it holds has to be compared. */
  | 'compare'
  /** It is trusted to hold what it should; its metadata may differ. */
  | 'unchanged'
  /** It stays as it is. */
  | 'keep';

/**
 * A directory over a directory is `unchanged` or `keep`, which is about its metadata: what is in it is
 * decided by itself.
 */
export function decide(
  version: Version,
  there: FileStat | undefined,
  rule: OverwriteRule,
): Decision {
  if (!there) return 'create';
  if (rule === 'never') return 'keep';
  // Its time says when something in it was made, last by the restore itself.
  if (there.type === 'directory' && version.type === VersionType.directory) return 'unchanged';
  const isSame = hasSameSizeAndTime(version, there);
  const isOlder = there.type !== 'directory' && isBefore(there.mtime, version.mtime);
  if (rule === 'if-newer' && !isSame && !isOlder) return 'keep';
  if (versionTypeOf(there.type) !== version.type) return 'replace';
  if (version.type !== VersionType.file) return 'compare';
  if (version.sizeBytes === 0 && there.sizeBytes === 0) return 'unchanged';
  return isSame && rule !== 'always' ? 'unchanged' : 'compare';
}

/** What is trusted to tell that a file holds what it should. */
function hasSameSizeAndTime(version: Version, there: FileStat): boolean {
  return (
    versionTypeOf(there.type) === version.type &&
    there.sizeBytes === version.sizeBytes &&
    isSameTime(there.mtime, version.mtime)
  );
}

function isBefore(left: FileTime, right: FileTime): boolean {
  return (
    left.seconds < right.seconds ||
    (left.seconds === right.seconds && left.nanoseconds < right.nanoseconds)
  );
}
