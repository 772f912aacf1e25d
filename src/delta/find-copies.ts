/**
 * The encoder's search, from the cheapest test to the dearest: equal ends, equal blocks at equal
 * offsets, and for the holes that remain a near search, a far search, and short matches between.
 */
import { indexBasis, type BasisIndex } from './basis-index.js';
import { CopyList } from './copy-list.js';
import { equalBlocks } from './equal-blocks.js';
import { FAR_MINIMUM_BYTES, findFar } from './far-search.js';
import { findNear, type Area, type Match } from './near-search.js';
import { TextPair, type Text } from './text.js';

/** The first look after a copy ends: most edits are a word or an indent. */
const NEAR_REACH_BYTES = 48;

/** Worth of a match within it: offset and length cost two or three bytes under zstd. */
const NEAR_MINIMUM = 10;

/** The second look, before the whole basis: a few lines changed (1 KiB: the same size, slower). */
const MIDDLE_REACH_BYTES = 512;
const MIDDLE_MINIMUM = 32;

/** The stretch searched for short matches at either end of a gap between two copies. */
const FILL_REACH_BYTES = 256;

/** Worth of a match between two copies: its offset is small (5: 464 kB; 8: 461 kB; here 459 kB). */
const FILL_MINIMUM = 6;

/** The basis may have been this much longer where the gap is. */
const FILL_SLACK_BYTES = 64;

/** The state of one search. */
interface Search {
  readonly texts: TextPair;
  readonly copies: CopyList;
  readonly maxLiterals: number;
  /** Made at the first need: ends and blocks often leave nothing to look up. */
  index: BasisIndex | undefined;
}

/**
 * Copies of `basis` that make up `target`, or undefined if more than `maxLiterals` bytes would
 * remain literal. Time is linear in both lengths, memory constant but for the copies themselves.
 */
export function findCopies(basis: Text, target: Text, maxLiterals: number): CopyList | undefined {
  const copies = new CopyList();
  const texts = new TextPair(basis, target);
  const search: Search = { texts, copies, maxLiterals, index: undefined };
  const common = Math.min(basis.length, target.length);
  const head = texts.equalForward(0, 0, common);
  const tail = texts.equalBackward(basis.length, target.length, common - head);
  copies.push(0, 0, head);
  matchMiddle(search, head, tail);
  copies.push(target.length - tail, basis.length - tail, tail);
  return target.length - copies.copied <= maxLiterals ? copies : undefined;
}

function matchMiddle(search: Search, head: number, tail: number): void {
  const { texts, copies } = search;
  const targetEnd = texts.target.length - tail;
  const sourceEnd = texts.basis.length - tail;
  equalBlocks(texts, head, Math.min(targetEnd, sourceEnd), (from, to) => {
    matchHole(search, from, from);
    copies.push(from, from, to - from);
  });
  matchHole(search, targetEnd, sourceEnd);
}

/** Finds copies from the end of the last one to `to`; the next copy after that starts at `nextSource`. */
function matchHole(search: Search, to: number, nextSource: number): void {
  const { copies } = search;
  while (copies.targetEnd < to) {
    if (mayStop(search, copies.targetEnd)) return;
    const match = findNext(search, to);
    fillGap(search, match?.target ?? to, match?.source ?? nextSource);
    if (match === undefined) return;
    copies.push(match.target, match.source, match.length);
  }
}

function mayStop(search: Search, at: number): boolean {
  return at - search.copies.copied > search.maxLiterals;
}

function findNext(search: Search, to: number): Match | undefined {
  const { texts, copies } = search;
  const area = {
    targetStart: copies.targetEnd,
    targetEnd: to,
    sourceStart: copies.sourceEnd,
    sourceEnd: texts.basis.length,
  };
  return (
    findNear(texts, area, NEAR_REACH_BYTES, NEAR_MINIMUM) ??
    findNear(texts, area, MIDDLE_REACH_BYTES, MIDDLE_MINIMUM) ??
    findAnywhere(search, to)
  );
}

function findAnywhere(search: Search, to: number): Match | undefined {
  const { texts, copies } = search;
  if (to - copies.targetEnd < FAR_MINIMUM_BYTES) return undefined;
  search.index ??= indexBasis(texts.basis);
  const { index } = search;
  const far = { texts, index, mayStop: (at: number) => mayStop(search, at) };
  return findFar(far, copies.targetEnd, to, copies.sourceEnd);
}

/**
 * Short matches in the gap before a copy that starts at `to` and `source`: from the end of the last
 * copy forward, then in the bytes just before the next copy.
 */
function fillGap(search: Search, to: number, source: number): void {
  const { texts, copies } = search;
  const sourceEnd = source >= copies.sourceEnd ? source : texts.basis.length;
  const { targetEnd: targetStart, sourceEnd: sourceStart } = copies;
  fillFrom(search, { targetStart, targetEnd: to, sourceStart, sourceEnd });
  const gap = Math.min(to - copies.targetEnd, FILL_REACH_BYTES);
  const before = Math.max(0, source - (to - copies.targetEnd) - FILL_SLACK_BYTES);
  if (before <= copies.sourceEnd && source > copies.sourceEnd) return;
  fillFrom(search, {
    targetStart: to - gap,
    targetEnd: to,
    sourceStart: before,
    sourceEnd: source,
  });
}

function fillFrom({ texts, copies }: Search, within: Area): void {
  const { targetEnd, sourceEnd } = within;
  let { targetStart, sourceStart } = within;
  for (;;) {
    const area = { targetStart, targetEnd, sourceStart, sourceEnd };
    const match = findNear(texts, area, FILL_REACH_BYTES, FILL_MINIMUM);
    if (match === undefined) return;
    copies.push(match.target, match.source, match.length);
    targetStart = match.target + match.length;
    sourceStart = match.source + match.length;
  }
}
