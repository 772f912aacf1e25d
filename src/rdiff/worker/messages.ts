/** What the main thread and its workers tell each other: plain data, told apart by `type`. */
import type { PackedInstructions } from '../format/joiner.js';
import type { Signature, SignatureHeader } from '../format/signature.js';
import type { MatchCounts } from '../format/statistics.js';
import type { FilePart } from '../parts.js';

/** What all parts of a file have in common. The descriptor is open for reading in the main thread. */
export type Task =
  | { readonly type: 'signature'; readonly descriptor: number; readonly header: SignatureHeader }
  | {
      readonly type: 'delta';
      readonly descriptor: number;
      readonly signature: Signature;
      readonly size: number;
    };

/** What a worker starts with. */
export interface WorkerStart {
  readonly task: Task;
  readonly kernel: WebAssembly.Module;
}

/** A part of the task's file. */
export interface PartJob extends FilePart {
  readonly type: Task['type'];
}

/** What a part gives. */
export interface PartResults {
  /** Entries of the signature. */
  readonly signature: Uint8Array;
  readonly delta: { readonly instructions: PackedInstructions; readonly counts: MatchCounts };
}
