/**
 * The one error class of Varve. A failure carries a code that programs can rely on, a message that
 * says what is wrong with which path and what was expected, and a hint that says what to do next.
 * Plain `Error` is for bugs. This module imports nothing.
 */

/** Every code that Varve throws or reports; `docs/errors.md` has a heading for each. */
export type ErrorCode =
  // installation
  | 'NATIVE_MODULE_UNUSABLE'
  | 'NODE_TOO_OLD'
  | 'PLATFORM_UNSUPPORTED'
  | 'SQLITE_TOO_OLD'
  // delta
  | 'DELTA_CORRUPT'
  | 'DELTA_BASIS_MISMATCH'
  | 'DELTA_TARGET_MISMATCH'
  | 'DELTA_TOO_LARGE'
  // packs
  | 'FRAME_CORRUPT'
  | 'PACK_CORRUPT'
  | 'PACK_MISSING'
  // index
  | 'INDEX_CORRUPT'
  | 'INDEX_MISSING'
  | 'INDEX_OUTDATED'
  // repository
  | 'BLOB_DAMAGED'
  | 'DISK_FAILED'
  | 'DISK_FULL'
  | 'FILE_SIZE_LIMIT'
  | 'LOCK_UNUSABLE'
  | 'OPEN_FILES_LIMIT'
  | 'OUT_OF_MEMORY'
  | 'FORMAT_UNKNOWN'
  | 'INTERRUPTED'
  | 'NOT_A_REPOSITORY'
  | 'PARENT_MISSING'
  | 'REPOSITORY_EXISTS'
  | 'REPOSITORY_LOCKED'
  | 'REPOSITORY_NOT_FOUND'
  | 'REPOSITORY_READ_ONLY'
  | 'REPOSITORY_REMOTE'
  | 'REPOSITORY_UNREADABLE'
  // source and target trees
  | 'COMMAND_FAILED'
  | 'DELETE_DOUBTFUL'
  | 'NOT_A_FILE'
  | 'OWNER_MAP_INVALID'
  | 'PATH_NOT_FOUND'
  | 'SOURCE_AMBIGUOUS'
  | 'SOURCE_IS_REPOSITORY'
  | 'SOURCE_NOT_FOUND'
  | 'SOURCE_UNREADABLE'
  | 'STREAM_NAME_INVALID'
  | 'STREAM_NAME_TAKEN'
  | 'TARGET_NOT_EMPTY'
  | 'TARGET_UNUSABLE'
  // choosing a snapshot
  | 'NO_SNAPSHOTS'
  | 'SNAPSHOT_NOT_FOUND'
  | 'TIME_BEFORE_FIRST_SNAPSHOT'
  // prune
  | 'PRUNE_EMPTY_POLICY'
  | 'PRUNE_INVALID_COUNT'
  | 'PRUNE_LAST_SNAPSHOT'
  // usage
  | 'USAGE'
  | 'USAGE_COUNT'
  | 'USAGE_DURATION'
  | 'USAGE_PATTERN'
  | 'USAGE_SAMPLE'
  | 'USAGE_SHARE'
  | 'USAGE_SIZE'
  | 'USAGE_TIME'
  // `varve copy` and `varve serve`
  | 'COPY_BUSY'
  | 'COPY_MISMATCH'
  | 'COPY_SOURCE_CHANGED'
  | 'COPY_TARGET_CHANGED'
  | 'REMOTE_PROTOCOL'
  | 'REMOTE_READ_ONLY'
  | 'REMOTE_REFUSED'
  | 'REMOTE_REQUEST'
  | 'REMOTE_UNREACHABLE'
  | 'SERVE_ADDRESS'
  | 'SERVE_CERTIFICATE'
  | 'SERVE_UNPROTECTED'
  | 'TOKEN_UNUSABLE'
  | 'USAGE_HASH_METHOD'
  // librsync's formats and `varve rdiff`; src/rdiff/format/results.ts maps them to librsync's results
  | 'RDIFF_INPUT_ENDED'
  | 'RDIFF_BAD_MAGIC'
  | 'RDIFF_CORRUPT'
  | 'RDIFF_PARAMETER'
  | 'RDIFF_OUTPUT_LIMIT'
  | 'RDIFF_HASH_MISMATCH'
  | 'RDIFF_IO'
  | 'RDIFF_SYNTAX';

const DAMAGE_CODES: ReadonlySet<ErrorCode> = new Set([
  'BLOB_DAMAGED',
  'DELTA_BASIS_MISMATCH',
  'DELTA_CORRUPT',
  'DELTA_TARGET_MISMATCH',
  'DELTA_TOO_LARGE',
  'FRAME_CORRUPT',
  'INDEX_CORRUPT',
  'INDEX_MISSING',
  'PACK_CORRUPT',
  'PACK_MISSING',
]);

/** Details that make a failure useful to its reader. */
export interface CodedErrorOptions {
  /** What to do next: one sentence, and lines with what to choose from. (A message is one line.) */
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

/**
 * Whether an error says that stored bytes are damaged. Everything else (a module that cannot be loaded, no
 * memory, a bug) says nothing about them: whoever collects damage lets it pass.
 */
export function isDamage(error: unknown): error is CodedError {
  return error instanceof CodedError && isDamageCode(error.code);
}

/** Whether a code says that stored bytes are not what was written. */
export function isDamageCode(code: ErrorCode): boolean {
  return DAMAGE_CODES.has(code);
}
