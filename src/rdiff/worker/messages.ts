/** What the main thread and its workers tell each other: plain data, told apart by `type`. */
import type { ErrorCode } from '../../errors.js';
import type { Part } from '../parts.js';
import type { PackedInstructions } from '../format/joiner.js';
import type { Signature, SignatureHeader } from '../format/signature.js';
import type { MatchCounts } from '../format/statistics.js';

/** What all parts of a run have in common. The descriptor is open for reading in the main thread. */
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

/** What a worker answers for a part. */
export type PartResult =
  | { readonly type: 'signature'; readonly entries: Uint8Array }
  | {
      readonly type: 'delta';
      readonly instructions: PackedInstructions;
      readonly counts: MatchCounts;
    }
  | {
      readonly type: 'failed';
      /** Undefined for a bug. */
      readonly code: ErrorCode | undefined;
      readonly message: string;
      readonly hint: string | undefined;
    };

export type { Part };
