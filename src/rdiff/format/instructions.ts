/**
 * The two instructions of a delta, and their encoding. A stream is the delta magic, then commands,
 * then END; parameters are big-endian, and their widths are part of the opcode.
 */

/** Takes the instructions that rebuild a file from a basis, in order. */
export interface InstructionSink {
  /** Take `length` bytes of the basis from `position`. */
  copy(position: number, length: number): void;
  /** Take these bytes; they are good only during the call. */
  literal(bytes: Uint8Array): void;
}

export const OPCODE_END = 0x00;
/** Opcodes from 1 to this are literals of that length. */
export const MAX_IMMEDIATE_LITERAL = 0x40;
/** LITERAL_N1: a length of one byte follows; then N2, N4, N8. */
export const OPCODE_LITERAL_N1 = 0x41;
/** COPY_N1_N1; position widths count in steps of four, length widths in steps of one. */
export const OPCODE_COPY_N1_N1 = 0x45;
/** From here on opcodes are reserved. */
export const OPCODE_RESERVED = 0x55;
/** The widths that an opcode can name, bytes. */
export const WIDTHS = [1, 2, 4, 8] as const;
/** An opcode with two parameters of 8 bytes. */
export const MAX_COMMAND_BYTES = 17;
export const MAGIC_BYTES = 4;

/** A literal is cut at the most that a length of two bytes can say. */
export const MAX_LITERAL = 0xffff;

/** Index into {@link WIDTHS} of the smallest width that holds `value`. */
export function widthIndex(value: number): number {
  if (value <= 0xff) return 0;
  if (value <= 0xffff) return 1;
  return value <= 0xffff_ffff ? 2 : 3;
}
