/** New file in, delta out, against a signature: in pieces of any size. */
import { ByteBuilder } from './bytes.js';
import { expectSignature } from './expect.js';
import { fill, type Fillable } from './input-buffer.js';
import { InstructionWriter } from './instruction-writer.js';
import { Search } from './search.js';
import type { Signature } from './signature.js';
import type { InstructionCounts, MatchCounts } from './statistics.js';

/**
 * Writes a delta incrementally.
 *
 * @example
 * const writer = new DeltaWriter(signature);
 * const file = Buffer.concat([writer.update(newBytes), writer.finish()]);
 */
export class DeltaWriter implements Fillable {
  private readonly output = new ByteBuilder();
  private readonly instructions = new InstructionWriter(this.output);
  private readonly search: Search;

  /** @throws CodedError RDIFF_PARAMETER */
  constructor(signature: Signature) {
    expectSignature('The signature', signature);
    this.search = new Search(signature);
    this.search.restart(this.instructions);
  }

  get instructionCounts(): Readonly<InstructionCounts> {
    return this.instructions.counts;
  }

  get matchCounts(): Readonly<MatchCounts> {
    return this.search.counts;
  }

  /** Takes the next piece of the new file; returns the bytes of delta that are ready. */
  update(bytes: Uint8Array): Uint8Array {
    fill(this.search, bytes);
    return this.output.take();
  }

  /**
   * Returns delta for all that was taken so far: who has it can rebuild that, down to the last byte. More
   * may follow. Blocks that lie across a flush are not found, so that flushing often makes longer deltas.
   */
  flush(): Uint8Array {
    this.search.flush();
    this.instructions.flush();
    return this.output.take();
  }

  /** Returns the rest of the delta. */
  finish(): Uint8Array {
    this.search.finish();
    this.instructions.finish();
    return this.output.take();
  }

  /** Memory to read the new file into, instead of {@link update}; then say how much with {@link filled}. */
  room(): Uint8Array {
    return this.search.room();
  }

  filled(length: number): void {
    this.search.filled(length);
  }

  /**
   * After {@link filled}: passes on the bytes of delta that are ready, without a copy; they are good
   * until the next call.
   */
  async drain(write: (bytes: Uint8Array) => void | Promise<void>): Promise<void> {
    if (this.output.length > 0) await write(this.output.view());
    this.output.clear();
  }
}
