/** What the two sides of a diff are known by, where their bytes are compared without reading them. */
import type { ContentRef } from '../../model.js';
import { systemErrorCode } from '../../../platform/platform.js';
import type { HeldRepository } from '../../repository/held.js';
import type { FileSide, FoundChange } from './change.js';
import { hashFile } from './hash-file.js';
import type { KeyOf } from './renames.js';

/** Saved content: each has one row. */
export function savedKey({ before, after }: FoundChange): string | undefined {
  const { content } = before ?? after ?? {};
  return content && content.type !== 'live' ? contentKey(content) : undefined;
}

function contentKey(content: ContentRef): string | undefined {
  if (content.type === 'none') return undefined;
  return content.type === 'blob' ? `b${content.blob}` : `c${content.content}`;
}

/**
 * Of a live file: what the removed file of its inode and time is known by; else its bytes are hashed,
 * where a removed file had as many.
 */
export function createLiveKeys(held: HeldRepository, changes: readonly FoundChange[]): KeyOf {
  const removed = changes.filter(({ change, before }) => change === 'removed' && before);
  const sizes = new Set(removed.map(({ sizeBefore }) => sizeBefore));
  const byInode = new Map(
    removed.map((change) => [change.before && inodeKey(change.before), savedKey(change)]),
  );
  const hashed = new Map<FoundChange, string | undefined>();
  return (change) => {
    const { after } = change;
    if (after?.content.type !== 'live') return savedKey(change);
    if (after.sizeBytes === 0 || !sizes.has(after.sizeBytes)) return undefined;
    const moved = byInode.get(inodeKey(after));
    if (moved !== undefined) return moved;
    if (!hashed.has(change)) hashed.set(change, keyOfBytes(held, change));
    return hashed.get(change);
  };
}

function inodeKey({ inode, mtime, sizeBytes }: FileSide): string {
  return `${inode ?? 0} ${mtime?.seconds ?? 0} ${mtime?.nanoseconds ?? 0} ${sizeBytes}`;
}

/** What saved content has the bytes of a live file; undefined: none has, or it cannot be read. */
function keyOfBytes(
  { platform: { files }, config, index: { blobs } }: HeldRepository,
  { path, sizeAfter = 0 }: FoundChange,
): string | undefined {
  try {
    const descriptor = files.at.open(undefined, path, 'read-file');
    try {
      const hash = hashFile(files, descriptor, sizeAfter, config.chunking);
      if (hash.type === 'none') return undefined;
      if (hash.type === 'blob') {
        const blob = blobs.find(hash.hash)?.id;
        return blob === undefined ? undefined : contentKey({ type: 'blob', blob });
      }
      const content = blobs.findContent(hash.hash);
      return content === undefined ? undefined : contentKey({ type: 'content', content });
    } finally {
      files.close(descriptor);
    }
  } catch (error) {
    if (systemErrorCode(error) === undefined) throw error;
    return undefined;
  }
}
