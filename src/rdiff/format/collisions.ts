/** How well the sums of a signature tell its blocks apart. */
import { expectSignature } from './expect.js';
import { strongOffset, type Signature } from './signature.js';

/** What a signature's sums have in common. */
export interface SignatureCollisions {
  readonly blocks: number;
  /** Blocks that have both sums of an earlier one: mostly, because they are equal. */
  readonly repeatedBlocks: number;
  /** Different weak sums. */
  readonly weakSums: number;
  /**
   * Blocks with the weak sum of another block whose strong sum differs: each costs a search the
   * comparison of a strong sum.
   */
  readonly collidingBlocks: number;
  /** The most different blocks that share a weak sum; 1 where none collides. */
  readonly mostPerWeakSum: number;
}

/** Counts collisions among the blocks of a signature, in the time of sorting them. @throws CodedError RDIFF_PARAMETER */
export function signatureCollisions(signature: Signature): SignatureCollisions {
  expectSignature('The signature', signature);
  const { blockCount, weak, strongLength } = signature;
  const entries = Buffer.from(
    signature.entries.buffer,
    signature.entries.byteOffset,
    signature.entries.length,
  );
  const compareStrong = (a: number, b: number): number => {
    const [one, other] = [strongOffset(signature, a), strongOffset(signature, b)];
    return entries.compare(entries, other, other + strongLength, one, one + strongLength);
  };
  const compare = (a: number, b: number): number =>
    (weak[a] as number) - (weak[b] as number) || compareStrong(a, b);
  const order = Uint32Array.from({ length: blockCount }, (_, block) => block).sort(compare);
  const counts = { repeatedBlocks: 0, weakSums: 0, collidingBlocks: 0, mostPerWeakSum: 0 };
  for (let first = 0; first < blockCount;) {
    let [next, different] = [first + 1, 1];
    for (
      ;
      next < blockCount && weak[order[next] as number] === weak[order[first] as number];
      next++
    ) {
      const isRepeated = compareStrong(order[next - 1] as number, order[next] as number) === 0;
      if (isRepeated) counts.repeatedBlocks += 1;
      else different += 1;
    }
    counts.weakSums += 1;
    if (different > 1) counts.collidingBlocks += next - first;
    counts.mostPerWeakSum = Math.max(counts.mostPerWeakSum, different);
    first = next;
  }
  return { blocks: blockCount, ...counts };
}
