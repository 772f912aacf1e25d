/**
 * Input waiting inside a kernel's memory. It takes pieces of any size, hands whole stretches to the
 * kernels, and grows only as input really arrives: a length that a stream declares costs nothing.
 */
import { expectBytes } from './expect.js';
import type { Kernel } from './wasm/kernel.js';

const FIRST_CAPACITY = 1024 * 1024;

/** Must be the last area reserved in its kernel. */
export class InputBuffer {
  /** Address of the first byte held. */
  start: number;
  /** Address behind the last byte held. */
  end: number;
  private readonly kernel: Kernel;
  private readonly limit: number;
  private readonly base: number;
  private capacity: number;

  /** @param limit the most bytes that will have to be held at once. */
  constructor(kernel: Kernel, limit: number) {
    this.kernel = kernel;
    this.limit = limit;
    this.capacity = Math.min(FIRST_CAPACITY, limit);
    this.base = kernel.reserve(this.capacity);
    this.start = this.base;
    this.end = this.base;
  }

  /** Bytes held. */
  get length(): number {
    return this.end - this.start;
  }

  /**
   * Free memory behind the input, at least one byte: write there and call {@link filled}. The
   * addresses of what is held may change; the view is good until the next call.
   */
  room(): Uint8Array {
    if (this.end === this.base + this.capacity) this.makeRoom();
    return this.kernel.bytes.subarray(this.end, this.base + this.capacity);
  }

  filled(length: number): void {
    this.end += length;
  }

  /** Forgets the first `length` bytes. */
  drop(length: number): void {
    this.start += length;
    if (this.start === this.end) this.start = this.end = this.base;
  }

  /** The bytes from one address to another, without a copy. */
  view(from: number, to: number): Uint8Array {
    return this.kernel.bytes.subarray(from, to);
  }

  private makeRoom(): void {
    const held = this.length;
    if (this.start > this.base) {
      this.kernel.bytes.copyWithin(this.base, this.start, this.end);
      this.start = this.base;
      this.end = this.base + held;
    }
    if (held > this.capacity / 2 && this.capacity < this.limit) {
      this.capacity = Math.min(this.limit, this.capacity * 2);
      this.kernel.extendLast(this.base, this.capacity);
    }
    if (this.end === this.base + this.capacity) throw new Error('The input buffer overflows');
  }
}

/** Anything that takes input straight into its own memory. */
export interface Fillable {
  room(): Uint8Array;
  filled(length: number): void;
}

/** Feeds `bytes` to `consumer`, a roomful at a time. */
export function fill(consumer: Fillable, bytes: Uint8Array): void {
  expectBytes('The piece', bytes);
  for (let taken = 0; taken < bytes.length;) {
    const room = consumer.room();
    const piece = bytes.subarray(taken, taken + room.length);
    room.set(piece);
    taken += piece.length;
    consumer.filled(piece.length);
  }
}
