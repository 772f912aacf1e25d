/**
 * Removes from the target what the snapshot does not have: with `--delete` only, and only inside the
 * directories that are restored. Never removed are the repository itself, what another file system
 * holds, and what the patterns leave out.
 */
import { CodedError } from '../../../errors.js';
import type { Index } from '../../index/index.js';
import type { Snapshot } from '../../index/sources.js';
import { VersionType, type IssueCode } from '../../model.js';
import type { FileStat } from '../../../platform/at-calls.js';
import { textFromBytes, type ByteString } from '../../../platform/bytes.js';
import type { FileSystem } from '../../../platform/files.js';
import { fileErrorCode, reasonOf } from '../../../platform/system-errors.js';
import type { DirectoryHandles } from '../../../platform/directory-handles.js';
import { differ } from '../../tree/filter.js';
import type { OwnDirectories } from '../../tree/own.js';
import { childPath, pathOf, splitPath } from '../../tree/relative-path.js';
import type { LockExplainer } from './locked.js';
import type { RestoreSite } from './roots.js';

/**
 * That the snapshot does not have something must mean that the source did not have it.
 * @throws CodedError DELETE_DOUBTFUL
 */
export function checkAbsenceIsProof(
  index: Index,
  snapshot: Snapshot,
  sites: readonly RestoreSite[],
): void {
  const hint = 'Restore another snapshot, omit --delete, or add --ignore-errors to trust this one.';
  if (snapshot.issues > 0) {
    const message =
      `The backup of snapshot ${snapshot.number} reported problems (${snapshot.issues}), so it may lack files ` +
      'that existed; nothing was restored or deleted.';
    throw new CodedError('DELETE_DOUBTFUL', message, { hint });
  }
  const empty = sites
    .flatMap(({ roots }) => roots)
    .find(
      ({ version }) =>
        version.type === VersionType.directory &&
        index.versions.at(version.path, snapshot.number).length === 0,
    );
  if (!empty) return;
  const message = `${textFromBytes(empty.source)} is empty in snapshot ${snapshot.number}; nothing was restored or deleted.`;
  throw new CodedError('DELETE_DOUBTFUL', message, { hint });
}

export interface RemoverOptions {
  readonly files: FileSystem;
  readonly handles: DirectoryHandles;
  /** The repository, which stays. */
  readonly own: OwnDirectories;
  /** A path below the target as it is told. */
  readonly nameOf: (path: ByteString) => ByteString;
  readonly isDryRun: boolean;
  readonly isLeftOut: (path: ByteString, isDirectory: boolean) => boolean;
  readonly explainLock: LockExplainer;
  readonly onRemoved: (path: ByteString) => void;
  readonly onIssue: (path: ByteString, code: IssueCode, message: string) => void;
}

export interface Remover {
  /** Removes what the directory at `path` holds besides `names`. */
  sweep(path: ByteString, names: ReadonlySet<ByteString>): void;
  /** Removes the directory at `path` with all it holds; false when something of it stays. */
  clear(path: ByteString): boolean;
}

/** What of a tree was removed, the outermost only. */
interface Removal {
  readonly isGone: boolean;
  readonly removed: readonly ByteString[];
}

export function createRemover(options: RemoverOptions): Remover {
  const { files, handles, isDryRun, own } = options;
  const { at } = files;

  const mustStay = (path: ByteString, stat: FileStat, parent: FileStat): boolean => {
    const isDirectory = stat.type === 'directory';
    if (own.has(stat)) return true;
    if (options.isLeftOut(path, isDirectory)) return true;
    const text = textFromBytes(options.nameOf(path));
    if (isDirectory && isMounted(options, path, stat, parent)) {
      options.onIssue(path, 'NOT_DELETED', `${text} was kept: a file system is mounted there.`);
      return true;
    }
    return false;
  };

  const remove = (path: ByteString): Removal => {
    const { directory, name } = splitPath(path);
    const parent = handles.open(directory);
    const stat = at.stat(parent, name);
    if (!stat) return { isGone: true, removed: [] };
    if (mustStay(path, stat, at.statOpen(parent))) return { isGone: false, removed: [] };
    if (stat.type === 'directory') return removeDirectory(path);
    if (!isDryRun) at.remove(handles.open(directory), name);
    return { isGone: true, removed: [path] };
  };

  const removeDirectory = (path: ByteString): Removal => {
    const parts = at.list(handles.open(path)).map((name) => attempt(childPath(path, name)));
    handles.forget(path);
    if (!parts.every(({ isGone }) => isGone)) {
      return { isGone: false, removed: parts.flatMap(({ removed }) => removed) };
    }
    const { directory, name } = splitPath(path);
    if (!isDryRun) at.removeDirectory(handles.open(directory), name);
    return { isGone: true, removed: [path] };
  };

  const attempt = (path: ByteString): Removal => {
    try {
      return remove(path);
    } catch (error) {
      const code = fileErrorCode(error);
      if (code === undefined) throw error;
      const reason = options.explainLock(path, code) ?? reasonOf(error);
      const message = `${textFromBytes(options.nameOf(path))} was not deleted: ${reason}.`;
      options.onIssue(path, 'NOT_DELETED', message);
      return { isGone: false, removed: [] };
    }
  };

  const removeAndTell = (path: ByteString): boolean => {
    const { isGone, removed } = attempt(path);
    removed.forEach(options.onRemoved);
    return isGone;
  };

  return {
    sweep(path, names) {
      for (const name of at.list(handles.open(path)).sort()) {
        if (!names.has(name)) removeAndTell(pathOf({ directory: path, name }));
      }
    },
    clear: removeAndTell,
  };
}

/** Whether a mount begins at a directory; a bind mount has the device of what it shows. */
function isMounted(
  { files: { at }, handles }: RemoverOptions,
  path: ByteString,
  stat: FileStat,
  parent: FileStat,
): boolean {
  if (stat.device !== parent.device) return true;
  if (stat.mount !== undefined) return differ(stat.mount, parent.mount);
  const mount = at.mountOf(handles.open(path));
  return differ(mount, at.mountOf(handles.open(splitPath(path).directory)));
}
