/**
 * A file that only takes up space, so that there is some when the disk is full: without it not even
 * `prune` could write what frees the rest. Whatever becomes of it, no operation fails for its sake.
 */
import type { Platform } from '../../platform/platform.js';
import { createLike } from '../../platform/shared-files.js';
import { layoutOf } from './layout.js';

/** The shared memory of SQLite's log, and the pages that a prune of a small repository changes. */
const MIN_BYTES = 512 * 1024;
const MAX_BYTES = 16 * 1024 * 1024;
/** A prune changes more of a larger index. */
const SHARE_OF_INDEX = 1 / 8;
/** Made only where so many times as much is free... */
const MIN_ROOM = 4;
/** ...unless it was released a moment ago. */
const MIN_ROOM_AGAIN = 1;

/** Makes it, unless it is there or there is no room. `wasReleased`: its space is there for it. */
export function keepReserve(path: string, platform: Platform, wasReleased = false): void {
  const { config, index, reserve } = layoutOf(path);
  const { files } = platform;
  const minRoom = wasReleased ? MIN_ROOM_AGAIN : MIN_ROOM;
  try {
    const share = Math.round((files.stat(index)?.sizeBytes ?? 0) * SHARE_OF_INDEX);
    const wanted = Math.min(MAX_BYTES, Math.max(MIN_BYTES, share));
    const found = files.stat(reserve)?.sizeBytes ?? 0;
    if (found >= wanted / 2 || files.freeBytes(path) < wanted * minRoom) return;
    releaseReserve(path, { files });
    const descriptor = createLike(files, reserve, config);
    try {
      // Zeros would take no space on some file systems.
      files.write(descriptor, platform.randomBytes(wanted), 0);
    } finally {
      files.close(descriptor);
    }
  } catch {
    // The next run tries again.
  }
}

/** Gives its space, where there is little other, to who is about to free more. */
export function releaseReserveIfShort(path: string, platform: Platform): void {
  if (platform.files.freeBytes(path) < MAX_BYTES * MIN_ROOM) releaseReserve(path, platform);
}

/** Gives its space to who finds no other. */
export function releaseReserve(path: string, { files }: Pick<Platform, 'files'>): void {
  const { reserve } = layoutOf(path);
  try {
    if (files.stat(reserve)) files.remove(reserve);
  } catch {
    // Then there is less room.
  }
}
