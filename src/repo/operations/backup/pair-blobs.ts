/** Which piece of a large file's new content takes the place of which piece of its old one. */
import { BlobKind, type ListedBlob, type SizedBlob } from '../../index/blobs.js';

/**
 * Old and newer blobs that cover the same region. Blobs that both contents have are anchors (holes are
 * not: those of one length are one blob, wherever they lie); between two anchors each old blob is
 * paired with the newer one in which its middle lies, or else the last, measured from the anchor before.
 */
export function pairBlobs(
  olds: readonly ListedBlob[],
  newers: readonly ListedBlob[],
): [old: number, newer: number][] {
  const shared = new Map<number, number>();
  newers.forEach(({ id, kind }, position) => {
    if (kind !== BlobKind.hole) shared.set(id, position);
  });
  const pairs: [number, number][] = [];
  let oldFrom = 0;
  let newFrom = 0;
  const pairRegion = (oldTo: number, newTo: number): void => {
    pairs.push(...pairOverlapping(olds.slice(oldFrom, oldTo), newers.slice(newFrom, newTo)));
  };
  olds.forEach(({ id }, position) => {
    const anchor = shared.get(id);
    if (anchor === undefined || anchor < newFrom) return;
    pairRegion(position, anchor);
    oldFrom = position + 1;
    newFrom = anchor + 1;
  });
  pairRegion(olds.length, newers.length);
  return pairs;
}

function pairOverlapping(
  olds: readonly SizedBlob[],
  newers: readonly SizedBlob[],
): [number, number][] {
  const pairs: [number, number][] = [];
  let newIndex = 0;
  let newStart = 0;
  let oldStart = 0;
  for (const old of olds) {
    const middle = oldStart + old.lengthBytes / 2;
    for (let newer = newers[newIndex]; newer; newer = newers[newIndex]) {
      const isLast = newIndex === newers.length - 1;
      if (isLast || newStart + newer.lengthBytes > middle) {
        pairs.push([old.id, newer.id]);
        break;
      }
      newStart += newer.lengthBytes;
      newIndex += 1;
    }
    oldStart += old.lengthBytes;
  }
  return pairs;
}
