/**
 * The rolling search: moves a window byte by byte until its weak sum stands in a signature's table.
 * A bitmap (small enough for the processor's cache) turns nearly every miss away, the hashed table
 * behind it the rest.
 */
import {
  defineFunction,
  i32,
  i32x4,
  i8x16,
  loop,
  repeatIf,
  returns,
  sequence,
  v128,
  when,
  type Code,
  type FunctionSource,
  type Local,
  type ValueType,
} from './assembler.js';
import { FREE_START, SEARCH_CANDIDATE, SEARCH_SUM, SEARCH_TABLE } from './layout.js';
import {
  RABIN_KARP_ADJUSTMENT,
  RABIN_KARP_MULTIPLIER,
  rabinKarpPower,
} from '../weak/rabin-karp.js';
import { ROLLSUM_OFFSET } from '../weak/rollsum.js';

/** Knuth's multiplicative hash: weak sums of like blocks differ little, their hashes do. */
export const TABLE_MULTIPLIER = 0x9e3779b1;

/**
 * The bitmap's bit for a hash is bit `hash mod 32` of the word at {@link BITMAP} plus
 * `(hash >>> BITMAP_SHIFT) & mask`: a fixed address and a fixed shift, which cost nothing.
 */
export const BITMAP = FREE_START;
export const BITMAP_SHIFT = 8;

/** Steps between two checks for the end: a loop of one step spends a third of its time on itself. */
const UNROLLED_STEPS = 8;

/** A weak sum that can roll: how it is taken apart, moved by a byte, and read. */
interface Rolling {
  readonly enter: (sum: Local) => Code;
  /** The byte at `out + offset` leaves, the one at `into + offset` enters. */
  readonly roll: (out: Code, into: Code, offset: number) => Code;
  /** Puts the digest into `sum`. */
  readonly digest: (sum: Local) => Code;
}

type NewLocal = (type: ValueType) => Local;

/** `weight` is the multiplier to the power of the block length. */
function rabinKarpRolling(sum: Local, weight: Local, local: NewLocal): Rolling {
  const adjustment = local('i32');
  return {
    enter: () => adjustment.set(i32.mul(weight.get, i32.const(RABIN_KARP_ADJUSTMENT))),
    roll: (out, into, offset) =>
      sum.set(
        i32.add(
          i32.mul(sum.get, i32.const(RABIN_KARP_MULTIPLIER)),
          i32.sub(
            i32.sub(i32.load8(into, offset), adjustment.get),
            i32.mul(i32.load8(out, offset), weight.get),
          ),
        ),
      ),
    digest: () => [],
  };
}

/** `weight` is the block length. */
function rollsumRolling(weight: Local, local: NewLocal): Rolling {
  const [s1, s2, left] = [local('i32'), local('i32'), local('i32')];
  return {
    enter: (sum) =>
      sequence(
        s1.set(i32.and(sum.get, i32.const(0xffff))),
        s2.set(i32.shrU(sum.get, i32.const(16))),
      ),
    roll: (out, into, offset) =>
      sequence(
        left.set(i32.load8(out, offset)),
        s1.set(i32.add(s1.get, i32.sub(i32.load8(into, offset), left.get))),
        s2.set(
          i32.add(
            s2.get,
            i32.sub(s1.get, i32.mul(weight.get, i32.add(left.get, i32.const(ROLLSUM_OFFSET)))),
          ),
        ),
      ),
    digest: (sum) =>
      sum.set(i32.or(i32.shl(s2.get, i32.const(16)), i32.and(s1.get, i32.const(0xffff)))),
  };
}

/** The table's description, read once a call. The order is that of {@link SEARCH_TABLE}. */
function tableLocals(local: NewLocal): {
  readonly locals: Record<string, Local>;
  readonly load: Code;
} {
  const names = ['bitmapMask', 'heads', 'headShift', 'next', 'weak'];
  const locals = Object.fromEntries(names.map((name) => [name, local('i32')]));
  const load = sequence(
    ...names.map((name, index) =>
      (locals[name] as Local).set(i32.load(i32.const(0), SEARCH_TABLE + 4 * index)),
    ),
  );
  return { locals, load };
}

const element = (base: Local, index: Code): Code =>
  i32.load(i32.add(base.get, i32.shl(index, i32.const(2))));

/**
 * `name(position, last, sum, blockLength, weight)`: `sum` is the weak sum of the window at address
 * `position`. Rolls until a window's sum is in the table or the window at `last` is reached, and
 * returns the window's address; {@link SEARCH_SUM} and {@link SEARCH_CANDIDATE} say the rest. The
 * window at `position` itself is not looked up.
 */
function searchFunction(
  name: string,
  rolling: (sum: Local, weight: Local, local: NewLocal) => Rolling,
  vectorLoop?: (parts: VectorParts) => Code,
): FunctionSource {
  return defineFunction(name, 5, 'i32', (parameters, local) => {
    const [position, last, sum, blockLength, weight] = parameters as [
      Local,
      Local,
      Local,
      Local,
      Local,
    ];
    const { locals: table, load } = tableLocals(local);
    const [hash, candidate, ahead] = [local('i32'), local('i32'), local('i32')];
    const { enter, roll, digest } = rolling(sum, weight, local);
    const named = (key: string): Local => table[key] as Local;
    const previous = i32.sub(candidate.get, i32.const(1));
    /** Leaves the function when a block in the bucket has the sum. */
    const walk = (offset: number): Code =>
      sequence(
        candidate.set(element(named('heads'), i32.shrU(hash.get, named('headShift').get))),
        loop(
          when(
            candidate.get,
            when(
              i32.eq(element(named('weak'), previous), sum.get),
              i32.store(i32.const(0), candidate.get, SEARCH_CANDIDATE),
              i32.store(i32.const(0), sum.get, SEARCH_SUM),
              returns(i32.add(position.get, i32.const(offset))),
            ),
            candidate.set(element(named('next'), previous)),
            repeatIf(i32.const(1), 1),
          ),
        ),
      );
    /** Rolls from `position + offset` to the window behind it and looks that up. */
    const step = (offset: number): Code =>
      sequence(
        roll(position.get, ahead.get, offset),
        digest(sum),
        hash.set(i32.mul(sum.get, i32.const(TABLE_MULTIPLIER))),
        when(
          i32.and(
            i32.shrU(
              i32.load(
                i32.and(i32.shrU(hash.get, i32.const(BITMAP_SHIFT)), named('bitmapMask').get),
                BITMAP,
              ),
              hash.get,
            ),
            i32.const(1),
          ),
          walk(offset + 1),
        ),
      );
    const advance = (count: number): Code =>
      sequence(
        position.set(i32.add(position.get, i32.const(count))),
        ahead.set(i32.add(ahead.get, i32.const(count))),
      );
    const steps = (count: number): Code =>
      loop(
        when(
          i32.geU(i32.sub(last.get, position.get), i32.const(count)),
          ...Array.from({ length: count }, (_, offset) => step(offset)),
          advance(count),
          repeatIf(i32.const(1), 1),
        ),
      );
    return sequence(
      load,
      enter(sum),
      ahead.set(i32.add(position.get, blockLength.get)),
      vectorLoop?.({
        position,
        ahead,
        last,
        sum,
        weight,
        mask: named('bitmapMask'),
        walk,
        hash,
        advance,
        local,
      }) ?? [],
      steps(UNROLLED_STEPS),
      steps(1),
      i32.store(i32.const(0), i32.const(0), SEARCH_CANDIDATE),
      i32.store(i32.const(0), sum.get, SEARCH_SUM),
      position.get,
    );
  });
}

/** What a vectorised loop shares with the loop of single steps. */
interface VectorParts {
  readonly position: Local;
  readonly ahead: Local;
  readonly last: Local;
  readonly sum: Local;
  readonly weight: Local;
  readonly mask: Local;
  readonly hash: Local;
  /** Looks `sum` and `hash` up in the table; leaves the function on success. */
  readonly walk: (offset: number) => Code;
  readonly advance: (count: number) => Code;
  readonly local: NewLocal;
}

const VECTOR_STEPS = 16;
const LANES = [0, 1, 2, 3] as const;

const powers = (...exponents: number[]): Code => i32x4.const(exponents.map(rabinKarpPower));
const everyLane = (value: number): Code => i32x4.const(LANES.map(() => value));
/** The vector with lanes moved up by `count`, zeros behind. */
const moveUp = (vector: Local, count: number): Code =>
  v128.shuffle(
    v128.const(Array<number>(16).fill(0)),
    vector.get,
    Array.from({ length: 16 }, (_, byte) => 16 - 4 * count + byte),
  );

/**
 * Sixteen steps of the Rabin-Karp sum, four at a time. With c what a step adds (the byte that comes
 * less the weighted byte that goes), four sums after h are h M + c0, h M^2 + c0 M + c1, and so on:
 * the part without h does not wait for the step before.
 */
function rabinKarpVectorLoop(parts: VectorParts): Code {
  const { position, ahead, last, sum, weight, mask, hash, walk, advance, local } = parts;
  const vector = () => local('v128');
  const [entering, leaving, added, sums, hashes] = [
    vector(),
    vector(),
    vector(),
    vector(),
    vector(),
  ];
  const [weights, adjustments, slots] = [vector(), vector(), vector()];

  /** c, then its sums weighted within the four lanes. */
  const addedBy = (group: number): Code =>
    sequence(
      added.set(
        i32x4.sub(
          i32x4.sub(widen(entering, group), adjustments.get),
          i32x4.mul(widen(leaving, group), weights.get),
        ),
      ),
      added.set(i32x4.add(added.get, i32x4.mul(moveUp(added, 1), everyLane(rabinKarpPower(1))))),
      added.set(i32x4.add(added.get, i32x4.mul(moveUp(added, 2), everyLane(rabinKarpPower(2))))),
    );
  const lastSum = v128.shuffle(
    sums.get,
    sums.get,
    Array.from({ length: 16 }, (_, byte) => 12 + (byte % 4)),
  );
  const bit = (lane: number): Code =>
    i32.shrU(i32.load(i32x4.extract(slots.get, lane), BITMAP), i32x4.extract(hashes.get, lane));
  const lookUp = (group: number): Code =>
    when(
      i32.and(
        LANES.map(bit).reduce((a, b) => i32.or(a, b)),
        i32.const(1),
      ),
      ...LANES.map((lane) =>
        when(
          i32.and(bit(lane), i32.const(1)),
          sum.set(i32x4.extract(sums.get, lane)),
          hash.set(i32x4.extract(hashes.get, lane)),
          walk(group * 4 + lane + 1),
        ),
      ),
    );
  const four = (group: number): Code =>
    sequence(
      addedBy(group),
      sums.set(i32x4.add(i32x4.mul(lastSum, powers(1, 2, 3, 4)), added.get)),
      hashes.set(i32x4.mul(sums.get, everyLane(TABLE_MULTIPLIER))),
      slots.set(v128.and(i32x4.shrU(hashes.get, i32.const(BITMAP_SHIFT)), i32x4.splat(mask.get))),
      lookUp(group),
    );
  return sequence(
    sums.set(i32x4.splat(sum.get)),
    weights.set(i32x4.splat(weight.get)),
    adjustments.set(i32x4.splat(i32.mul(weight.get, i32.const(RABIN_KARP_ADJUSTMENT)))),
    loop(
      when(
        i32.geU(i32.sub(last.get, position.get), i32.const(VECTOR_STEPS)),
        leaving.set(v128.load(position.get)),
        entering.set(v128.load(ahead.get)),
        ...LANES.map(four),
        advance(VECTOR_STEPS),
        repeatIf(i32.const(1), 1),
      ),
    ),
    sum.set(i32x4.extract(sums.get, 3)),
  );
}

/** Four bytes of a vector as 32-bit lanes. */
function widen(bytes: Local, group: number): Code {
  const half = group < 2 ? i8x16.extendLowU(bytes.get) : i8x16.extendHighU(bytes.get);
  return group % 2 === 0 ? i32x4.extendLowU(half) : i32x4.extendHighU(half);
}

export const rabinKarpSearch = (): FunctionSource =>
  searchFunction('rabinKarpSearch', rabinKarpRolling, rabinKarpVectorLoop);
export const rollsumSearch = (): FunctionSource =>
  searchFunction('rollsumSearch', (_sum, weight, local) => rollsumRolling(weight, local));
