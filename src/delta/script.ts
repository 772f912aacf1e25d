/**
 * The instructions of one delta, or of several composed, decoded into columns. Literals stay where
 * they are and are named by delta and position, so composing moves no literal byte.
 */
import { CodedError } from '../errors.js';
import type { Delta } from './delta.js';
import { PairWriter, readPairs, type Streams } from './pairs.js';

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
        hint: 'Apply the deltas one by one instead.',
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
      literals.set(literalsOf(deltas, origin).subarray(start, start + length), filled);
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

function literalsOf(deltas: readonly Delta[], origin: number): Uint8Array {
  const delta = deltas[origin];
  if (delta === undefined) throw new Error('a piece names a delta that is not there');
  return delta.literals;
}
