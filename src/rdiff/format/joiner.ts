/**
 * Joins the instructions that several searches found for consecutive parts of one new file. A match
 * may reach from one part into the next, where the next search found something of its own: what is
 * covered already is cut off.
 */
import { MAX_LITERAL, type InstructionSink } from './instructions.js';

/** The instructions for a part, two numbers each: position in the basis or {@link LITERAL}, length. */
export type PackedInstructions = Float64Array;

/** In place of a position: the bytes are those of the new file itself. */
const LITERAL = -1;

/** Literals are read and written this many bytes at a time: whole commands. */
const LITERAL_BATCH = 16 * MAX_LITERAL;

/** Packs instructions; literals keep only their length, so that threads pass no bytes around. */
export class InstructionPacker implements InstructionSink {
  private readonly numbers: number[] = [];

  copy(position: number, length: number): void {
    this.numbers.push(position, length);
  }

  literal(bytes: Uint8Array): void {
    const { numbers } = this;
    if (numbers.at(-2) === LITERAL) numbers.push((numbers.pop() as number) + bytes.length);
    else numbers.push(LITERAL, bytes.length);
  }

  finish(): PackedInstructions {
    return Float64Array.from(this.numbers);
  }
}

/** Writes parts, which must come in order, to `sink`. */
export class InstructionJoiner {
  private readonly sink: InstructionSink;
  private readonly read: (position: number, length: number) => Uint8Array;
  /** Where in the new file the instructions written or held so far end. */
  private covered = 0;
  /** Literal bytes before {@link covered} that are still to be written. */
  private pending = 0;

  /** @param read gives bytes of the new file, all of those asked for. */
  constructor(sink: InstructionSink, read: (position: number, length: number) => Uint8Array) {
    this.sink = sink;
    this.read = read;
  }

  /** Adds the part that starts at `start` of the new file. */
  add(start: number, instructions: PackedInstructions): void {
    let at = start;
    for (let i = 0; i < instructions.length; i += 2) {
      const position = instructions[i] as number;
      const length = instructions[i + 1] as number;
      const skip = Math.min(length, Math.max(0, this.covered - at));
      if (skip < length) this.take(position, skip, length - skip);
      at += length;
    }
  }

  /** Writes the literals held back. */
  finish(): void {
    while (this.pending > 0) this.writeLiteral(Math.min(this.pending, LITERAL_BATCH));
  }

  private take(position: number, skip: number, length: number): void {
    if (position !== LITERAL) {
      this.finish();
      this.sink.copy(position + skip, length);
    }
    this.covered += length;
    if (position === LITERAL) {
      this.pending += length;
      while (this.pending >= LITERAL_BATCH) this.writeLiteral(LITERAL_BATCH);
    }
  }

  private writeLiteral(length: number): void {
    this.sink.literal(this.read(this.covered - this.pending, length));
    this.pending -= length;
  }
}
