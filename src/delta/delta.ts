/**
 * What a delta is: proof of both ends and four streams of instructions. `docs/delta-format.md` is
 * the normative description; this file only names its parts.
 */

/**
 * Rebuilds a target from a basis by copying ranges of the basis and inserting literal bytes.
 *
 * The instructions are pairs: take `literalLengths[i]` bytes from `literals`, then `copyLengths[i]`
 * bytes from the basis. The streams are kept apart because each holds one kind of number and so
 * compresses better alone (seven releases of TypeScript: 448 kB, with the three kinds of number in one
 * stream 464 kB, with the literals too 473 kB), and because composing a chain then reads no literal.
 */
export interface Delta {
  /** BLAKE3 of the text that is copied from. */
  readonly basisHash: Uint8Array;
  /** BLAKE3 of the text that is rebuilt. */
  readonly targetHash: Uint8Array;
  /** Length of the text that is rebuilt, bytes. */
  readonly targetLength: number;
  /** Varints: the bytes to take from `literals` before each copy; one more than copies if the target ends in a literal. */
  readonly literalLengths: Uint8Array;
  /** Varints, each at least 1: the length of each copy. */
  readonly copyLengths: Uint8Array;
  /** Zigzag varints: where each copy starts, relative to the end of the copy before (the first: to 0). */
  readonly copyOffsets: Uint8Array;
  /** The literal bytes, end to end. */
  readonly literals: Uint8Array;
}
