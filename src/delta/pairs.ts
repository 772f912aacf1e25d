/**
 * The instruction streams of a delta, read and written: the only place that knows how pairs of
 * LITERAL and COPY are spelled, and that enforces what `docs/delta-format.md` demands of a decoder.
 */
import type { Delta } from './delta.js';
import { ByteWriter, corrupt, readVarint, unzigzag, zigzag, type Cursor } from './varint.js';

/** Called with each instruction pair: both lengths, and where the copy starts in the basis. */
type OnPair = (literalLength: number, copyLength: number, copyStart: number) => void;

/**
 * Reads the instruction streams and enforces every rule that needs neither basis nor literals'
 * content: well-formed numbers, one spelling, no empty run, lengths that add up to the literals
 * held and the target promised. `onPair` gets a copy length of 0 for a literal at the very end.
 *
 * @throws CodedError DELTA_CORRUPT
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
