/** What a backup counts and reports while it walks and reads: totals of the snapshot, and issues. */
import type { Index } from '../../index/index.js';
import { VersionType, type Issue, type IssueCode, type Version } from '../../model.js';
import { textFromBytes, type ByteString } from '../../../platform/bytes.js';
import { fileErrorCode, reasonOf } from '../../../platform/system-errors.js';
import type { Found, Recorder } from './recorder.js';

/** Totals of what the snapshot holds; sizes in bytes. */
export interface WalkTotals {
  files: number;
  directories: number;
  symlinks: number;
  specials: number;
  bytes: number;
  filesUnchanged: number;
}

/** What counts of a version. */
type Counted = Pick<Version, 'path' | 'type' | 'sizeBytes'>;

export interface Tally {
  readonly totals: Readonly<WalkTotals>;
  /** What kept the backup from seeing something. */
  readonly issues: readonly Issue[];
  readonly report: (path: ByteString, code: IssueCode, message: string) => void;
  /** Records a node, and counts it. */
  record(found: Found): void;
  /** Counts a node that need not be read. */
  keepUnchanged(known: Counted): void;
  /** What cannot be seen stays as it was, and counts as it was. */
  keep(known: Counted | undefined): void;
  /** What a directory held stays, and counts, as it was. */
  keepBelow(directory: number): void;
}

/** `issues`: those that there are already; more are added. */
export function createTally(index: Index, recorder: Recorder, issues: Issue[] = []): Tally {
  const totals: WalkTotals = {
    files: 0,
    directories: 0,
    symlinks: 0,
    specials: 0,
    bytes: 0,
    filesUnchanged: 0,
  };

  const count = (type: VersionType, sizeBytes: number): void => {
    if (type === VersionType.directory) totals.directories += 1;
    else if (type === VersionType.symlink) totals.symlinks += 1;
    else if (type === VersionType.file) {
      totals.files += 1;
      totals.bytes += sizeBytes;
    } else totals.specials += 1;
  };
  const keep = (known: Counted | undefined): void => {
    if (!known) return;
    count(known.type, known.sizeBytes);
    if (known.type === VersionType.directory) keepBelow(known.path);
  };
  const keepBelow = (directory: number): void => index.versions.current(directory).forEach(keep);

  return {
    totals,
    issues,
    report: (path, code, message) => void issues.push({ path, code, message }),
    record(found) {
      const isChanged = recorder.record(found);
      if (found.type === VersionType.file && !isChanged) totals.filesUnchanged += 1;
      count(found.type, found.sizeBytes);
    },
    keepUnchanged(known) {
      if (known.type === VersionType.file) totals.filesUnchanged += 1;
      count(known.type, known.sizeBytes);
    },
    keep,
    keepBelow,
  };
}

/** What to say of a path that the system refuses. Any other error is thrown on. */
export function unreadable(path: ByteString, error: unknown): string {
  if (fileErrorCode(error) === undefined) throw error;
  return `${textFromBytes(path)} cannot be read: ${reasonOf(error)}.`;
}
