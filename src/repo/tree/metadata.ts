/** Gives what was restored its owner, permissions and time. */
import type { FileTime } from '../platform/at-calls.js';
import type { FileSystem } from '../platform/files.js';

/** What is set on an open file or directory. */
export interface RestorableMetadata {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly mtime: FileTime;
}

/** Owner first, since changing it clears setuid; the time last, since all else may change it. */
export function setMetadata(
  files: FileSystem,
  descriptor: number,
  { uid, gid, mode, mtime }: RestorableMetadata,
  setsOwner: boolean,
): void {
  if (setsOwner) files.at.setOwnerOpen(descriptor, uid, gid);
  files.setMode(descriptor, mode);
  files.at.setMtimeOpen(descriptor, mtime);
}
