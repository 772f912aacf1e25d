/**
 * A small WebAssembly assembler: just the instructions that the kernels of this folder use.
 *
 * Kernels are written as TypeScript functions that return instruction bytes, so that unrolling a
 * round is an ordinary loop, and neither users nor the build need a second toolchain. An operation
 * takes the code of its operands and returns their code followed by its own (what the
 * specification calls folded instructions).
 *
 * Source: WebAssembly Core Specification 2.0, chapter 5 (binary format).
 */

/** Instructions, as the bytes of their encoding. */
export type Code = readonly number[];

/** A value type of WebAssembly. */
export type ValueType = 'i32' | 'i64' | 'v128';

const VALUE_TYPES: Readonly<Record<ValueType, number>> = { i32: 0x7f, i64: 0x7e, v128: 0x7b };
const END = 0x0b;
const VOID = 0x40;
const SIMD_PREFIX = 0xfd;

/** LEB128 of an unsigned integer below 2^32. */
function unsigned(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  while (rest > 0x7f) {
    bytes.push((rest % 0x80) | 0x80);
    rest = Math.floor(rest / 0x80);
  }
  return [...bytes, rest];
}

/** LEB128 of a signed integer of at most 64 bits. */
function signed(value: bigint): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (;;) {
    const low = Number(rest & 0x7fn);
    rest >>= 7n;
    const done = (rest === 0n && low < 0x40) || (rest === -1n && low >= 0x40);
    bytes.push(done ? low : low | 0x80);
    if (done) return bytes;
  }
}

/** `concat` of many arrays at once: a dozen times faster than `flat` or spreading. */
const join = (codes: readonly Code[]): Code => ([] as number[]).concat(...codes);
const plain =
  (...opcode: number[]) =>
  (...operands: Code[]): Code =>
    join([...operands, opcode]);
const simd = (opcode: number) => plain(SIMD_PREFIX, ...unsigned(opcode));

/** A memory access at `address + offset`; `alignment` is the power of two that the encoding asks for. */
const access =
  (opcode: readonly number[], alignment: number) =>
  (address: Code, offset = 0): Code =>
    join([address, opcode, [alignment], unsigned(offset)]);
const store =
  (opcode: readonly number[], alignment: number) =>
  (address: Code, value: Code, offset = 0): Code =>
    join([address, value, opcode, [alignment], unsigned(offset)]);

export const i32 = {
  const: (value: number): Code => [0x41, ...signed(BigInt(value | 0))],
  load: access([0x28], 0),
  load8: access([0x2d], 0),
  store: store([0x36], 0),
  eqz: plain(0x45),
  eq: plain(0x46),
  ne: plain(0x47),
  ltU: plain(0x49),
  geU: plain(0x4f),
  add: plain(0x6a),
  sub: plain(0x6b),
  mul: plain(0x6c),
  and: plain(0x71),
  or: plain(0x72),
  shl: plain(0x74),
  shrU: plain(0x76),
};

export const v128 = {
  load: access([SIMD_PREFIX, 0x00], 0),
  store: store([SIMD_PREFIX, 0x0b], 0),
  /** The 64 bits at the address, in both lanes. */
  load64Splat: access([SIMD_PREFIX, 0x0a], 0),
  /** The vector with its upper 64 bits replaced by those at the address. */
  load64High: (address: Code, vector: Code, offset = 0): Code =>
    join([address, vector, [SIMD_PREFIX, 0x57, 0], unsigned(offset), [1]]),
  load64Low: access([SIMD_PREFIX, 0x5d], 0),
  const: (bytes: readonly number[]): Code => [SIMD_PREFIX, 0x0c, ...bytes],
  /** Bytes 0..15 are those of `a`, 16..31 those of `b`. */
  shuffle: (a: Code, b: Code, lanes: readonly number[]): Code =>
    join([a, b, [SIMD_PREFIX, 0x0d], lanes]),
  and: simd(0x4e),
  or: simd(0x50),
  xor: simd(0x51),
  /** Bits of `a` where `mask` is one, else bits of `b`. */
  bitselect: simd(0x52),
};

export const i8x16 = { extendLowU: simd(0x89), extendHighU: simd(0x8a) };
export const i16x8 = { add: simd(0x8e) };
export const i32x4 = {
  const: (values: readonly number[]): Code =>
    v128.const([...new Uint8Array(new Uint32Array(values).buffer)]),
  splat: simd(0x11),
  extract: (vector: Code, lane: number): Code => [...vector, SIMD_PREFIX, 0x1b, lane],
  extendLowU: simd(0xa9),
  extendHighU: simd(0xaa),
  shl: simd(0xab),
  shrU: simd(0xad),
  add: simd(0xae),
  sub: simd(0xb1),
  mul: simd(0xb5),
};
export const i64x2 = { shrU: simd(0xcd), add: simd(0xce) };

/** Several instructions, one after the other. */
export const sequence = (...codes: Code[]): Code => join(codes);
/** Leave the function with the value that `value` puts on the stack. */
export const returns = (value: Code): Code => join([value, [0x0f]]);
/** Jump to the start of the `depth`-th loop around when `condition` is not zero. */
export const repeatIf = (condition: Code, depth = 0): Code =>
  join([condition, [0x0d], unsigned(depth)]);
export const loop = (...body: Code[]): Code => join([[0x03, VOID], ...body, [END]]);
export const when = (condition: Code, ...body: Code[]): Code =>
  join([condition, [0x04, VOID], ...body, [END]]);

/** A parameter or local variable of a function under construction. */
export interface Local {
  readonly get: Code;
  readonly set: (value: Code) => Code;
  /** Set, and leave the value on the stack. */
  readonly tee: (value: Code) => Code;
}

/** What a function exports and how its body uses its locals. */
export interface FunctionSource {
  readonly name: string;
  readonly parameters: number;
  readonly body: Code;
  readonly locals: readonly ValueType[];
  /** Whether it returns an i32 (left on the stack by the body). */
  readonly returns: boolean;
}

/** Collects the locals of one function. Parameters are always i32. */
export function defineFunction(
  name: string,
  parameters: number,
  result: 'i32' | 'none',
  build: (parameters: readonly Local[], local: (type: ValueType) => Local) => Code,
): FunctionSource {
  const locals: ValueType[] = [];
  const at = (index: number): Local => {
    const number = unsigned(index);
    return {
      get: [0x20, ...number],
      set: (value) => join([value, [0x21], number]),
      tee: (value) => join([value, [0x22], number]),
    };
  };
  const body = build(
    Array.from({ length: parameters }, (_, index) => at(index)),
    (type) => at(parameters + locals.push(type) - 1),
  );
  return { name, parameters, body, locals, returns: result === 'i32' };
}

const sized = (bytes: Code): Code => join([unsigned(bytes.length), bytes]);
const vector = (items: readonly Code[]): Code => join([unsigned(items.length), ...items]);
const section = (id: number, items: readonly Code[]): Code => join([[id], sized(vector(items))]);
const text = (value: string): Code => sized([...new TextEncoder().encode(value)]);

const functionType = (source: FunctionSource): Code => [
  0x60,
  ...vector(Array.from({ length: source.parameters }, () => [VALUE_TYPES.i32])),
  ...vector(source.returns ? [[VALUE_TYPES.i32]] : []),
];
const functionBody = (source: FunctionSource): Code =>
  sized(join([vector(source.locals.map((type) => [1, VALUE_TYPES[type]])), source.body, [END]]));

/** A module that imports the memory `env.memory` and exports each function under its name. */
export function assemble(functions: readonly FunctionSource[]): Uint8Array {
  const importedMemory = [...text('env'), ...text('memory'), 0x02, 0x00, 1];
  return new Uint8Array(
    join([
      [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
      section(1, functions.map(functionType)),
      section(2, [importedMemory]),
      section(
        3,
        functions.map((_, index) => unsigned(index)),
      ),
      section(
        7,
        functions.map((source, index) => [...text(source.name), 0x00, ...unsigned(index)]),
      ),
      section(10, functions.map(functionBody)),
    ]),
  );
}
