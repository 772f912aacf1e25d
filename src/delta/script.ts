/**
 * The instructions of one delta, or of several composed, decoded into columns. Literals stay where
 * they are and are named by delta and position, so composing moves no literal byte.
 */
import type { Delta } from './delta.js';
import { ByteWriter, corrupt, readVarint, unzigzag, zigzag, type Cursor } from './varint.js';
import { CodedError } from '../errors.js';

/** The origin of a piece that is copied from the basis; literals carry the number of their delta. */
export const BASIS = -1;

/**
 * Pieces at most while composing (20 bytes each): a chain of a few hostile deltas, each copying its
 * basis twice, would otherwise ask for memory without end.
 */
const MAX_PIECES = 2 ** 24;

/** Runs of bytes that make up a target, in order: lengths, where each comes from, and its start there. */
export class Script {
  count = 0;
  lengths: Float64Array;
  starts: Float64Array;
  origins: Int32Array;

  constructor(capacity: number) {
    this.lengths = new Float64Array(capacity);
    this.starts = new Float64Array(capacity);
    this.origins = new Int32Array(capacity);
  }

  /** Appends a run; continues the last one if it is its direct continuation. */
  push(length: number, start: number, origin: number): void {
    const last = this.count - 1;
    if (last >= 0 && this.origins[last] === origin) {
      const lastLength = this.lengths[last] ?? 0;
      if ((this.starts[last] ?? 0) + lastLength === start) {
        this.lengths[last] = lastLength + length;
        return;
      }
    }
    if (this.count === this.lengths.length) this.#grow();
    this.lengths[this.count] = length;
    this.starts[this.count] = start;
    this.origins[this.count] = origin;
    this.count += 1;
  }

  #grow(): void {
    if (this.count >= MAX_PIECES) {
      throw new CodedError('DELTA_TOO_LARGE', `The composed delta has over ${MAX_PIECES} pieces.`, {
        hint: 'Apply the deltas one after the other instead.',
      });
    }
    const capacity = Math.max(16, 2 * this.count);
    this.lengths = grown(this.lengths, new Float64Array(capacity));
    this.starts = grown(this.starts, new Float64Array(capacity));
    this.origins = grown(this.origins, new Int32Array(capacity));
  }
}

function grown<T extends Float64Array | Int32Array>(from: T, to: T): T {
  to.set(from);
  return to;
}

/** Called with each instruction pair: both lengths, and where the copy starts in the basis. */
type OnPair = (literalLength: number, copyLength: number, copyStart: number) => void;

/**
 * Reads the instruction streams and enforces every rule that needs neither basis nor literals'
 * content: well-formed numbers, one spelling, no empty run, lengths that add up to the literals
 * held and the target promised. `onPair` gets a copy length of 0 for a literal at the very end.
 *
 * @throws CodedError `DELTA_CORRUPT`
 */
export function readPairs(delta: Delta, onPair: OnPair): void {
  const literals = cursor(delta.literalLengths);
  const copies = cursor(delta.copyLengths);
  const offsets = cursor(delta.copyOffsets);
  let literalBytes = 0;
  let targetBytes = 0;
  let sourceEnd = 0;
  while (hasMore(literals)) {
    const literal = readVarint(literals);
    let copy = 0;
    if (hasMore(copies)) {
      copy = readVarint(copies);
      if (copy === 0) throw corrupt('a copy is empty');
      const offset = readOffset(offsets);
      if (offset === 0 && literal === 0 && targetBytes > 0) throw corrupt('a copy is split in two');
      sourceEnd += offset;
      checkPosition(sourceEnd, copy);
    } else if (literal === 0 || hasMore(literals)) {
      throw corrupt('literal lengths without copies between them');
    }
    literalBytes += literal;
    targetBytes += literal + copy;
    if (literalBytes > delta.literals.length)
      throw corrupt('more literal bytes are used than held');
    if (targetBytes > delta.targetLength)
      throw corrupt('the instructions exceed the target length');
    onPair(literal, copy, sourceEnd);
    sourceEnd += copy;
  }
  if (hasMore(copies) || hasMore(offsets)) throw corrupt('numbers are left over');
  if (literalBytes !== delta.literals.length) throw corrupt('literal bytes are left over');
  if (targetBytes !== delta.targetLength) throw corrupt('the instructions miss the target length');
}

function cursor(bytes: Uint8Array): Cursor {
  return { bytes, position: 0 };
}

function hasMore(stream: Cursor): boolean {
  return stream.position < stream.bytes.length;
}

function readOffset(offsets: Cursor): number {
  if (!hasMore(offsets)) throw corrupt('a copy has no offset');
  return unzigzag(readVarint(offsets));
}

function checkPosition(start: number, length: number): void {
  if (start < 0) throw corrupt('a copy starts before the basis');
  if (!Number.isSafeInteger(start + length)) throw corrupt('a copy ends beyond 2^53 - 1');
}

/** The pieces of one delta; its literals are those of delta number `origin`. */
export function readScript(delta: Delta, origin: number): Script {
  // Each pair takes at least one byte of literal length: the claim of a hostile delta buys nothing.
  const script = new Script(2 * Math.min(delta.literalLengths.length, MAX_PIECES / 2));
  let literalStart = 0;
  readPairs(delta, (literal, copy, copyStart) => {
    if (literal > 0) script.push(literal, literalStart, origin);
    if (copy > 0) script.push(copy, copyStart, BASIS);
    literalStart += literal;
  });
  return script;
}

/** The four streams of a delta. */
export type Streams = Pick<Delta, 'literalLengths' | 'copyLengths' | 'copyOffsets' | 'literals'>;

/** Writes instruction pairs into streams; runs that continue each other must be merged already. */
export class PairWriter {
  readonly #literalLengths = new ByteWriter();
  readonly #copyLengths = new ByteWriter();
  readonly #copyOffsets = new ByteWriter();
  #sourceEnd = 0;

  copy(literalLength: number, copyLength: number, start: number): void {
    this.#literalLengths.varint(literalLength);
    this.#copyLengths.varint(copyLength);
    this.#copyOffsets.varint(zigzag(start - this.#sourceEnd));
    this.#sourceEnd = start + copyLength;
  }

  /** Closes the streams; `literalLength` bytes follow the last copy. */
  finish(literalLength: number, literals: Buffer): Streams {
    if (literalLength > 0) this.#literalLengths.varint(literalLength);
    return {
      literalLengths: this.#literalLengths.finish(),
      copyLengths: this.#copyLengths.finish(),
      copyOffsets: this.#copyOffsets.finish(),
      literals,
    };
  }
}

/** The streams of a script; gathers its literal bytes from the deltas that hold them. */
export function writeScript(script: Script, deltas: readonly Delta[]): Streams {
  const writer = new PairWriter();
  const literals = Buffer.allocUnsafe(literalBytes(script));
  let filled = 0;
  let pending = 0;
  for (let i = 0; i < script.count; i += 1) {
    const length = script.lengths[i] ?? 0;
    const start = script.starts[i] ?? 0;
    const origin = script.origins[i] ?? BASIS;
    if (origin === BASIS) {
      writer.copy(pending, length, start);
      pending = 0;
    } else {
      moveLiteral(deltas[origin], start, length, literals, filled);
      filled += length;
      pending += length;
    }
  }
  return writer.finish(pending, literals);
}

function literalBytes(script: Script): number {
  let sum = 0;
  for (let i = 0; i < script.count; i += 1) {
    if (script.origins[i] !== BASIS) sum += script.lengths[i] ?? 0;
  }
  return sum;
}

function moveLiteral(
  from: Delta | undefined,
  start: number,
  length: number,
  to: Buffer,
  at: number,
): void {
  if (from === undefined) throw new Error('a piece names a delta that is not there');
  to.set(from.literals.subarray(start, start + length), at);
}
