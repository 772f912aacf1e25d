/** The search of one hole of the target: near matches first, then anywhere in the basis. */
import { ABSENT, lookup, WINDOW_BYTES, windowHash, type BasisIndex } from './basis-index.js';
import type { CopyList } from './copy-list.js';
import { findNear, type Match } from './near-search.js';
import { equalBackward, equalForward, type Text } from './text.js';

const NEAR_REACH = 64;
const MID_REACH = 1024;
const FILL_REACH = 512;
const NEAR_MINIMUM = 20;
const MID_MINIMUM = 32;
const FILL_MINIMUM = 6;
const FAR_MINIMUM = 32;
const LAZY_BYTES = 48;

export interface Search {
  readonly basis: Text;
  readonly target: Text;
  readonly copies: CopyList;
  readonly index: () => BasisIndex;
  readonly giveUp: (at: number) => boolean;
}

/** Finds copies for the hole `[from, to)` of the target. False when the caller gave up. */
export function matchHole(search: Search, from: number, to: number, nextSource: number): boolean {
  const { basis, target, copies } = search;
  let at = from;
  while (at < to) {
    const area = { sourceStart: copies.sourceEnd, sourceEnd: basis.length, start: at, end: to };
    const near =
      findNear(basis, target, area, NEAR_REACH, to, NEAR_MINIMUM) ??
      findNear(basis, target, area, MID_REACH, to, MID_MINIMUM) ??
      matchFar(search, at, to);
    if (near === GAVE_UP) return false;
    if (near === undefined) {
      fill(search, at, to, nextSource);
      return true;
    }
    fill(search, at, near.target, near.source);
    copies.push(near.target, near.source, near.length);
    at = near.target + near.length;
  }
  return true;
}

function fill(search: Search, from: number, to: number, nextSource: number): void {
  fillForward(search, from, to, nextSource);
}

function fillForward(search: Search, from: number, to: number, nextSource: number): void {
  const { basis, target, copies } = search;
  let at = from;
  let s = copies.sourceEnd;
  let jumped = false;
  while (to - at >= 4) {
    const end = nextSource >= s ? nextSource : basis.length;
    const near = findNear(
      basis,
      target,
      { sourceStart: s, sourceEnd: end, start: at, end: to },
      FILL_REACH,
      to,
      FILL_MINIMUM,
    );
    if (near === undefined) {
      if (jumped) return;
      jumped = true;
      const back = Math.max(0, nextSource - (to - at) - 64);
      if (back <= s && nextSource > s) return;
      s = back;
      if (to - at > FILL_REACH) at = to - FILL_REACH;
      continue;
    }
    copies.push(near.target, near.source, near.length);
    at = near.target + near.length;
    s = near.source + near.length;
  }
}

const GAVE_UP: Match = { target: -1, source: -1, length: 0 };
const found = { target: 0, source: 0, length: 0 };

function matchFar(search: Search, from: number, to: number): Match | undefined {
  const { basis, target, copies } = search;
  const last = to - WINDOW_BYTES;
  if (from > last) return undefined;
  const index = search.index();
  const shift = copies.sourceEnd - from;
  let misses = 0;
  let at = from;
  while (at <= last) {
    const diagonal = at + shift;
    let source: number;
    if (
      diagonal + 4 <= basis.length &&
      basis.view.getInt32(diagonal, true) === target.view.getInt32(at, true) &&
      equalForward(basis, diagonal, target, at, Math.min(16, basis.length - diagonal, to - at)) >=
        16
    ) {
      source = diagonal;
    } else {
      source = lookup(index, windowHash(target.view, at));
    }
    if (source !== ABSENT && extend(basis, source, target, at, from, to)) {
      if (found.length < LAZY_BYTES && at < last) improve(basis, target, index, at + 1, from, to);
      return found;
    }
    misses += 1;
    if ((misses & 0xffff) === 0 && search.giveUp(at)) return GAVE_UP;
    at += 1 + (misses >> 8 > 7 ? 7 : misses >> 8);
  }
  return undefined;
}

function extend(
  basis: Text,
  source: number,
  target: Text,
  at: number,
  from: number,
  to: number,
): boolean {
  const forward = equalForward(basis, source, target, at, Math.min(basis.length - source, to - at));
  if (forward === 0) return false;
  const back = equalBackward(basis, source, target, at, Math.min(source, at - from));
  if (forward + back < FAR_MINIMUM) return false;
  found.target = at - back;
  found.source = source - back;
  found.length = forward + back;
  return true;
}

function improve(
  basis: Text,
  target: Text,
  index: BasisIndex,
  at: number,
  from: number,
  to: number,
): void {
  const source = lookup(index, windowHash(target.view, at));
  if (source === ABSENT) return;
  const { target: t, source: s, length } = found;
  if (extend(basis, source, target, at, from, to) && found.length > length) return;
  found.target = t;
  found.source = s;
  found.length = length;
}
