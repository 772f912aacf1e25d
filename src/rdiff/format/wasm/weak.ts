/**
 * Weak sums of whole blocks, 32 bytes a step. A window's sum is a polynomial in its bytes; each of
 * the 32 positions of a step has its own accumulator, and the weights come in once at the end.
 */
import {
  defineFunction,
  i16x8,
  i32,
  i32x4,
  i8x16,
  loop,
  repeatIf,
  sequence,
  v128,
  when,
  type Code,
  type FunctionSource,
  type Local,
} from './assembler.js';
import { MESSAGE } from './layout.js';
import { RABIN_KARP_MULTIPLIER, RABIN_KARP_SEED, rabinKarpPower } from '../weak/rabin-karp.js';
import { ROLLSUM_OFFSET } from '../weak/rollsum.js';

const STEP_BYTES = 32;

/** The 16 bytes of a vector as four vectors of 32-bit lanes, in order. */
const widen = (half: Local): readonly Code[] => [
  i32x4.extendLowU(i8x16.extendLowU(half.get)),
  i32x4.extendHighU(i8x16.extendLowU(half.get)),
  i32x4.extendLowU(i8x16.extendHighU(half.get)),
  i32x4.extendHighU(i8x16.extendHighU(half.get)),
];

const sumOfLanes = (vector: Local): Code =>
  [0, 1, 2, 3]
    .map((lane) => i32x4.extract(vector.get, lane))
    .reduce((sum, lane) => i32.add(sum, lane));

/** `rabinKarp(address, length)`: the digest of that window. */
export function rabinKarpBlock(): FunctionSource {
  return defineFunction('rabinKarp', 2, 'i32', (parameters, local) => {
    const [address, length] = parameters as [Local, Local];
    const sum = local('i32');
    const bytes = local('v128');
    const total = local('v128');
    const accumulators = Array.from({ length: 8 }, () => local('v128'));
    const perStep = i32x4.const(Array(4).fill(rabinKarpPower(STEP_BYTES)) as number[]);
    const weights = (group: number): Code =>
      i32x4.const([0, 1, 2, 3].map((lane) => rabinKarpPower(STEP_BYTES - 1 - (group * 4 + lane))));
    const accumulate = (offset: number): Code =>
      sequence(
        bytes.set(v128.load(address.get, offset)),
        ...widen(bytes).map((lanes, index) => {
          const accumulator = accumulators[offset / 4 + index] as Local;
          return accumulator.set(i32x4.add(i32x4.mul(accumulator.get, perStep), lanes));
        }),
      );
    // The seed is what the position before the first byte holds: weight 1 in the last lane.
    const seed = (accumulators[7] as Local).set(i32x4.const([0, 0, 0, RABIN_KARP_SEED]));
    const weighted = accumulators
      .map((accumulator, group) => i32x4.mul(accumulator.get, weights(group)))
      .reduce((a, b) => i32x4.add(a, b));
    return sequence(
      sum.set(i32.const(RABIN_KARP_SEED)),
      when(
        i32.geU(length.get, i32.const(STEP_BYTES)),
        seed,
        loop(
          accumulate(0),
          accumulate(16),
          address.set(i32.add(address.get, i32.const(STEP_BYTES))),
          repeatIf(
            i32.geU(length.tee(i32.sub(length.get, i32.const(STEP_BYTES))), i32.const(STEP_BYTES)),
          ),
        ),
        total.set(weighted),
        sum.set(sumOfLanes(total)),
      ),
      when(
        length.get,
        loop(
          sum.set(
            i32.add(i32.mul(sum.get, i32.const(RABIN_KARP_MULTIPLIER)), i32.load8(address.get)),
          ),
          address.set(i32.add(address.get, i32.const(1))),
          repeatIf(length.tee(i32.sub(length.get, i32.const(1)))),
        ),
      ),
      sum.get,
    );
  });
}

/** Adds the 16-bit lanes of `vector`, each times its weight; goes through memory, once a block. */
const weightedLanes = (vector: Local, weight: (lane: number) => number): Code =>
  sequence(
    v128.store(i32.const(0), vector.get, MESSAGE),
    Array.from({ length: 8 }, (_, lane) =>
      i32.mul(
        i32.and(i32.load(i32.const(0), MESSAGE + 2 * lane), i32.const(0xffff)),
        i32.const(weight(lane)),
      ),
    ).reduce((a, b) => i32.add(a, b)),
  );

/** The locals of {@link rollsumBlock}. */
interface RollsumLocals {
  readonly address: Local;
  readonly length: Local;
  readonly s1: Local;
  readonly s2: Local;
  readonly bytes: Local;
  /** The bytes of each position, in lanes of 16 bits. */
  readonly sums: readonly Local[];
  /** The sums before each step. */
  readonly prefixes: readonly Local[];
}

/**
 * `rollsum(address, length)`: the digest of that window. Both halves are counted modulo 2^16, so
 * 16-bit lanes may wrap.
 */
export function rollsumBlock(): FunctionSource {
  return defineFunction('rollsum', 2, 'i32', (parameters, local) => {
    const [address, length] = parameters as [Local, Local];
    const [s1, s2, count] = [local('i32'), local('i32'), local('i32')];
    const bytes = local('v128');
    const sums = Array.from({ length: 4 }, () => local('v128'));
    const prefixes = Array.from({ length: 4 }, () => local('v128'));
    const locals = { address, length, s1, s2, bytes, sums, prefixes };
    return sequence(
      count.set(length.get),
      rollsumSteps(locals),
      rollsumBytes(locals),
      // Every byte counts as itself plus the offset: s1 += 31 n, s2 += 31 n (n + 1) / 2.
      s1.set(i32.add(s1.get, i32.mul(count.get, i32.const(ROLLSUM_OFFSET)))),
      s2.set(i32.add(s2.get, i32.mul(triangle(count), i32.const(ROLLSUM_OFFSET)))),
      i32.or(i32.shl(s2.get, i32.const(16)), i32.and(s1.get, i32.const(0xffff))),
    );
  });
}

/** Takes whole steps of the window. */
function rollsumSteps(locals: RollsumLocals): Code {
  const { address, length, bytes, sums, prefixes } = locals;
  const add = (index: number, lanes: Code): Code => {
    const [sum, prefix] = [sums[index] as Local, prefixes[index] as Local];
    return sequence(prefix.set(i16x8.add(prefix.get, sum.get)), sum.set(i16x8.add(sum.get, lanes)));
  };
  const accumulate = (half: number): Code =>
    sequence(
      bytes.set(v128.load(address.get, half * 16)),
      add(half * 2, i8x16.extendLowU(bytes.get)),
      add(half * 2 + 1, i8x16.extendHighU(bytes.get)),
    );
  return when(
    i32.geU(length.get, i32.const(STEP_BYTES)),
    loop(
      accumulate(0),
      accumulate(1),
      address.set(i32.add(address.get, i32.const(STEP_BYTES))),
      repeatIf(
        i32.geU(length.tee(i32.sub(length.get, i32.const(STEP_BYTES))), i32.const(STEP_BYTES)),
      ),
    ),
    collectLanes(locals),
  );
}

/** Adds what the lanes of {@link rollsumSteps} hold to both halves. */
const collectLanes = ({ s1, s2, sums, prefixes }: RollsumLocals): Code => {
  const increase = (half: Local, code: Code): Code => half.set(i32.add(half.get, code));
  return sequence(
    ...sums.flatMap((sum, index) => [
      increase(
        s1,
        weightedLanes(sum, () => 1),
      ),
      increase(
        s2,
        weightedLanes(sum, (lane) => STEP_BYTES - (index * 8 + lane)),
      ),
      increase(
        s2,
        weightedLanes(prefixes[index] as Local, () => STEP_BYTES),
      ),
    ]),
  );
};

/** Takes what is left of the window byte by byte. */
const rollsumBytes = ({ address, length, s1, s2 }: RollsumLocals): Code =>
  when(
    length.get,
    loop(
      s1.set(i32.add(s1.get, i32.load8(address.get))),
      s2.set(i32.add(s2.get, s1.get)),
      address.set(i32.add(address.get, i32.const(1))),
      repeatIf(length.tee(i32.sub(length.get, i32.const(1)))),
    ),
  );

/** n (n + 1) / 2 modulo 2^31 or better: the even one of both factors is halved first. */
const triangle = (n: Local): Code =>
  i32.mul(
    i32.shrU(i32.add(n.get, i32.and(n.get, i32.const(1))), i32.const(1)),
    i32.sub(i32.add(n.get, i32.const(1)), i32.and(n.get, i32.const(1))),
  );
