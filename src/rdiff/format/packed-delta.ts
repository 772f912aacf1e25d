/**
 * A delta whose literals are compressed, with what was matched before them as context: what is new in a
 * file looks like what is around it. The format is librsync's with another magic and one command more:
 *
 * - magic `vrz1` (0x76727a31)
 * - commands of a delta; and 0x55, a compressed literal: its length (4 bytes), the length of what follows
 *   (4), and raw deflate, whose dictionary is the new file's last 32 KiB before the literal
 * - END
 *
 * Both ways need the basis, which a delta's receiver has.
 */
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { count } from '../../platform/count.js';
import { CodedError } from '../../errors.js';
import { ByteBuilder, readUint, readUint32, writeUint } from './bytes.js';
import { DeltaReader, parameterBytes } from './delta-reader.js';
import { expectBytes, expectOptions } from './expect.js';
import { InstructionWriter } from './instruction-writer.js';
import {
  MAGIC_BYTES,
  MAX_IMMEDIATE_LITERAL,
  OPCODE_COPY_N1_N1,
  OPCODE_END,
  OPCODE_RESERVED,
  type InstructionSink,
} from './instructions.js';
import { badMagic, DELTA_MAGIC } from './kinds.js';
import { beyondBasis, type PatchLimits } from './patcher.js';
import { DEFAULT_MAX_OUTPUT } from './whole.js';

const PACKED_MAGIC = 0x76727a31;
const OPCODE_PACKED = OPCODE_RESERVED;
/** Of a compressed literal: opcode and two lengths. */
const PACKED_HEADER_BYTES = 9;
/** What deflate looks back. */
const CONTEXT_BYTES = 32 * 1024;
/** Literals are compressed in pieces of this length. */
const MAX_PIECE_BYTES = 1024 * 1024;
const LEVEL = 9;

/**
 * The delta with its literals compressed, as pysync's deltas have them.
 * @throws CodedError RDIFF_INPUT_ENDED, RDIFF_BAD_MAGIC, RDIFF_CORRUPT, RDIFF_PARAMETER
 */
export function packDelta(basis: Uint8Array, delta: Uint8Array): Uint8Array {
  expectBytes('The basis', basis);
  expectBytes('The delta', delta);
  const packer = new Packer(basis);
  const reader = new DeltaReader(packer);
  reader.update(delta);
  reader.finish();
  return packer.finish();
}

/**
 * The delta that was packed, in librsync's format: to be applied to the basis that it was packed with.
 * Its literals have at most `maxOutput` bytes (1 GiB unless told otherwise).
 * @throws CodedError RDIFF_INPUT_ENDED, RDIFF_BAD_MAGIC, RDIFF_CORRUPT, RDIFF_OUTPUT_LIMIT, RDIFF_PARAMETER
 */
export function unpackDelta(
  basis: Uint8Array,
  packed: Uint8Array,
  limits: PatchLimits = {},
): Uint8Array {
  expectBytes('The basis', basis);
  expectBytes('The packed delta', packed);
  expectOptions(limits);
  const unpacker = new Unpacker(basis, packed, limits.maxOutput ?? DEFAULT_MAX_OUTPUT);
  return unpacker.run();
}

/** The last bytes of the new file. */
class Context {
  private readonly basis: Uint8Array;
  private readonly bytes = Buffer.alloc(2 * CONTEXT_BYTES);
  private length = 0;

  constructor(basis: Uint8Array) {
    this.basis = basis;
  }

  view(): Buffer {
    return this.bytes.subarray(Math.max(0, this.length - CONTEXT_BYTES), this.length);
  }

  push(added: Uint8Array): void {
    const last = added.subarray(Math.max(0, added.length - CONTEXT_BYTES));
    if (this.length + last.length > this.bytes.length) {
      const kept = this.view();
      this.bytes.copyWithin(0, this.length - kept.length, this.length);
      this.length = kept.length;
    }
    this.bytes.set(last, this.length);
    this.length += last.length;
  }

  /** @throws CodedError RDIFF_INPUT_ENDED when the basis does not have them */
  copy(position: number, length: number): void {
    const end = position + length;
    if (end > this.basis.length) throw beyondBasis(position, length, this.basis.length);
    this.push(this.basis.subarray(Math.max(position, end - CONTEXT_BYTES), end));
  }
}

class Packer implements InstructionSink {
  private readonly output = new ByteBuilder();
  private readonly writer = new InstructionWriter(this.output, PACKED_MAGIC);
  private readonly context: Context;
  private readonly literals = new ByteBuilder();

  constructor(basis: Uint8Array) {
    this.context = new Context(basis);
  }

  copy(position: number, length: number): void {
    this.flush();
    this.writer.copy(position, length);
    this.context.copy(position, length);
  }

  literal(bytes: Uint8Array): void {
    for (let taken = 0; taken < bytes.length;) {
      const piece = bytes.subarray(taken, taken + MAX_PIECE_BYTES - this.literals.length);
      this.literals.push(piece);
      taken += piece.length;
      if (this.literals.length === MAX_PIECE_BYTES) this.flush();
    }
  }

  finish(): Uint8Array {
    this.flush();
    this.writer.finish();
    return this.output.take();
  }

  /** Compressed where that is shorter. */
  private flush(): void {
    if (this.literals.length === 0) return;
    const raw = this.literals.take();
    const dictionary = this.context.view();
    const stored = deflateRawSync(raw, {
      level: LEVEL,
      ...(dictionary.length > 0 && { dictionary }),
    });
    this.context.push(raw);
    if (stored.length + PACKED_HEADER_BYTES >= raw.length) {
      this.writer.literal(raw);
      return;
    }
    this.writer.flush();
    const { bytes, offset } = this.output.append(PACKED_HEADER_BYTES);
    bytes[offset] = OPCODE_PACKED;
    writeUint(bytes, writeUint(bytes, offset + 1, 4, raw.length), 4, stored.length);
    this.output.push(stored);
  }
}

class Unpacker implements InstructionSink {
  private readonly packed: Uint8Array;
  private readonly output = new ByteBuilder();
  private readonly writer = new InstructionWriter(this.output);
  private readonly context: Context;
  private readonly maxOutput: number;
  private literalBytes = 0;
  private at = 0;

  constructor(basis: Uint8Array, packed: Uint8Array, maxOutput: number) {
    this.packed = packed;
    this.context = new Context(basis);
    this.maxOutput = maxOutput;
  }

  run(): Uint8Array {
    const magic = readUint32(this.next(MAGIC_BYTES), 0);
    if (magic !== PACKED_MAGIC) {
      throw badMagic('packed delta', magic, `0x${PACKED_MAGIC.toString(16)}`);
    }
    const reader = new DeltaReader(this);
    const start = Buffer.alloc(MAGIC_BYTES);
    start.writeUInt32BE(DELTA_MAGIC);
    reader.update(start);
    for (;;) {
      const [opcode = OPCODE_END] = this.next(1);
      if (opcode === OPCODE_END) break;
      if (opcode === OPCODE_PACKED) this.literal(this.inflate());
      else this.command(reader, opcode);
    }
    this.writer.finish();
    return this.output.take();
  }

  copy(position: number, length: number): void {
    this.context.copy(position, length);
    this.writer.copy(position, length);
  }

  literal(bytes: Uint8Array): void {
    this.literalBytes += bytes.length;
    if (this.literalBytes > this.maxOutput) {
      throw new CodedError(
        'RDIFF_OUTPUT_LIMIT',
        `The delta has more than ${count(this.maxOutput, 'byte')} of literals, the most allowed here`,
        { hint: 'Raise the limit if the result is expected to be that large.' },
      );
    }
    this.writer.literal(bytes);
    this.context.push(bytes);
  }

  /** A command as any delta has it, which the reader checks. */
  private command(reader: DeltaReader, opcode: number): void {
    const parameters = this.next(parameterBytes(opcode));
    reader.update(Uint8Array.of(opcode, ...parameters));
    if (opcode >= OPCODE_COPY_N1_N1) return;
    const isShort = opcode <= MAX_IMMEDIATE_LITERAL;
    const length = isShort ? opcode : readUint(parameters, 0, parameters.length);
    reader.update(this.next(length));
  }

  private inflate(): Uint8Array {
    const header = this.next(PACKED_HEADER_BYTES - 1);
    const length = readUint32(header, 0);
    const stored = this.next(readUint32(header, 4));
    if (length === 0 || length > MAX_PIECE_BYTES) throw corrupt();
    const dictionary = this.context.view();
    try {
      const raw = inflateRawSync(stored, {
        maxOutputLength: length,
        ...(dictionary.length > 0 && { dictionary }),
      });
      if (raw.length === length) return raw;
    } catch (cause) {
      throw corrupt(cause);
    }
    throw corrupt();
  }

  private next(length: number): Uint8Array {
    const bytes = this.packed.subarray(this.at, this.at + length);
    if (bytes.length < length) {
      throw new CodedError(
        'RDIFF_INPUT_ENDED',
        `The packed delta ends at ${this.packed.length}, within a command`,
        { hint: 'It was cut off: make it again.' },
      );
    }
    this.at += length;
    return bytes;
  }
}

function corrupt(cause?: unknown): CodedError {
  return new CodedError('RDIFF_CORRUPT', 'A compressed literal of the delta cannot be read', {
    hint: 'The delta is damaged, or this is not the basis that it was packed with.',
    ...(cause !== undefined && { cause }),
  });
}
