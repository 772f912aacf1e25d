/**
 * The rolling search: moves a window byte by byte until its weak sum stands in a signature's table.
 * A bitmap (small enough for the processor's cache) turns nearly every miss away, the hashed table
 * behind it the rest.
 */
import {
  defineFunction,
  i32,
  loop,
  repeatIf,
  returns,
  sequence,
  when,
  type Code,
  type FunctionSource,
  type Local,
  type ValueType,
} from './assembler.js';
import { SEARCH_CANDIDATE, SEARCH_SUM, SEARCH_TABLE } from './layout.js';
import { RABIN_KARP_ADJUSTMENT, RABIN_KARP_MULTIPLIER } from '../weak/rabin-karp.js';
import { ROLLSUM_OFFSET } from '../weak/rollsum.js';

/** Knuth's multiplicative hash: weak sums of like blocks differ little, their hashes do. */
export const TABLE_MULTIPLIER = 0x9e3779b1;

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
  const names = ['bitmap', 'bitmapShift', 'heads', 'headShift', 'next', 'weak'];
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
    const [hash, bit, candidate, ahead] = [local('i32'), local('i32'), local('i32'), local('i32')];
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
        bit.set(i32.shrU(hash.get, named('bitmapShift').get)),
        when(
          i32.and(
            i32.shrU(
              i32.load(
                i32.add(
                  named('bitmap').get,
                  i32.and(i32.shrU(bit.get, i32.const(3)), i32.const(-4)),
                ),
              ),
              bit.get,
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
      steps(UNROLLED_STEPS),
      steps(1),
      i32.store(i32.const(0), i32.const(0), SEARCH_CANDIDATE),
      i32.store(i32.const(0), sum.get, SEARCH_SUM),
      position.get,
    );
  });
}

export const rabinKarpSearch = (): FunctionSource =>
  searchFunction('rabinKarpSearch', rabinKarpRolling);
export const rollsumSearch = (): FunctionSource =>
  searchFunction('rollsumSearch', (_sum, weight, local) => rollsumRolling(weight, local));
