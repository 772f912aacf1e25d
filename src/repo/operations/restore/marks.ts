/** Says of each path what a restore does to it, from what was there and what came of it. */
import { VersionType, type OnPath, type PathMark, type Version } from '../../model.js';
import type { FileStat } from '../../../platform/at-calls.js';
import type { ByteString } from '../../../platform/bytes.js';
import { isSameTime } from '../../tree/compare.js';
import type { Wanted } from './wanted.js';

export interface Marks {
  /** A node is about to be restored; `there`: what has its name. */
  begin(path: ByteString, version: Version, there: FileStat | undefined): void;
  /** It is restored; `isUnchanged`: its bytes, its target or it as a directory were there. */
  finish(path: ByteString, isUnchanged: boolean): void;
}

/** What is to be said of a node whose bytes turn out to be there, and of one whose do not. */
interface Pending {
  readonly unchanged: PathMark | undefined;
  readonly written: PathMark;
}

/** `setsOwners`: owners are restored, too. */
export function createMarks(onPath: OnPath, wanted: Wanted, setsOwners: boolean): Marks {
  /** Of what workers are at, and of what could not be restored. */
  const pending = new Map<ByteString, Pending>();

  const differs = (version: Version, there: FileStat): boolean => {
    const { mode, uid, gid, mtime, type } = wanted(version);
    if (setsOwners && (there.uid !== uid || there.gid !== gid)) return true;
    if (type !== VersionType.symlink && there.mode !== mode) return true;
    // A directory's time changes with what is restored into it.
    return type !== VersionType.directory && !isSameTime(there.mtime, mtime);
  };
  return {
    begin(path, version, there) {
      if (!there) pending.set(path, { unchanged: undefined, written: 'new' });
      else {
        const unchanged = differs(version, there) ? 'metadata' : undefined;
        pending.set(path, { unchanged, written: 'changed' });
      }
    },
    finish(path, isUnchanged) {
      const begun = pending.get(path);
      pending.delete(path);
      const mark = isUnchanged ? begun?.unchanged : begun?.written;
      if (mark) onPath(path, mark);
    },
  };
}
