/**
 * Files of a directory that several users share, or that root writes into for its owner: each new one
 * gets owner, group and mode of one that is there, whatever the umask says and whoever makes it.
 */
import type { FileSystem } from './files.js';
import { systemErrorCode } from './system-errors.js';

/** Reading and writing; the owner may always do both. */
const READ_WRITE = 0o666;
const OWNER_READ_WRITE = 0o600;

/**
 * Makes a file that looks like `model`, as far as this user may: group and owner of a file are for root,
 * or for members, to give. Where there is no model, it is for its user only.
 */
export function createLike(files: FileSystem, path: string, model: string): number {
  const like = files.stat(model);
  if (!like) return files.open(path, 'create');
  const { uid, gid } = like;
  const permissions = (like.mode & READ_WRITE) | OWNER_READ_WRITE;
  // From its first moment: a reader that comes too early would take it for one that it may not read.
  const descriptor = files.open(path, 'create', permissions);
  const made = files.stat(path);
  if (made?.uid !== uid || made.gid !== gid) {
    // Each by itself: a member may give the group, and nobody but root the owner.
    tolerate(() => files.setOwner(descriptor, KEEP, gid));
    tolerate(() => files.setOwner(descriptor, uid, gid));
  }
  // Last: to change the owner takes bits away.
  tolerate(() => files.setMode(descriptor, permissions));
  return descriptor;
}

/** Makes an empty file that looks like `model`, unless there is one. */
export function ensureLike(files: FileSystem, path: string, model: string): void {
  if (files.stat(path)) return;
  try {
    files.close(createLike(files, path, model));
  } catch (error) {
    // Another process was faster.
    if (systemErrorCode(error) !== 'EEXIST') throw error;
  }
}

/** Tells the system to leave that number as it is. */
const KEEP = -1;

function tolerate(change: () => void): void {
  try {
    change();
  } catch (error) {
    if (systemErrorCode(error) === undefined) throw error;
  }
}
