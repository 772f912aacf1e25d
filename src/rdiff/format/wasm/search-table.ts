/** What the search kernels know of a signature's table, and how they look a weak sum up in it. */
import {
  i32,
  loop,
  repeatIf,
  returns,
  sequence,
  when,
  type Code,
  type Local,
  type ValueType,
} from './assembler.js';
import { FREE_START, SEARCH_CANDIDATE, SEARCH_SUM, SEARCH_TABLE, SEARCH_WEIGHT } from './layout.js';

/** Knuth's multiplicative hash: weak sums of like blocks differ little, their hashes do. */
export const TABLE_MULTIPLIER = 0x9e3779b1;

/**
 * The bitmap's bit for a hash is bit `hash mod 32` of the word at {@link BITMAP} plus
 * `(hash >>> BITMAP_SHIFT) & mask`: a fixed address and a fixed shift, which cost nothing.
 */
export const BITMAP = FREE_START;
export const BITMAP_SHIFT = 8;

export type NewLocal = (type: ValueType) => Local;

/** The locals of a search, whichever way it rolls. */
export interface SearchLocals {
  /** Address of the window. */
  readonly position: Local;
  /** Address behind the window. */
  readonly ahead: Local;
  /** Address of the last window to look at. */
  readonly last: Local;
  /** Weak sum of the window. */
  readonly sum: Local;
  /** What a leaving byte is multiplied with. */
  readonly weight: Local;
  /** The sum times {@link TABLE_MULTIPLIER}. */
  readonly hash: Local;
  readonly candidate: Local;
  readonly bitmapMask: Local;
  readonly heads: Local;
  readonly headShift: Local;
  readonly next: Local;
  readonly weak: Local;
}

/** Reads the table's description, which {@link SEARCH_TABLE} holds in this order, and {@link SEARCH_WEIGHT}. */
export const loadTable = (search: SearchLocals): Code =>
  sequence(
    ...[search.bitmapMask, search.heads, search.headShift, search.next, search.weak].map(
      (local, index) => local.set(i32.load(i32.const(0), SEARCH_TABLE + 4 * index)),
    ),
    search.weight.set(i32.load(i32.const(0), SEARCH_WEIGHT)),
  );

/** Not zero in its lowest bit when the bitmap knows the hash; `slot` is the word's offset. */
export const bitmapBit = (slot: Code, hash: Code): Code => i32.shrU(i32.load(slot, BITMAP), hash);

const element = (base: Local, index: Code): Code =>
  i32.load(i32.add(base.get, i32.shl(index, i32.const(2))));

/**
 * Walks the bucket of `hash`, and leaves the function with `position + offset` when a block there
 * has the weak sum.
 */
export function walkBucket(search: SearchLocals, offset: number): Code {
  const { candidate, sum, hash, position } = search;
  const block = i32.sub(candidate.get, i32.const(1));
  const found = sequence(
    i32.store(i32.const(0), candidate.get, SEARCH_CANDIDATE),
    i32.store(i32.const(0), sum.get, SEARCH_SUM),
    returns(i32.add(position.get, i32.const(offset))),
  );
  return sequence(
    candidate.set(element(search.heads, i32.shrU(hash.get, search.headShift.get))),
    loop(
      when(
        candidate.get,
        when(i32.eq(element(search.weak, block), sum.get), found),
        candidate.set(element(search.next, block)),
        repeatIf(i32.const(1), 1),
      ),
    ),
  );
}

/** Moves the window's addresses. */
const advance = ({ position, ahead }: SearchLocals, count: number): Code =>
  sequence(
    position.set(i32.add(position.get, i32.const(count))),
    ahead.set(i32.add(ahead.get, i32.const(count))),
  );

/** Repeats `body`, which takes `count` steps, while at least as many are left. */
export const whileLeft = (search: SearchLocals, count: number, ...body: Code[]): Code =>
  loop(
    when(
      i32.geU(i32.sub(search.last.get, search.position.get), i32.const(count)),
      ...body,
      advance(search, count),
      repeatIf(i32.const(1), 1),
    ),
  );
