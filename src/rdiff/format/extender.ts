/** Makes matches of whole blocks as long as the bytes agree, where the basis is at hand. */
import { MAX_LITERAL, type InstructionSink } from './instructions.js';

/** Sits between a search and what writes its instructions. */
export class MatchExtender implements InstructionSink {
  private readonly basis: Uint8Array;
  private readonly sink: InstructionSink;
  /** Literal bytes that the next copy may take over. */
  private readonly held = Buffer.alloc(2 * MAX_LITERAL);
  private heldLength = 0;
  /** Behind the last copy's bytes of the basis, as long as nothing else came after it. */
  private copyEnd: number | undefined;

  constructor(basis: Uint8Array, sink: InstructionSink) {
    this.basis = basis;
    this.sink = sink;
  }

  copy(position: number, length: number): void {
    const { basis, held } = this;
    let before = 0;
    while (
      before < this.heldLength &&
      before < position &&
      basis[position - before - 1] === held[this.heldLength - before - 1]
    ) {
      before += 1;
    }
    this.heldLength -= before;
    this.flush();
    this.sink.copy(position - before, length + before);
    this.copyEnd = position + length;
  }

  literal(bytes: Uint8Array): void {
    let taken = 0;
    const from = this.copyEnd;
    if (from !== undefined) {
      while (taken < bytes.length && bytes[taken] === this.basis[from + taken]) taken += 1;
      if (taken > 0) this.sink.copy(from, taken);
      this.copyEnd = taken < bytes.length ? undefined : from + taken;
    }
    for (; taken < bytes.length; taken += MAX_LITERAL) {
      this.hold(bytes.subarray(taken, taken + MAX_LITERAL));
    }
  }

  /** Gives away what is held. */
  flush(): void {
    if (this.heldLength > 0) this.sink.literal(this.held.subarray(0, this.heldLength));
    this.heldLength = 0;
  }

  private hold(bytes: Uint8Array): void {
    if (this.heldLength + bytes.length > this.held.length) this.flush();
    this.held.set(bytes, this.heldLength);
    this.heldLength += bytes.length;
  }
}
