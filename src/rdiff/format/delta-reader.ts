/** Delta bytes in, instructions out: in pieces of any size, nothing allocated on a declared length. */
import { CodedError } from '../../errors.js';
import { count } from '../../platform/count.js';
import { readUint, readUint32 } from './bytes.js';
import { expectBytes, expectFunctions } from './expect.js';
import {
  MAGIC_BYTES,
  MAX_COMMAND_BYTES,
  MAX_IMMEDIATE_LITERAL,
  OPCODE_COPY_N1_N1,
  OPCODE_END,
  OPCODE_LITERAL_N1,
  OPCODE_RESERVED,
  WIDTHS,
  type InstructionSink,
} from './instructions.js';
import { badMagic, DELTA_MAGIC } from './kinds.js';
import { emptyCounts, type InstructionCounts } from './statistics.js';

const corrupt = (message: string): CodedError =>
  new CodedError('RDIFF_CORRUPT', message, { hint: 'The delta is damaged: make it again.' });

/** The most bytes that a length or a position may have: what a double counts exactly. */
const MAX_NUMBER = Number.MAX_SAFE_INTEGER;

const width = (index: number): number => WIDTHS[index] as number;
const copyWidths = (opcode: number): { readonly position: number; readonly length: number } => ({
  position: width((opcode - OPCODE_COPY_N1_N1) >> 2),
  length: width((opcode - OPCODE_COPY_N1_N1) & 3),
});

/** Bytes of parameters behind an opcode. @throws CodedError RDIFF_CORRUPT for reserved opcodes */
export function parameterBytes(opcode: number): number {
  if (opcode <= MAX_IMMEDIATE_LITERAL) return 0;
  if (opcode < OPCODE_COPY_N1_N1) return width(opcode - OPCODE_LITERAL_N1);
  if (opcode >= OPCODE_RESERVED) {
    throw corrupt(`The delta has the reserved command 0x${opcode.toString(16)}`);
  }
  const { position, length } = copyWidths(opcode);
  return position + length;
}

/** Reads a delta incrementally and passes its instructions on; literals in the pieces they come in. */
export class DeltaReader {
  readonly counts: InstructionCounts = emptyCounts();
  /** Bytes behind END, which librsync ignores, too. */
  trailingBytes = 0;
  private readonly sink: InstructionSink;
  /** The magic, or a command of which not all bytes are here. */
  private readonly partial = new Uint8Array(MAX_COMMAND_BYTES);
  private partialLength = 0;
  private literalRest = 0;
  private state: 'magic' | 'commands' | 'ended' = 'magic';

  /** @param sink its copies are checked only for a positive length, not against a basis. */
  constructor(sink: InstructionSink) {
    expectFunctions('The sink', sink, ['copy', 'literal']);
    this.sink = sink;
  }

  /** Takes the next piece. @throws CodedError RDIFF_BAD_MAGIC, RDIFF_CORRUPT, and whatever the sink throws */
  update(bytes: Uint8Array): void {
    expectBytes('The piece', bytes);
    for (let at = 0; at < bytes.length;) {
      if (this.state === 'ended') {
        this.trailingBytes += bytes.length - at;
        return;
      }
      at += this.literalRest > 0 ? this.takeLiteral(bytes, at) : this.takeCommandByte(bytes, at);
    }
  }

  /** To be called at the end of the delta. @throws CodedError RDIFF_INPUT_ENDED when its END is missing */
  finish(): void {
    if (this.state === 'ended') return;
    throw new CodedError('RDIFF_INPUT_ENDED', 'The delta stops before its END command', {
      hint: 'The delta was cut off: make it again.',
    });
  }

  private takeLiteral(bytes: Uint8Array, at: number): number {
    const piece = bytes.subarray(at, at + Math.min(this.literalRest, bytes.length - at));
    this.literalRest -= piece.length;
    this.sink.literal(piece);
    return piece.length;
  }

  /** Collects one byte of magic or command, and acts when that is complete. */
  private takeCommandByte(bytes: Uint8Array, at: number): number {
    this.partial[this.partialLength++] = bytes[at] as number;
    const wanted =
      this.state === 'magic' ? MAGIC_BYTES : 1 + parameterBytes(this.partial[0] as number);
    if (this.partialLength === wanted) {
      this.partialLength = 0;
      if (this.state === 'magic') this.checkMagic();
      else this.command(wanted);
    }
    return 1;
  }

  private checkMagic(): void {
    const magic = readUint32(this.partial, 0);
    if (magic !== DELTA_MAGIC) throw badMagic('delta', magic, `0x${DELTA_MAGIC.toString(16)}`);
    this.state = 'commands';
  }

  private command(size: number): void {
    const opcode = this.partial[0] as number;
    if (opcode === OPCODE_END) this.state = 'ended';
    else if (opcode < OPCODE_COPY_N1_N1) this.literal(opcode, size);
    else this.copy(copyWidths(opcode), size);
  }

  private literal(opcode: number, size: number): void {
    const length = opcode <= MAX_IMMEDIATE_LITERAL ? opcode : this.number(1, size - 1, 'literal');
    this.counts.literalCommands++;
    this.counts.literalBytes += length;
    this.counts.literalCommandBytes += size;
    this.literalRest = length;
  }

  private copy(widths: { readonly position: number; readonly length: number }, size: number): void {
    const position = readUint(this.partial, 1, widths.position);
    const length = this.number(1 + widths.position, widths.length, 'copy');
    if (position + length > MAX_NUMBER) {
      throw corrupt(
        `The delta copies ${count(length, 'byte')} from ${position}, which no file has`,
      );
    }
    this.counts.copyCommands++;
    this.counts.copyBytes += length;
    this.counts.copyCommandBytes += size;
    this.sink.copy(position, length);
  }

  /** A length parameter: from 1 to what counts exactly. */
  private number(offset: number, bytes: number, command: string): number {
    const value = readUint(this.partial, offset, bytes);
    if (value === 0 || value > MAX_NUMBER) {
      throw corrupt(`The delta has a ${command} command with the invalid length ${value}`);
    }
    return value;
  }
}
