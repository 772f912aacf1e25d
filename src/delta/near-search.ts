/**
 * Finding the place where two texts agree again shortly after they part: a word replaced, a line
 * inserted, an indent changed. Looks only at a few bytes on both sides, so it can take
 * matches far too short to be worth an entry in the index of the whole basis.
 */
import { equalBackward, equalForward, type Text } from './text.js';

const TABLE_BITS = 11;

/** A match this long is taken at once; shorter ones compete. */
const GOOD_BYTES = 64;

/** Extensions at most per search, so that work stays linear on repetitive texts. */
const MAX_TRIES = 24;

/** A place where the texts agree again. */
export interface Match {
  target: number;
  source: number;
  length: number;
}

/** A range of the basis and one of the target, within which to look. */
export interface Area {
  sourceStart: number;
  sourceEnd: number;
  start: number;
  end: number;
}

// Slots hold `epoch + offset`: an older epoch means empty, so nothing is cleared between searches.
const table = new Int32Array(1 << TABLE_BITS);
let epoch = 1;
let span = 0;

/**
 * The best match within the area.
 */
export function findNear(
  basis: Text,
  target: Text,
  area: Area,
  reach: number,
  limit: number,
  minimum: number,
): Match | undefined {
  const last = Math.min(area.end, area.start + reach) - 4;
  const sourceReach = Math.min(reach, area.sourceEnd - area.sourceStart - 4);
  if (sourceReach < 0 || last < area.start) return undefined;
  noteWords(basis.view, area.sourceStart, sourceReach);
  return bestMatch(basis, target, area, last, limit, minimum);
}

function hashWord(word: number): number {
  return Math.imul(word, 0x9e3779b1) >>> (32 - TABLE_BITS);
}

/** From far to near, so that the nearest of equal words is the one that stays. */
function noteWords(view: DataView, source: number, reach: number): void {
  epoch += span + 1;
  span = reach;
  if (epoch > 0x7fff0000) {
    table.fill(0);
    epoch = 1;
  }
  for (let i = reach; i >= 0; i -= 1) table[hashWord(view.getInt32(source + i, true))] = epoch + i;
}

const SKEW = 0.5;
const SKEWS = 0.02;

function bestMatch(
  basis: Text,
  target: Text,
  area: Area,
  last: number,
  limit: number,
  minimum: number,
): Match | undefined {
  let bestTarget = 0,
    bestSource = 0,
    bestLength = 0;
  let bestScore = 0;
  let stop = last;
  let tries = MAX_TRIES;
  const { start, sourceStart } = area;
  for (let place = start; place <= stop && tries > 0; place += 1) {
    const word = target.view.getInt32(place, true);
    const offset = (table[hashWord(word)] ?? 0) - epoch;
    if (offset < 0) continue;
    const source = sourceStart + offset;
    if (basis.view.getInt32(source, true) !== word) continue;
    tries -= 1;
    const forward = equalForward(
      basis,
      source,
      target,
      place,
      Math.min(basis.length - source, limit - place),
    );
    const back = equalBackward(basis, source, target, place, Math.min(place - start, offset));
    const length = forward + back;
    const score = length - SKEW * (place - back - start) - SKEWS * (offset - back);
    if (length >= minimum && score > bestScore) {
      bestTarget = place - back;
      bestSource = source - back;
      bestLength = length;
      bestScore = score;
      if (bestTarget + length < stop) stop = bestTarget + length;
    }
    if (length >= GOOD_BYTES) break;
  }
  return bestLength === 0
    ? undefined
    : { target: bestTarget, source: bestSource, length: bestLength };
}
