/**
 * Directories of a restore target as open handles. Every component is opened within the one before,
 * never through a symbolic link, so that nothing planted in the target leads out of it.
 */
import type { AtCalls } from '../platform/at-calls.js';
import type { ByteString } from '../platform/bytes.js';

/** Handles kept open; a restore touches directories in runs. */
const MOST_OPEN = 256;

export interface DirectoryHandles {
  /**
   * A handle of the directory at `path` below the root ('' is the root); owned by this object, and
   * good until the next call.
   */
  open(path: ByteString): number;
  /** To be called before the directory at `path` is removed or replaced. */
  forget(path: ByteString): void;
  close(): void;
}

/** `root`: an open directory, which stays open. */
export function openDirectoryHandles(
  at: AtCalls,
  close: (descriptor: number) => void,
  root: number,
): DirectoryHandles {
  const handles = new Map<ByteString, number>();

  const open = (path: ByteString): number => {
    if (path === '') return root;
    const known = handles.get(path);
    if (known !== undefined) {
      handles.delete(path);
      handles.set(path, known);
      return known;
    }
    const slash = path.lastIndexOf('/');
    const parent = open(path.slice(0, Math.max(slash, 0)) as ByteString);
    const handle = at.open(parent, path.slice(slash + 1) as ByteString, 'read-directory');
    handles.set(path, handle);
    evict(path);
    return handle;
  };
  const evict = (keep: ByteString): void => {
    for (const [path, handle] of handles) {
      if (handles.size <= MOST_OPEN || path === keep) return;
      handles.delete(path);
      close(handle);
    }
  };

  return {
    open,
    forget(gone) {
      for (const [path, handle] of handles) {
        if (path !== gone && !path.startsWith(`${gone}/`)) continue;
        handles.delete(path);
        close(handle);
      }
    },
    close() {
      for (const handle of handles.values()) close(handle);
      handles.clear();
    },
  };
}
