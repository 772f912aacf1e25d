/** librsync's results: the codes of Varve that stand for them, their texts and `rdiff`'s exit codes. */
import type { ErrorCode } from '../../errors.js';

/** What librsync would have said. */
export interface LibrsyncResult {
  /** The name without its `RS_` prefix. */
  readonly name: string;
  /** Its number, which is also `rdiff`'s exit code. */
  readonly exitCode: number;
  /** The text that `rdiff` prints behind `Failed,`. */
  readonly text: string;
}

const CORRUPT: LibrsyncResult = { name: 'CORRUPT', exitCode: 106, text: 'stream corrupt' };

const RESULTS: Partial<Record<ErrorCode, LibrsyncResult>> = {
  RDIFF_IO: { name: 'IO_ERROR', exitCode: 100, text: 'IO error' },
  RDIFF_SYNTAX: { name: 'SYNTAX_ERROR', exitCode: 101, text: 'bad command line syntax' },
  RDIFF_INPUT_ENDED: { name: 'INPUT_ENDED', exitCode: 103, text: 'unexpected end of input' },
  RDIFF_BAD_MAGIC: {
    name: 'BAD_MAGIC',
    exitCode: 104,
    text: 'bad magic number at start of stream',
  },
  RDIFF_CORRUPT: CORRUPT,
  // librsync knows neither a bound nor a hash of the result; a stream that breaks one is corrupt.
  RDIFF_OUTPUT_LIMIT: CORRUPT,
  RDIFF_HASH_MISMATCH: CORRUPT,
  RDIFF_PARAMETER: { name: 'PARAM_ERROR', exitCode: 108, text: 'unexplained problem' },
};

/** The librsync result behind a code; undefined for codes that have nothing to do with librsync. */
export function librsyncResult(code: ErrorCode): LibrsyncResult | undefined {
  return RESULTS[code];
}
