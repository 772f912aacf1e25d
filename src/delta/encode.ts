/** Making a delta from both texts. */
import type { CopyList } from './copy-list.js';
import type { Delta } from './delta.js';
import { findCopies } from './find-copies.js';
import { blake3 } from '../platform/hash.js';
import { PairWriter, type Streams } from './pairs.js';
import { textOf } from './text.js';

/** What an encoder may be told. */
export interface EncodeOptions {
  /** BLAKE3 of the basis, if it is known already. */
  readonly basisHash?: Uint8Array;
  /** BLAKE3 of the target, if it is known already. */
  readonly targetHash?: Uint8Array;
  /** Largest share of the target that may be literal, 0 to 1; beyond it there is no delta. Default 1. */
  readonly maxLiteralShare?: number;
}

/**
 * A delta that rebuilds `target` from `basis`, or undefined if more than `maxLiteralShare` of the
 * target would be literal (the search ends as soon as that is certain). Matches are exact: decided
 * by bytes, never by a hash. Linear in both lengths; about 400 MB/s on releases of one program.
 */
export function encodeDelta(
  basis: Uint8Array,
  target: Uint8Array,
  options: EncodeOptions = {},
): Delta | undefined {
  const maxLiterals = (options.maxLiteralShare ?? 1) * target.length;
  const copies = findCopies(textOf(basis), textOf(target), maxLiterals);
  if (copies === undefined) return undefined;
  return {
    basisHash: options.basisHash ?? blake3(basis),
    targetHash: options.targetHash ?? blake3(target),
    targetLength: target.length,
    ...writeCopies(copies, target),
  };
}

/** What lies between the copies is literal. */
function writeCopies(copies: CopyList, target: Uint8Array): Streams {
  const writer = new PairWriter();
  const literals = Buffer.allocUnsafe(target.length - copies.copied);
  let end = 0;
  let filled = 0;
  for (let i = 0; i < copies.count; i += 1) {
    const start = copies.target(i);
    literals.set(target.subarray(end, start), filled);
    filled += start - end;
    writer.copy(start - end, copies.length(i), copies.source(i));
    end = start + copies.length(i);
  }
  literals.set(target.subarray(end), filled);
  return writer.finish(target.length - end, literals);
}
