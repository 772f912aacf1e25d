import { indexBasis, type BasisIndex } from './basis-index.js';
import { CopyList } from './copy-list.js';
import type { Delta } from './delta.js';
import { equalBlocks } from './equal-blocks.js';
import { blake3 } from './hash.js';
import { matchHole, type Search } from './match.js';
import { PairWriter, type Streams } from './script.js';
import { equalBackward, equalForward, textOf, type Text } from './text.js';

/** What an encoder may be told. */
export interface EncodeOptions {
  /** BLAKE3 of the basis, if it is known already. */
  readonly basisHash?: Uint8Array;
  /** BLAKE3 of the target, if it is known already. */
  readonly targetHash?: Uint8Array;
  /** Largest share of the target that may be literal, 0 to 1; beyond it there is no delta. Default 1. */
  readonly maxLiteralShare?: number;
}

export function encodeDelta(
  basis: Uint8Array,
  target: Uint8Array,
  options: EncodeOptions = {},
): Delta | undefined {
  const copies = findCopies(
    textOf(basis),
    textOf(target),
    (options.maxLiteralShare ?? 1) * target.length,
  );
  if (copies === undefined) return undefined;
  return {
    basisHash: options.basisHash ?? blake3(basis),
    targetHash: options.targetHash ?? blake3(target),
    targetLength: target.length,
    ...writeStreams(copies, target),
  };
}

function findCopies(basis: Text, target: Text, maxLiterals: number): CopyList | undefined {
  const copies = new CopyList();
  const common = Math.min(basis.length, target.length);
  const head = equalForward(basis, 0, target, 0, common);
  const tail = equalBackward(basis, basis.length, target, target.length, common - head);
  copies.push(0, 0, head);
  const end = target.length - tail;
  let index: BasisIndex | undefined;
  const search: Search = {
    basis,
    target,
    copies,
    index: () => (index ??= indexBasis(basis)),
    giveUp: (at) => at - copies.copied > maxLiterals,
  };
  let ok = true;
  equalBlocks(basis, target, head, Math.min(end, basis.length), (from, to) => {
    ok &&= matchHole(search, copies.targetEnd, from, from);
    copies.push(from, from, to - from);
  });
  ok &&= matchHole(search, copies.targetEnd, end, basis.length - tail);
  copies.push(end, basis.length - tail, tail);
  return ok && target.length - copies.copied <= maxLiterals ? copies : undefined;
}

function writeStreams(copies: CopyList, target: Uint8Array): Streams {
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
