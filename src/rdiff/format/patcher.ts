/**
 * Delta in, the steps that write the new file out. Steps are plain data, so that whoever has the
 * basis (memory, a file, the other end of a line) carries them out in its own way.
 */
import { CodedError } from '../../errors.js';
import { count } from '../../platform/count.js';
import { DeltaReader } from './delta-reader.js';
import { expectOptions } from './expect.js';
import type { InstructionCounts } from './statistics.js';

/** What comes next in the new file. */
export type PatchStep =
  | { readonly type: 'copy'; readonly position: number; readonly length: number }
  | { readonly type: 'literal'; readonly bytes: Uint8Array };

/** What a patch may do. */
export interface PatchLimits {
  /**
   * The most bytes that the result may have. The format names no size, and a few bytes of delta can
   * ask for terabytes: set it whenever the size is known or the delta is not trusted.
   */
  readonly maxOutput?: number;
}

/** Reads a delta incrementally: {@link update} with its pieces, then {@link finish}. */
export class Patcher {
  private readonly reader: DeltaReader;
  private readonly maxOutput: number;
  private steps: PatchStep[] = [];
  private claimed = 0;

  /** @throws CodedError RDIFF_PARAMETER */
  constructor(limits: PatchLimits = {}) {
    expectOptions(limits);
    this.maxOutput = limits.maxOutput ?? Infinity;
    this.reader = new DeltaReader({
      copy: (position, length) => {
        this.claim(length);
        this.steps.push({ type: 'copy', position, length });
      },
      literal: (bytes) => {
        this.claim(bytes.length);
        this.steps.push({ type: 'literal', bytes });
      },
    });
  }

  get counts(): Readonly<InstructionCounts> {
    return this.reader.counts;
  }

  /** Bytes of new file that the steps so far make. */
  get length(): number {
    return this.claimed;
  }

  /** Bytes behind the delta's END. */
  get trailingBytes(): number {
    return this.reader.trailingBytes;
  }

  /**
   * Takes the next piece of the delta. Literals of the steps lie in it.
   * @throws CodedError RDIFF_BAD_MAGIC, RDIFF_CORRUPT, RDIFF_OUTPUT_LIMIT
   */
  update(delta: Uint8Array): readonly PatchStep[] {
    this.steps = [];
    this.reader.update(delta);
    return this.steps;
  }

  /** @throws CodedError RDIFF_INPUT_ENDED when the delta is not complete */
  finish(): void {
    this.reader.finish();
  }

  private claim(length: number): void {
    this.claimed += length;
    if (this.claimed <= this.maxOutput) return;
    throw new CodedError(
      'RDIFF_OUTPUT_LIMIT',
      `The delta makes more than ${count(this.maxOutput, 'byte')}, the most allowed here`,
      { hint: 'Raise the limit if the result is expected to be that large.' },
    );
  }
}

/** The failure for a copy of which the basis does not have all bytes. */
export function beyondBasis(position: number, length: number, basisSize: number): CodedError {
  return new CodedError(
    'RDIFF_INPUT_ENDED',
    `The delta copies ${length} ${length === 1 ? 'byte' : 'bytes'} from ${position}; the basis ends at ${basisSize}`,
    { hint: 'This delta was made for another basis, or the basis has changed since.' },
  );
}
