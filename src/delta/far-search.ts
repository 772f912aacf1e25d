/**
 * Finding a match anywhere in the basis, for what the near search cannot explain: text that moved,
 * or that follows a long insert. The same diagonal is tried before the index.
 */
import { ABSENT, lookup, WINDOW_BYTES, windowHash, type BasisIndex } from './basis-index.js';
import type { Match, Pair } from './near-search.js';
import { equalBackward, equalForward } from './text.js';

/**
 * Least match: the offset there and the one back cost six bytes, and a phrase may repeat by chance
 * (32: 462 kB; 48: 473 kB; 40: 459 kB).
 */
export const FAR_MINIMUM_BYTES = 40;

/** Shorter matches are compared with the one that the next byte offers. */
const LAZY_BYTES = 48;

/**
 * Misses until the step grows by two, and its limit. Always odd: the grid of the index is a power of
 * two, so 16 steps in a row meet it at every phase; with a step of 8 most matches were never seen.
 */
const MISSES_PER_STEP = 512;
const MAX_STEP = 7;

/** Misses between two questions whether to give up. */
const PATIENCE = 16 * 1024;

/** What {@link findFar} looks through. */
export interface FarSearch extends Pair {
  readonly index: BasisIndex;
  /** Whether the search may stop because too much before `at` is literal already. */
  readonly mayStop: (at: number) => boolean;
}

/**
 * The first match within `[from, to)` of the target. `diagonal` is the place in the basis that
 * belongs to `from` if nothing was inserted or deleted.
 */
export function findFar(
  search: FarSearch,
  from: number,
  to: number,
  diagonal: number,
): Match | undefined {
  const { target, index } = search;
  const last = to - WINDOW_BYTES;
  let misses = 0;
  for (let at = from; at <= last; at += stepAfter(misses)) {
    const guess = diagonal + at - from;
    const source = onDiagonal(search, guess, at)
      ? guess
      : lookup(index, windowHash(target.view, at));
    const match = source === ABSENT ? undefined : grow(search, source, at, from, to);
    if (match !== undefined) return at < last ? longerNext(search, match, at + 1, from, to) : match;
    misses += 1;
    if (misses % PATIENCE === 0 && search.mayStop(at)) return undefined;
  }
  return undefined;
}

function stepAfter(misses: number): number {
  const step = 1 + 2 * Math.floor(misses / MISSES_PER_STEP);
  return step < MAX_STEP ? step : MAX_STEP;
}

function onDiagonal({ basis, target }: Pair, source: number, at: number): boolean {
  return (
    source + WINDOW_BYTES <= basis.length &&
    basis.view.getInt32(source, true) === target.view.getInt32(at, true) &&
    equalForward(basis, source, target, at, WINDOW_BYTES) === WINDOW_BYTES
  );
}

function grow(
  { basis, target }: Pair,
  source: number,
  at: number,
  from: number,
  to: number,
): Match | undefined {
  const ahead = equalForward(basis, source, target, at, Math.min(basis.length - source, to - at));
  if (ahead === 0) return undefined;
  const back = equalBackward(basis, source, target, at, Math.min(source, at - from));
  const length = back + ahead;
  if (length < FAR_MINIMUM_BYTES) return undefined;
  return { target: at - back, source: source - back, length };
}

/** One step of lazy matching. */
function longerNext(search: FarSearch, match: Match, at: number, from: number, to: number): Match {
  if (match.length >= LAZY_BYTES) return match;
  const source = lookup(search.index, windowHash(search.target.view, at));
  const next = source === ABSENT ? undefined : grow(search, source, at, from, to);
  return next !== undefined && next.length > match.length ? next : match;
}
