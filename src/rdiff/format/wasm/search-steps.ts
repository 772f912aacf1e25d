/** The search a byte at a time: both weak sums. */
import { i32, sequence, when, type Code } from './assembler.js';
import {
  bitmapBit,
  BITMAP_SHIFT,
  TABLE_MULTIPLIER,
  walkBucket,
  whileLeft,
  type NewLocal,
  type SearchLocals,
} from './search-table.js';
import { RABIN_KARP_ADJUSTMENT, RABIN_KARP_MULTIPLIER } from '../weak/rabin-karp.js';
import { ROLLSUM_OFFSET } from '../weak/rollsum.js';

/** Steps between two checks for the end: a loop of one step spends a third of its time on itself. */
const UNROLLED_STEPS = 8;

/** A weak sum that can roll. */
export interface Rolling {
  /** Takes the sum apart. */
  readonly enter: Code;
  /** The byte at `position + offset` leaves, the one at `ahead + offset` comes; sets the sum. */
  readonly roll: (offset: number) => Code;
}

/** The weight is the multiplier to the power of the block length. */
export function rabinKarpRolling(search: SearchLocals, local: NewLocal): Rolling {
  const { sum, weight, position, ahead } = search;
  const adjustment = local('i32');
  return {
    enter: adjustment.set(i32.mul(weight.get, i32.const(RABIN_KARP_ADJUSTMENT))),
    roll: (offset) => {
      const leaving = i32.mul(i32.load8(position.get, offset), weight.get);
      const coming = i32.sub(i32.load8(ahead.get, offset), adjustment.get);
      const moved = i32.mul(sum.get, i32.const(RABIN_KARP_MULTIPLIER));
      return sum.set(i32.add(moved, i32.sub(coming, leaving)));
    },
  };
}

/** The weight is the block length. */
export function rollsumRolling(search: SearchLocals, local: NewLocal): Rolling {
  const { sum, weight, position, ahead } = search;
  const [s1, s2, leaving] = [local('i32'), local('i32'), local('i32')];
  const digest = i32.or(i32.shl(s2.get, i32.const(16)), i32.and(s1.get, i32.const(0xffff)));
  return {
    enter: sequence(
      s1.set(i32.and(sum.get, i32.const(0xffff))),
      s2.set(i32.shrU(sum.get, i32.const(16))),
    ),
    roll: (offset) => {
      const gone = i32.mul(weight.get, i32.add(leaving.get, i32.const(ROLLSUM_OFFSET)));
      return sequence(
        leaving.set(i32.load8(position.get, offset)),
        s1.set(i32.add(s1.get, i32.sub(i32.load8(ahead.get, offset), leaving.get))),
        s2.set(i32.add(s2.get, i32.sub(s1.get, gone))),
        sum.set(digest),
      );
    },
  };
}

/** Rolls from `position + offset` to the window behind it and looks that up. */
function step(search: SearchLocals, rolling: Rolling, offset: number): Code {
  const { sum, hash, bitmapMask } = search;
  const slot = i32.and(i32.shrU(hash.get, i32.const(BITMAP_SHIFT)), bitmapMask.get);
  return sequence(
    rolling.roll(offset),
    hash.set(i32.mul(sum.get, i32.const(TABLE_MULTIPLIER))),
    when(i32.and(bitmapBit(slot, hash.get), i32.const(1)), walkBucket(search, offset + 1)),
  );
}

/** Steps to the last window. */
export function singleSteps(search: SearchLocals, rolling: Rolling): Code {
  const steps = Array.from({ length: UNROLLED_STEPS }, (_, offset) =>
    step(search, rolling, offset),
  );
  return sequence(
    rolling.enter,
    whileLeft(search, UNROLLED_STEPS, ...steps),
    whileLeft(search, 1, step(search, rolling, 0)),
  );
}
