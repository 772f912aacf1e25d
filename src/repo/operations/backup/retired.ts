/** Old blobs as candidates for deltas, and how a delta takes the place of a full copy in the index. */
import { extendTail } from '../../chain/retire.js';
import { BlobKind, type PlacedBlob, type ListedBlob } from '../../index/blobs.js';
import type { Index } from '../../index/index.js';
import type { ContentRef, StoredFrame } from '../../model.js';
import type { WritingRun } from '../../repository/writing-run.js';

/** Smaller blobs cost more as a delta (its header and a link) than they save. */
const MIN_BLOB_BYTES = 256;

/** The blobs of a content, in order. */
export function blobList({ blobs }: Index, content: ContentRef): ListedBlob[] {
  if (content.type === 'content') return blobs.sizedOfContent(content.content);
  if (content.type === 'none') return [];
  const { lengthBytes = 0, kind = BlobKind.lost } = blobs.get(content.blob) ?? {};
  return [{ id: content.blob, lengthBytes, kind }];
}

/** The blob when it is stored whole, worth a delta, and used by no current version. */
export function retirable(index: Index, id: number): PlacedBlob | undefined {
  const blob = worthDelta(index, id);
  return blob && index.blobs.isCurrent(id) ? undefined : blob;
}

/** The blob when it is stored whole. */
export function fullBlob(index: Index, id: number): PlacedBlob | undefined {
  const blob = index.blobs.placed(id);
  return blob?.kind === BlobKind.full ? blob : undefined;
}

/** The blob when it is stored whole and worth a delta. */
export function worthDelta(index: Index, id: number): PlacedBlob | undefined {
  const blob = fullBlob(index, id);
  return blob && blob.lengthBytes >= MIN_BLOB_BYTES ? blob : undefined;
}

/** An old blob, and the one that it is a delta against. */
export interface BlobPair {
  readonly old: PlacedBlob;
  /** Its id. */
  readonly newer: number;
}

/**
 * Hangs the deltas of `frame` into their chains. One is not used where its blob is still current, or
 * its chain would become too costly.
 */
export function recordRetired(
  run: WritingRun,
  index: Index,
  pairAt: (position: number) => BlobPair,
  frame: StoredFrame,
): void {
  run.register(
    frame,
    (position, where) => {
      const { old, newer } = pairAt(position);
      const basis = index.blobs.get(newer);
      const current = retirable(index, old.id);
      if (!current) return false;
      if (!basis) throw new Error('the basis of a delta is gone');
      const tail = extendTail(
        { links: basis.tailLinks, bytes: basis.tailBytes },
        { links: current.tailLinks, bytes: current.tailBytes },
        where.storedBytes,
        current.storedBytes,
      );
      if (!tail) return false;
      index.frames.addLive(current.frame, -current.storedBytes);
      index.blobs.place(old.id, where);
      index.blobs.setTail(newer, tail.links, tail.bytes);
      run.manifest.retired(old.hash);
      return true;
    },
    (position) => pairAt(position).newer,
  );
}
