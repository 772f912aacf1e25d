/**
 * The one error class of Varve. A failure carries a code that programs can rely on, a message that
 * says what is wrong with which path and what was expected, and a hint that says what to do next.
 * Plain `Error` is for bugs. This module imports nothing.
 */

/** Every code that Varve throws or reports; `docs/errors.md` has a heading for each. */
export type ErrorCode =
  // delta
  | 'DELTA_BASIS_MISMATCH'
  | 'DELTA_CORRUPT'
  | 'DELTA_TARGET_MISMATCH'
  // choosing a snapshot
  | 'NO_SNAPSHOTS'
  | 'SNAPSHOT_NOT_FOUND'
  | 'TIME_BEFORE_FIRST_SNAPSHOT'
  // prune
  | 'PRUNE_EMPTY_POLICY'
  | 'PRUNE_INVALID_COUNT'
  // usage
  | 'USAGE_COUNT'
  | 'USAGE_DURATION'
  | 'USAGE_PATTERN'
  | 'USAGE_SAMPLE'
  | 'USAGE_SIZE'
  | 'USAGE_TIME';

/** Details that make a failure useful to its reader. */
export interface CodedErrorOptions {
  /** What to do next, one sentence. */
  readonly hint?: string;
  readonly cause?: unknown;
}

/** A failure with a code from {@link ErrorCode}. */
export class CodedError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | undefined;

  constructor(code: ErrorCode, message: string, options: CodedErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'CodedError';
    this.code = code;
    this.hint = options.hint;
  }
}
