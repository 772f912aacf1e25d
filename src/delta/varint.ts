/**
 * The numbers of the delta format: unsigned varints (seven bits a byte, least significant first,
 * top bit set while more follow) and zigzag for signed ones. Arithmetic instead of shifts, because
 * lengths and offsets reach 2^53 and JavaScript's shifts stop at 2^32.
 */
import { CodedError } from '../errors.js';

/** The longest varint of a safe integer: 53 bits at seven a byte. */
const MAX_VARINT_BYTES = 8;

/** A reader's place in a stream of varints. */
export interface Cursor {
  readonly bytes: Uint8Array;
  /** Offset of the next byte to read. */
  position: number;
}

/** Bytes that grow as they are written. */
export class ByteWriter {
  #bytes: Buffer;
  #length = 0;

  constructor(capacity = 256) {
    this.#bytes = Buffer.allocUnsafe(capacity);
  }

  /** Appends the varint of `value`, a safe integer not below zero. */
  varint(value: number): void {
    this.#reserve(MAX_VARINT_BYTES);
    let rest = value;
    while (rest >= 0x80) {
      const high = Math.floor(rest / 0x80);
      this.#bytes[this.#length++] = rest - high * 0x80 + 0x80;
      rest = high;
    }
    this.#bytes[this.#length++] = rest;
  }

  /** Appends `bytes` as they are. */
  bytes(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** What was written, without a copy; the writer must not be used afterwards. */
  finish(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  #reserve(count: number): void {
    if (this.#length + count <= this.#bytes.length) return;
    const grown = Buffer.allocUnsafe(this.#bytes.length * 2 + count);
    this.#bytes.copy(grown, 0, 0, this.#length);
    this.#bytes = grown;
  }
}

/**
 * Reads one varint. Each number has exactly one spelling: a varint that ends in a zero byte (longer
 * than needed), runs past the end, or exceeds 2^53 - 1 is refused with `DELTA_CORRUPT`.
 */
export function readVarint(cursor: Cursor): number {
  const { bytes } = cursor;
  const first = bytes[cursor.position];
  if (first !== undefined && first < 0x80) {
    cursor.position += 1;
    return first;
  }
  return readLongVarint(cursor);
}

function readLongVarint(cursor: Cursor): number {
  let value = 0;
  let weight = 1;
  for (let i = 0; i < MAX_VARINT_BYTES; i += 1) {
    const byte = cursor.bytes[cursor.position + i];
    if (byte === undefined) throw corrupt('a number runs past the end of its stream');
    value += (byte % 0x80) * weight;
    weight *= 0x80;
    if (byte >= 0x80) continue;
    if (byte === 0 && i > 0) throw corrupt('a number is written longer than it needs to be');
    if (!Number.isSafeInteger(value)) break;
    cursor.position += i + 1;
    return value;
  }
  throw corrupt('a number exceeds 2^53 - 1');
}

/**
 * Folds the sign of an offset into its lowest bit: 0, -1, 1, -2 ... become 0, 1, 2, 3 ...
 * Holds for |value| up to 2^52 - 1, which every offset between positions of real texts satisfies.
 */
export function zigzag(value: number): number {
  return value < 0 ? -2 * value - 1 : 2 * value;
}

/** The inverse of {@link zigzag}. */
export function unzigzag(value: number): number {
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
}

/** The failure of every malformed delta; `what` completes "The delta is malformed: ...". */
export function corrupt(what: string): CodedError {
  return new CodedError('DELTA_CORRUPT', `The delta is malformed: ${what}.`, {
    hint: 'The stored bytes are damaged or are not a delta; run `varve verify`.',
  });
}
