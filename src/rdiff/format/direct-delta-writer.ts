/** New file in, delta out, against the old file itself: in pieces of any size. */
import { ByteBuilder } from './bytes.js';
import { expectBytes, expectOptions } from './expect.js';
import { MatchExtender } from './extender.js';
import { fill } from './input-buffer.js';
import { InstructionWriter } from './instruction-writer.js';
import { Search } from './search.js';
import type { InstructionCounts, MatchCounts } from './statistics.js';
import { makeSignature, readSignature } from './whole.js';

/** Matches begin with a block of this length; its sums take a quarter of it. */
const DEFAULT_BLOCK_LENGTH = 128;

export interface DirectDeltaOptions {
  /** The shortest match that is found anywhere, bytes; 128 by default. */
  readonly blockLength?: number;
}

/**
 * Writes a delta incrementally where the basis is at hand: matches are found by blocks of the basis,
 * wherever these begin in the new file, and grown to where the bytes differ. `makeDirectLibrsyncDelta`
 * makes shorter deltas of two whole byte strings.
 *
 * @example
 * const writer = new DirectDeltaWriter(oldBytes);
 * send(writer.update(newBytes), writer.flush()); // all that was taken can be rebuilt
 * send(writer.finish());
 */
export class DirectDeltaWriter {
  private readonly output = new ByteBuilder();
  private readonly instructions = new InstructionWriter(this.output);
  private readonly extender: MatchExtender;
  private readonly search: Search;

  /** `basis` must not change until the delta is finished. @throws CodedError RDIFF_PARAMETER */
  constructor(basis: Uint8Array, options: DirectDeltaOptions = {}) {
    expectBytes('The basis', basis);
    expectOptions(options);
    const { blockLength = DEFAULT_BLOCK_LENGTH } = options;
    this.search = new Search(readSignature(makeSignature(basis, { blockLength })));
    this.extender = new MatchExtender(basis, this.instructions);
    this.search.restart(this.extender);
  }

  get instructionCounts(): Readonly<InstructionCounts> {
    return this.instructions.counts;
  }

  get matchCounts(): Readonly<MatchCounts> {
    return this.search.counts;
  }

  /** Takes the next piece of the new file; returns the bytes of delta that are ready. @throws CodedError RDIFF_PARAMETER */
  update(bytes: Uint8Array): Uint8Array {
    fill(this.search, bytes);
    return this.output.take();
  }

  /** Returns delta for all that was taken so far: who has it can rebuild that. More may follow. */
  flush(): Uint8Array {
    this.search.flush();
    this.extender.flush();
    this.instructions.flush();
    return this.output.take();
  }

  /** Returns the rest of the delta. */
  finish(): Uint8Array {
    this.search.flush();
    this.extender.flush();
    this.instructions.finish();
    return this.output.take();
  }
}
