/**
 * Decides what changed between what a directory holds and what the index says it held. Plain
 * functions over plain data.
 */
import {
  VersionFlag,
  VersionType,
  type ContentRef,
  type Metadata,
  type Version,
} from '../model.js';
import type { FileStat, FileTime, FileType } from '../../platform/at-calls.js';

/** One name of a directory: on disk (and perhaps in the index), or in the index only. */
export type Pair<Name, Known> =
  | { readonly type: 'present'; readonly name: Name; readonly known: Known | undefined }
  | { readonly type: 'gone'; readonly known: Known };

/** Merges the sorted names of a directory with its sorted entries in the index: one pass. */
export function* mergeByName<Name extends string, Known extends { readonly name: Name }>(
  names: readonly Name[],
  entries: readonly Known[],
): Generator<Pair<Name, Known>> {
  let next = 0;
  for (const name of names) {
    for (let known = entries[next]; known && known.name < name; known = entries[++next]) {
      yield { type: 'gone', known };
    }
    const known = entries[next];
    const isKnown = known?.name === name;
    if (isKnown) next += 1;
    yield { type: 'present', name, known: isKnown ? known : undefined };
  }
  for (const known of entries.slice(next)) yield { type: 'gone', known };
}

/** The type that the index knows for a file type. */
export function versionTypeOf(type: FileType): VersionType {
  return VersionType[type];
}

const FILE_TYPES: Readonly<Record<VersionType, FileType>> = {
  [VersionType.file]: 'file',
  [VersionType.directory]: 'directory',
  [VersionType.symlink]: 'symlink',
  [VersionType.fifo]: 'fifo',
  [VersionType.socket]: 'socket',
  [VersionType.characterDevice]: 'characterDevice',
  [VersionType.blockDevice]: 'blockDevice',
};

/** The file type for a type that the index knows. */
export function fileTypeOf(type: VersionType): FileType {
  return FILE_TYPES[type];
}

/** What tells whether a file has changed. */
export type FileState = Pick<FileStat, 'type' | 'sizeBytes' | 'mtime' | 'ctime' | 'inode'>;

/** A file's state as the index knows it. */
export type KnownState = Pick<Metadata, Exclude<keyof FileState, 'type'>> &
  Pick<Version, 'type' | 'flags'>;

/** Why a file must be read again: one bit each. */
export const ReadReason = {
  type: 1,
  size: 2,
  mtime: 4,
  ctime: 8,
  inode: 16,
  /** Its times proved nothing when it was recorded, or repair asks for its bytes. */
  racy: 32,
  /** It changed on each reading when it was recorded. */
  unstable: 64,
} as const;

/** Only files have sizes that say something. */
function hasSameSize(stat: Pick<FileStat, 'type' | 'sizeBytes'>, known: KnownState): boolean {
  return stat.type !== 'file' || stat.sizeBytes === known.sizeBytes;
}

/**
 * Why a node must be read again, as bits of {@link ReadReason}. 0: it need not be; its type, both
 * times to the nanosecond, its inode and the size of a file agree, and no flag was recorded. What a
 * directory or a link has, its attributes among it, does not change without its ctime.
 */
export function reasonsToRead(stat: FileState, known: KnownState): number {
  return (
    (versionTypeOf(stat.type) === known.type ? 0 : ReadReason.type) |
    (hasSameSize(stat, known) ? 0 : ReadReason.size) |
    (isSameTime(stat.mtime, known.mtime) ? 0 : ReadReason.mtime) |
    (isSameTime(stat.ctime, known.ctime) ? 0 : ReadReason.ctime) |
    (stat.inode === known.inode ? 0 : ReadReason.inode) |
    ((known.flags & VersionFlag.racy) === 0 ? 0 : ReadReason.racy) |
    ((known.flags & VersionFlag.unstable) === 0 ? 0 : ReadReason.unstable)
  );
}

/** Whether a file need not be read again. */
export function isUnchanged(stat: FileStat, known: KnownState): boolean {
  return reasonsToRead(stat, known) === 0;
}

/** Whether two looks at one open file show no change of its bytes between them. */
export function isSameState(before: FileStat, after: FileStat): boolean {
  return (
    before.sizeBytes === after.sizeBytes &&
    before.inode === after.inode &&
    isSameTime(before.mtime, after.mtime) &&
    isSameTime(before.ctime, after.ctime)
  );
}

/** Whether what is recorded of a path, its bytes aside, is the same. */
export function hasSameMetadata(left: Metadata, right: Metadata): boolean {
  return (
    left.type === right.type &&
    left.mode === right.mode &&
    left.uid === right.uid &&
    left.gid === right.gid &&
    left.rdev === right.rdev &&
    left.sizeBytes === right.sizeBytes &&
    isSameTime(left.mtime, right.mtime)
  );
}

/** Whether two contents are the same bytes; each content has one row in the index. */
export function isSameContent(left: ContentRef, right: ContentRef): boolean {
  if (left.type === 'blob') return right.type === 'blob' && left.blob === right.blob;
  if (left.type === 'content') return right.type === 'content' && left.content === right.content;
  return right.type === 'none';
}

export function isSameTime(left: FileTime, right: FileTime): boolean {
  return left.seconds === right.seconds && left.nanoseconds === right.nanoseconds;
}

/** The kernel stamps files with the time of its last tick, which may be this much ago. */
const TICK_MS = 100;
/** Stamps in whole seconds come from a file system that has no finer ones (FAT: two seconds). */
const COARSE_MS = 2000;

/**
 * The racy flag for a file whose directory was scanned at `scanStartMs`: a change right after the
 * scan could leave both times as they are, so such a file is read again next time. (Git's rule.)
 */
export function racyFlag({ mtime, ctime }: FileStat, scanStartMs: number): number {
  const isCoarse = mtime.nanoseconds === 0 && ctime.nanoseconds === 0;
  const safeBeforeMs = scanStartMs - (isCoarse ? COARSE_MS : TICK_MS);
  const newest = Math.max(timeMs(mtime), timeMs(ctime));
  return newest >= safeBeforeMs ? VersionFlag.racy : 0;
}

/** The sparse flag for a file that takes less space than its length. */
export function sparseFlag({ sizeBytes, allocatedBytes }: FileStat): number {
  return allocatedBytes < sizeBytes ? VersionFlag.sparse : 0;
}

function timeMs({ seconds, nanoseconds }: FileTime): number {
  return seconds * 1000 + nanoseconds / 1e6;
}
