/** How an error keeps its code on the way from a worker thread to the main one. */
import { CodedError, type ErrorCode } from '../errors.js';

/** An error as plain data. */
export interface Failure {
  readonly message: string;
  /** Only a CodedError has one. */
  readonly code: ErrorCode | undefined;
  readonly hint: string | undefined;
  /** What a failed system call says, such as ENOENT. */
  readonly systemCode: string | undefined;
  readonly stack: string | undefined;
}

export function encodeFailure(error: unknown): Failure {
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  const coded = error instanceof CodedError ? error : undefined;
  const systemCode = coded ? undefined : (error as NodeJS.ErrnoException).code;
  return { message, code: coded?.code, hint: coded?.hint, systemCode, stack };
}

export function decodeFailure({ message, code, hint, systemCode, stack }: Failure): Error {
  if (code) return new CodedError(code, message, hint === undefined ? {} : { hint });
  const error: NodeJS.ErrnoException = new Error(message);
  if (systemCode !== undefined) error.code = systemCode;
  if (stack !== undefined) error.stack = stack;
  return error;
}
