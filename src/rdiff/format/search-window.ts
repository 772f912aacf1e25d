/**
 * Where a search stands in the new file: what it has, the window in question, and the literals
 * before it that are still to be given away.
 */
import { InputBuffer } from './input-buffer.js';
import { MAX_LITERAL, type InstructionSink } from './instructions.js';
import type { Kernel } from './wasm/kernel.js';

/** A window over input that arrives in pieces. Addresses are those of the kernel's memory. */
export class SearchWindow {
  /** Where the window begins; what was taken in before it and not given away is literal. */
  start: number;
  private readonly input: InputBuffer;
  private sink: InstructionSink = { copy: () => undefined, literal: () => undefined };
  /** Bytes of the new file given away as instructions. */
  private given = 0;

  /** @param ahead input to hold beyond one window of `blockLength` bytes. */
  constructor(kernel: Kernel, blockLength: number, ahead: number) {
    this.input = new InputBuffer(kernel, MAX_LITERAL + blockLength + ahead);
    this.start = this.input.start;
  }

  /** Forgets all, and gives instructions to `sink` from now on. */
  restart(sink: InstructionSink): void {
    this.sink = sink;
    this.given = 0;
    this.input.drop(this.input.length);
    this.start = this.input.start;
  }

  /** Behind the last byte of input. */
  get end(): number {
    return this.input.end;
  }

  /** Bytes of the new file before the window. */
  get position(): number {
    return this.given + this.start - this.input.start;
  }

  /** The input from the window's start on. */
  rest(): Uint8Array {
    return this.input.view(this.start, this.end);
  }

  room(): Uint8Array {
    const literals = this.start - this.input.start;
    const room = this.input.room();
    this.start = this.input.start + literals;
    return room;
  }

  filled(length: number): void {
    this.input.filled(length);
  }

  /** Gives the literals before the window, then a copy of `length` bytes in place of the window. */
  copy(basisPosition: number, length: number): void {
    this.giveLiterals();
    this.sink.copy(basisPosition, length);
    this.start += length;
    this.forget(length);
  }

  /** Gives the bytes before the window as literals. */
  giveLiterals(): void {
    this.giveWholeLiterals();
    this.giveLiteral(this.start - this.input.start);
  }

  /** Passes literals on only in pieces of full length, so that how the input was cut does not show. */
  giveWholeLiterals(): void {
    while (this.start - this.input.start >= MAX_LITERAL) this.giveLiteral(MAX_LITERAL);
  }

  private giveLiteral(length: number): void {
    if (length === 0) return;
    const { start } = this.input;
    this.sink.literal(this.input.view(start, start + length));
    this.forget(length);
  }

  /** Drops input before the window, which stays on its byte while addresses may change. */
  private forget(length: number): void {
    const literals = this.start - this.input.start - length;
    this.input.drop(length);
    this.given += length;
    this.start = this.input.start + literals;
  }
}
