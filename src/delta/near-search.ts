/**
 * Finding the place where two texts agree again after they part: a word replaced, a line inserted,
 * an indent changed. Knows every byte of a small stretch of both sides, so it takes matches far too
 * short for the index of the whole basis, and in the right order, where the index would jump to
 * another copy of the same phrase.
 *
 * The figures at the constants are the sizes of seven releases of TypeScript, each from its
 * successor, all streams under zstd -3: 448 kB as they stand. Each was varied when the others were
 * not yet final, so compare a figure with its neighbours.
 */
import type { TextPair } from './text.js';

/** Slots of the table of four-byte words: twice the farthest reach and more. */
const TABLE_BITS = 11;

/** A match this long is taken at once; shorter ones compete (40: 458 kB; 64: 454 kB, slower). */
const GOOD_BYTES = 48;

/** Candidates at most, so that work stays linear on repetitive texts (12: 489 kB; 24: 458 kB; 48: 451 kB). */
const MAX_TRIES = 48;

/** Bytes of match that one target byte skipped is worth: it becomes a literal, which compresses. */
const TARGET_SKIP_COST = 0.5;

/** And one basis byte skipped: nearly free, but the nearer is more often the right one (0.02: 472 kB; 0.1: 459 kB). */
const SOURCE_SKIP_COST = 0.1;

/** A run of bytes that both texts hold. */
export interface Match {
  readonly target: number;
  readonly source: number;
  readonly length: number;
}

/** A stretch of the target and the one of the basis that it is believed to come from. */
export interface Area {
  readonly targetStart: number;
  readonly targetEnd: number;
  readonly sourceStart: number;
  readonly sourceEnd: number;
}

// Slots hold `epoch + offset`: less than the epoch means empty, so nothing is cleared between searches.
const table = new Int32Array(1 << TABLE_BITS);
let epoch = 1;
let nextEpoch = 1;

/**
 * The match of the greatest worth that starts in the first `reach` bytes of both sides of `area`,
 * or undefined if none is worth `minimum`: its length less what skipping to it costs.
 */
export function findNear(
  texts: TextPair,
  area: Area,
  reach: number,
  minimum: number,
): Match | undefined {
  const lastTarget = Math.min(area.targetEnd - 4, area.targetStart + reach);
  const sourceReach = Math.min(area.sourceEnd - 4 - area.sourceStart, reach);
  if (lastTarget < area.targetStart || sourceReach < 0) return undefined;
  noteWords(texts.basis.view, area.sourceStart, sourceReach);
  return bestMatch(texts, area, lastTarget, minimum);
}

/** Enters the words of the basis from far to near, so that the nearest of equal ones stays. */
function noteWords(view: DataView, start: number, reach: number): void {
  epoch = nextEpoch;
  if (epoch > 0x7fff0000 - reach) {
    table.fill(0);
    epoch = 1;
  }
  nextEpoch = epoch + reach + 1;
  for (let i = reach; i >= 0; i -= 1) table[slotOf(view.getInt32(start + i, true))] = epoch + i;
}

function slotOf(word: number): number {
  return Math.imul(word, 0x9e3779b1) >>> (32 - TABLE_BITS);
}

function bestMatch(
  texts: TextPair,
  area: Area,
  lastTarget: number,
  minimum: number,
): Match | undefined {
  const { targetStart, sourceStart } = area;
  let best: Match | undefined;
  let bestWorth = minimum;
  let last = lastTarget;
  let tries = MAX_TRIES;
  for (let at = targetStart; at <= last && tries > 0; at += 1) {
    const source = sourceOf(texts, at, sourceStart);
    if (source < 0) continue;
    tries -= 1;
    const match = grow(texts, area, at, source);
    const skipped = TARGET_SKIP_COST * (match.target - targetStart);
    const worth = match.length - skipped - SOURCE_SKIP_COST * (match.source - sourceStart);
    if (worth >= bestWorth && (best === undefined || worth > bestWorth)) {
      best = match;
      bestWorth = worth;
      // What starts in the second half of a match is its successor, not its rival (472 kB instead of 473, and faster).
      last = Math.min(last, match.target + Math.floor(match.length / 2));
    }
    if (match.length >= GOOD_BYTES) break;
  }
  return best;
}

/** Where the word at `at` of the target stands in the noted stretch of the basis, or -1. */
function sourceOf(texts: TextPair, at: number, sourceStart: number): number {
  const word = texts.target.view.getInt32(at, true);
  const offset = (table[slotOf(word)] ?? 0) - epoch;
  if (offset < 0) return -1;
  const source = sourceStart + offset;
  return texts.basis.view.getInt32(source, true) === word ? source : -1;
}

function grow(texts: TextPair, area: Area, at: number, source: number): Match {
  const { basis } = texts;
  const ahead = Math.min(basis.length - source, area.targetEnd - at);
  const behind = Math.min(source - area.sourceStart, at - area.targetStart);
  const back = texts.equalBackward(source, at, behind);
  const length = back + texts.equalForward(source, at, ahead);
  return { target: at - back, source: source - back, length };
}
