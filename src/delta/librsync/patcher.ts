/** Delta in, new file out, against a basis that can be read anywhere. */
import { CodedError } from '../../errors.js';
import { DeltaReader } from './delta-reader.js';
import type { InstructionSink } from './instructions.js';
import type { InstructionCounts } from './statistics.js';

/** A basis: any of its bytes, by position. */
export interface Basis {
  /**
   * Up to `length` bytes from `position`; at least one unless the basis ends there. They need to be
   * good only until the next call.
   */
  read(position: number, length: number): Uint8Array;
}

/** A basis in memory. */
export const memoryBasis = (bytes: Uint8Array): Basis => ({
  read: (position, length) => bytes.subarray(position, position + length),
});

/** What a patch may do. */
export interface PatchLimits {
  /**
   * The most bytes that the result may have. The format names no size, and a few bytes of delta can
   * ask for terabytes: set it whenever the size is known or the delta is not trusted.
   */
  readonly maxOutput?: number;
}

/** Applies a delta incrementally: {@link update} with its pieces, then {@link finish}. */
export class Patcher {
  private readonly reader: DeltaReader;
  private readonly basis: Basis;
  private readonly write: (bytes: Uint8Array) => void;
  private readonly maxOutput: number;
  private produced = 0;

  /** @param write takes the new file in order; pieces are good only during the call. */
  constructor(basis: Basis, write: (bytes: Uint8Array) => void, limits: PatchLimits = {}) {
    this.basis = basis;
    this.write = write;
    this.maxOutput = limits.maxOutput ?? Infinity;
    const sink: InstructionSink = {
      copy: (position, length) => this.copy(position, length),
      literal: (bytes) => this.literal(bytes),
    };
    this.reader = new DeltaReader(sink);
  }

  get counts(): Readonly<InstructionCounts> {
    return this.reader.counts;
  }

  /** Bytes of new file so far. */
  get length(): number {
    return this.produced;
  }

  get trailingBytes(): number {
    return this.reader.trailingBytes;
  }

  /**
   * Takes the next piece of the delta.
   * @throws RDIFF_BAD_MAGIC, RDIFF_CORRUPT; RDIFF_INPUT_ENDED when a copy reaches beyond the basis;
   * RDIFF_OUTPUT_LIMIT
   */
  update(delta: Uint8Array): void {
    this.reader.update(delta);
  }

  /** @throws RDIFF_INPUT_ENDED when the delta is not complete */
  finish(): void {
    this.reader.finish();
  }

  private literal(bytes: Uint8Array): void {
    this.claim(bytes.length);
    this.write(bytes);
  }

  private copy(position: number, length: number): void {
    this.claim(length);
    for (let done = 0; done < length;) {
      const piece = this.basis.read(position + done, length - done);
      if (piece.length === 0) {
        throw new CodedError(
          'RDIFF_INPUT_ENDED',
          `The delta copies ${length} bytes from ${position}; the basis ends at ${position + done}`,
          { hint: 'This delta was made for another basis, or the basis has changed since.' },
        );
      }
      this.write(piece);
      done += piece.length;
    }
  }

  private claim(length: number): void {
    this.produced += length;
    if (this.produced <= this.maxOutput) return;
    throw new CodedError(
      'RDIFF_OUTPUT_LIMIT',
      `The delta makes more than ${this.maxOutput} bytes, the most allowed here`,
      { hint: 'Raise the limit if the result is expected to be that large.' },
    );
  }
}
