/**
 * Finding a match anywhere in the basis, for what the near search cannot explain: text that moved,
 * or that follows a long insert. The same diagonal is tried before the index.
 */
import { ABSENT, lookup, WINDOW_BYTES, windowHash, type BasisIndex } from './basis-index.js';
import type { Match } from './near-search.js';
import type { TextPair } from './text.js';

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
export interface FarSearch {
  readonly texts: TextPair;
  readonly index: BasisIndex;
  /** Whether the search may stop because too much before `at` is literal already. */
  readonly mayStop: (at: number) => boolean;
}

/** A stretch of the target. */
interface Stretch {
  readonly from: number;
  readonly to: number;
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
  const { texts, index } = search;
  const { view } = texts.target;
  const within = { from, to };
  const last = to - WINDOW_BYTES;
  let misses = 0;
  for (let at = from; at <= last; at += stepAfter(misses)) {
    const guess = diagonal + at - from;
    const source = onDiagonal(texts, guess, at) ? guess : lookup(index, windowHash(view, at));
    const match = source === ABSENT ? undefined : grow(texts, source, at, within);
    if (match !== undefined) return at < last ? longerNext(search, match, at + 1, within) : match;
    misses += 1;
    if (misses % PATIENCE === 0 && search.mayStop(at)) return undefined;
  }
  return undefined;
}

function stepAfter(misses: number): number {
  const step = 1 + 2 * Math.floor(misses / MISSES_PER_STEP);
  return step < MAX_STEP ? step : MAX_STEP;
}

function onDiagonal(texts: TextPair, source: number, at: number): boolean {
  const { basis, target } = texts;
  return (
    source + WINDOW_BYTES <= basis.length &&
    basis.view.getInt32(source, true) === target.view.getInt32(at, true) &&
    texts.equalForward(source, at, WINDOW_BYTES) === WINDOW_BYTES
  );
}

function grow(
  texts: TextPair,
  source: number,
  at: number,
  { from, to }: Stretch,
): Match | undefined {
  const room = Math.min(texts.basis.length - source, to - at);
  const ahead = texts.equalForward(source, at, room);
  if (ahead === 0) return undefined;
  const back = texts.equalBackward(source, at, Math.min(source, at - from));
  const length = back + ahead;
  if (length < FAR_MINIMUM_BYTES) return undefined;
  return { target: at - back, source: source - back, length };
}

/** One step of lazy matching. */
function longerNext(search: FarSearch, match: Match, at: number, within: Stretch): Match {
  if (match.length >= LAZY_BYTES) return match;
  const source = lookup(search.index, windowHash(search.texts.target.view, at));
  const next = source === ABSENT ? undefined : grow(search.texts, source, at, within);
  return next !== undefined && next.length > match.length ? next : match;
}
