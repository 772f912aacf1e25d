/** Instructions in, delta bytes out: smallest widths, adjacent copies as one. */
import { writeUint, type ByteBuilder } from './bytes.js';
import {
  MAGIC_BYTES,
  MAX_IMMEDIATE_LITERAL,
  MAX_LITERAL,
  OPCODE_COPY_N1_N1,
  OPCODE_END,
  OPCODE_LITERAL_N1,
  widthIndex,
  WIDTHS,
  type InstructionSink,
} from './instructions.js';
import { DELTA_MAGIC } from './kinds.js';
import { emptyCounts, type InstructionCounts } from './statistics.js';

const widthOf = (index: number): number => WIDTHS[index] as number;

/** Encodes a delta into `output`; the caller empties that between calls. */
export class InstructionWriter implements InstructionSink {
  readonly counts: InstructionCounts = emptyCounts();
  private readonly output: ByteBuilder;
  private pendingPosition = 0;
  private pendingLength = 0;

  constructor(output: ByteBuilder, magic = DELTA_MAGIC) {
    this.output = output;
    const { bytes, offset } = output.append(MAGIC_BYTES);
    writeUint(bytes, offset, MAGIC_BYTES, magic);
  }

  copy(position: number, length: number): void {
    if (this.pendingLength > 0 && this.pendingPosition + this.pendingLength === position) {
      this.pendingLength += length;
      return;
    }
    this.flush();
    this.pendingPosition = position;
    this.pendingLength = length;
  }

  literal(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.flush();
    for (let start = 0; start < bytes.length; start += MAX_LITERAL) {
      const piece = bytes.subarray(start, start + MAX_LITERAL);
      this.literalHeader(piece.length);
      this.output.push(piece);
    }
  }

  /** Writes END. */
  finish(): void {
    this.flush();
    const { bytes, offset } = this.output.append(1);
    bytes[offset] = OPCODE_END;
  }

  /** Writes the copy that the next one might go on from. */
  flush(): void {
    if (this.pendingLength === 0) return;
    const position = widthIndex(this.pendingPosition);
    const length = widthIndex(this.pendingLength);
    const size = 1 + widthOf(position) + widthOf(length);
    const { bytes, offset } = this.output.append(size);
    bytes[offset] = OPCODE_COPY_N1_N1 + 4 * position + length;
    const next = writeUint(bytes, offset + 1, widthOf(position), this.pendingPosition);
    writeUint(bytes, next, widthOf(length), this.pendingLength);
    this.counts.copyCommands++;
    this.counts.copyBytes += this.pendingLength;
    this.counts.copyCommandBytes += size;
    this.pendingLength = 0;
  }

  private literalHeader(length: number): void {
    const immediate = length <= MAX_IMMEDIATE_LITERAL;
    const width = widthIndex(length);
    const size = immediate ? 1 : 1 + widthOf(width);
    const { bytes, offset } = this.output.append(size);
    bytes[offset] = immediate ? length : OPCODE_LITERAL_N1 + width;
    if (!immediate) writeUint(bytes, offset + 1, widthOf(width), length);
    this.counts.literalCommands++;
    this.counts.literalBytes += length;
    this.counts.literalCommandBytes += size;
  }
}
