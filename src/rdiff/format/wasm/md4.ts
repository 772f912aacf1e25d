/**
 * MD4 (RFC 1320) over eight blocks at once: two groups of four blocks, one block a 32-bit lane,
 * their steps interleaved because one group alone leaves the processor waiting for itself.
 */
import {
  defineFunction,
  i32,
  i32x4,
  loop,
  repeatIf,
  sequence,
  v128,
  type Code,
  type FunctionSource,
  type Local,
  type ValueType,
} from './assembler.js';
import { LANES, MESSAGE, STATE } from './layout.js';

const GROUPS = [0, 1];
const LANES_PER_GROUP = 4;
const CHUNK_BYTES = 64;
const VECTOR_BYTES = 16;

/** Message words and shifts of the three rounds, RFC 1320 section 3.4. */
const ROUNDS = [
  {
    words: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
    shifts: [3, 7, 11, 19],
    constant: 0,
  },
  {
    words: [0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15],
    shifts: [3, 5, 9, 13],
    constant: 0x5a827999,
  },
  {
    words: [0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15],
    shifts: [3, 9, 11, 15],
    constant: 0x6ed9eba1,
  },
] as const;

/** The round's function of three words: choose, majority, parity. */
const mix: readonly ((b: Code, c: Code, d: Code) => Code)[] = [
  (b, c, d) => v128.xor(d, v128.and(b, v128.xor(c, d))),
  (b, c, d) => v128.or(v128.and(b, v128.or(c, d)), v128.and(c, d)),
  (b, c, d) => v128.xor(v128.xor(b, c), d),
];

/** Where the transposed message word of a group lies; the state is laid out alike. */
const wordOffset = (word: number, group: number): number =>
  (word * GROUPS.length + group) * VECTOR_BYTES;

const interleave32 = (half: 'low' | 'high'): number[] =>
  (half === 'low' ? [0, 1] : [2, 3]).flatMap((word) =>
    [word, word + 4].flatMap((lane) => [0, 1, 2, 3].map((byte) => lane * 4 + byte)),
  );
const interleave64 = (half: 'low' | 'high'): number[] =>
  [0, 16].flatMap((start) =>
    Array.from({ length: 8 }, (_, byte) => start + byte + (half === 'low' ? 0 : 8)),
  );

/** Four words of each of four blocks become four vectors of one word each. */
function transpose(
  group: number,
  quarter: number,
  blocks: readonly Local[],
  rows: readonly Local[],
): Code {
  const [r0, r1, r2, r3] = rows as [Local, Local, Local, Local];
  const pair = (a: Local, b: Local, half: 'low' | 'high') =>
    v128.shuffle(a.get, b.get, interleave32(half));
  const loads = blocks.map((block, lane) =>
    (rows[lane] as Local).set(v128.load(block.get, quarter * VECTOR_BYTES)),
  );
  const halves = (['low', 'high'] as const).flatMap((half, h) => {
    const [left, right] = [rows[4], rows[5]] as [Local, Local];
    return [
      left.set(pair(r0, r1, half)),
      right.set(pair(r2, r3, half)),
      ...(['low', 'high'] as const).map((part, p) =>
        v128.store(
          i32.const(0),
          v128.shuffle(left.get, right.get, interleave64(part)),
          MESSAGE + wordOffset(quarter * 4 + h * 2 + p, group),
        ),
      ),
    ];
  });
  return sequence(...loads, ...halves);
}

/** A group of blocks: its number, its state of four words, and room for a sum. */
interface Group {
  readonly number: number;
  readonly state: readonly Local[];
  readonly sum: Local;
}

/** One step for one group: `a = (a + f(b, c, d) + message + constant) <<< shift`. */
function step(round: number, index: number, { number, state, sum }: Group): Code {
  const { words, shifts, constant } = ROUNDS[round] as (typeof ROUNDS)[number];
  const at = (offset: number): Local => state[(offset + 16 - index) % 4] as Local;
  const [a, b, c, d] = [at(0), at(1), at(2), at(3)];
  const message = v128.load(i32.const(0), MESSAGE + wordOffset(words[index] as number, number));
  const keyed =
    constant === 0 ? message : i32x4.add(message, i32x4.const(Array(4).fill(constant) as number[]));
  const shift = shifts[index % 4] as number;
  const value = i32x4.add(
    i32x4.add(a.get, keyed),
    (mix[round] as (typeof mix)[number])(b.get, c.get, d.get),
  );
  return sequence(
    sum.set(value),
    a.set(
      v128.or(i32x4.shl(sum.get, i32.const(shift)), i32x4.shrU(sum.get, i32.const(32 - shift))),
    ),
  );
}

const eachWord = (act: (group: number, word: number) => Code): Code =>
  sequence(...GROUPS.flatMap((group) => [0, 1, 2, 3].map((word) => act(group, word))));

/**
 * `md4Absorb(chunks)`: takes `chunks` (at least one) chunks of 64 bytes from every lane's address
 * into its state, and moves the addresses behind them.
 */
export function md4Absorb(): FunctionSource {
  return defineFunction('md4Absorb', 1, 'none', ([chunks], local) => {
    const remaining = chunks as Local;
    const locals = (count: number, type: ValueType) =>
      Array.from({ length: count }, () => local(type));
    const blocks = locals(GROUPS.length * LANES_PER_GROUP, 'i32');
    const groups = GROUPS.map((number): Group => ({
      number,
      state: locals(4, 'v128'),
      sum: local('v128'),
    }));
    const rows = locals(6, 'v128');
    const word = (group: number, index: number): Local =>
      (groups[group] as Group).state[index] as Local;
    const laneBlocks = (group: number) =>
      blocks.slice(group * LANES_PER_GROUP, (group + 1) * LANES_PER_GROUP);
    const saved = (group: number, index: number): Code =>
      v128.load(i32.const(0), STATE + wordOffset(index, group));
    const save = eachWord((group, index) =>
      v128.store(i32.const(0), word(group, index).get, STATE + wordOffset(index, group)),
    );
    const steps = [0, 1, 2].flatMap((round) =>
      Array.from({ length: 16 }, (_, index) => index).flatMap((index) =>
        groups.map((group) => step(round, index, group)),
      ),
    );
    return sequence(
      ...blocks.map((block, lane) => block.set(i32.load(i32.const(0), LANES + 4 * lane))),
      eachWord((group, index) => word(group, index).set(saved(group, index))),
      loop(
        ...GROUPS.flatMap((group) =>
          [0, 1, 2, 3].map((quarter) => transpose(group, quarter, laneBlocks(group), rows)),
        ),
        ...steps,
        eachWord((group, index) =>
          word(group, index).set(i32x4.add(word(group, index).get, saved(group, index))),
        ),
        save,
        ...blocks.map((block) => block.set(i32.add(block.get, i32.const(CHUNK_BYTES)))),
        repeatIf(remaining.tee(i32.sub(remaining.get, i32.const(1)))),
      ),
      ...blocks.map((block, lane) => i32.store(i32.const(0), block.get, LANES + 4 * lane)),
    );
  });
}
