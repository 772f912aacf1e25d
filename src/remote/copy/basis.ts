/** What a new file is made from: the old one, what an interrupted copy left, or nothing. */
import type { CopyContext } from './context.js';
import type { BasisName, Target } from './sides.js';

export interface ChosenBasis {
  readonly name: BasisName;
  /** Whether its blocks are of use at other places: not where the new file is written into it. */
  readonly canMove: boolean;
}

/** `sizeBytes`: of the new file. */
export function chooseBasis(
  { old, left }: Pick<Target, 'old' | 'left'>,
  sizeBytes: number,
  { isWholeFile, isInPlace }: Pick<CopyContext, 'isWholeFile' | 'isInPlace'>,
): ChosenBasis | undefined {
  if (isWholeFile || sizeBytes === 0) return undefined;
  // A copy that ended early left less than the old file still has to give.
  const isFarOn = left !== undefined && left.dataBytes * 2 >= sizeBytes;
  if (!isInPlace && (isFarOn || (left && !old))) return { name: 'left', canMove: false };
  return old && old.sizeBytes > 0 ? { name: 'old', canMove: !isInPlace } : undefined;
}
