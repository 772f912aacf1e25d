/** Failures as answers: a status, and a document with code, message and hint. */
import { CodedError, type ErrorCode } from '../../../errors.js';
import { systemErrorCode } from '../../../platform/platform.js';

export interface FailureAnswer {
  readonly status: number;
  readonly body: {
    readonly error: Readonly<Record<'code' | 'message' | 'hint', string | undefined>>;
  };
}

/** The statuses of failures by their codes. */
export type Statuses = Readonly<Partial<Record<ErrorCode, number>>>;

const STATUSES: Statuses = { PATH_NOT_FOUND: 404, REMOTE_READ_ONLY: 403, REMOTE_REFUSED: 403 };

/**
 * Failures of the routes have the statuses that they say, and 400 otherwise. If the system refuses
 * something, only its code is sent: its text may name paths outside the root.
 */
export function answerOf(error: unknown, statuses: Statuses): FailureAnswer {
  if (error instanceof CodedError) {
    if (error.code === 'NATIVE_MODULE_UNUSABLE') {
      return failure(500, error.code, 'Part of the server cannot be loaded: see its own messages.');
    }
    const { code, message, hint } = error;
    return {
      status: statuses[code] ?? STATUSES[code] ?? 400,
      body: { error: { code, message, hint } },
    };
  }
  const system = systemErrorCode(error);
  if (system === 'ENOSPC' || system === 'EDQUOT') {
    return failure(507, 'DISK_FULL', 'No space is left on the server.');
  }
  if (system === 'EFBIG') {
    return failure(507, 'DISK_FULL', `The server cannot hold a file of that length (${system}).`);
  }
  if (system === 'EACCES' || system === 'EPERM' || system === 'EROFS') {
    return failure(
      403,
      'REMOTE_REFUSED',
      `The server is not permitted to do that with this file (${system}).`,
    );
  }
  return failure(500, system ?? 'BUG', `The server failed${system ? ` (${system})` : ''}.`);
}

function failure(status: number, code: string, message: string): FailureAnswer {
  return { status, body: { error: { code, message, hint: undefined } } };
}
