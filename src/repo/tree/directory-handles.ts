/**
 * Directories of a tree as open handles, however deep and whatever limit there is of open files. Every
 * component is opened within the one before, never through a symbolic link, so that nothing planted in
 * the tree leads out of it.
 */
import type { AtCalls } from '../../platform/at-calls.js';
import type { ByteString } from '../../platform/bytes.js';
import { systemErrorCode } from '../../platform/platform.js';

/** Handles kept open: the limit of open files may be 256, and each worker has its own. */
const MAX_OPEN = 64;
/** What is kept open when the limit of open files is reached. */
const FEW_OPEN = 16;

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
  /** The one that was used last comes last. */
  const handles = new Map<ByteString, number>();
  let last = { path: '' as ByteString, handle: root };

  const open = (path: ByteString): number => {
    if (path === last.path) return last.handle;
    const known = path === '' ? root : handles.get(path);
    const handle = known ?? openWithin(path);
    if (path !== '') {
      handles.delete(path);
      handles.set(path, handle);
      keepAtMost(MAX_OPEN);
    }
    last = { path, handle };
    return handle;
  };
  const openWithin = (path: ByteString): number => {
    const slash = path.lastIndexOf('/');
    const name = path.slice(slash + 1) as ByteString;
    const parent = open(path.slice(0, Math.max(slash, 0)) as ByteString);
    try {
      return at.open(parent, name, 'read-directory');
    } catch (error) {
      const code = systemErrorCode(error);
      if (code !== 'EMFILE' && code !== 'ENFILE') throw error;
      keepAtMost(FEW_OPEN);
      return at.open(parent, name, 'read-directory');
    }
  };
  const keepAtMost = (count: number): void => {
    for (const [path, handle] of handles) {
      if (handles.size <= count) return;
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
      last = { path: '' as ByteString, handle: root };
    },
    close() {
      for (const handle of handles.values()) close(handle);
      handles.clear();
    },
  };
}
