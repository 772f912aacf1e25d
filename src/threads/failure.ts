/** How an error keeps its code on the way from a worker thread to the main one. */
import { CodedError, type ErrorCode } from '../errors.js';

/** An error as plain data. */
export interface Failure {
  readonly message: string;
  /** Only a CodedError has one. */
  readonly code: ErrorCode | undefined;
  readonly hint: string | undefined;
  readonly system: SystemFailure;
  readonly stack: string | undefined;
}

/** What a failed system call says of itself, such as ENOENT. */
type SystemFailure = Pick<NodeJS.ErrnoException, 'code' | 'errno' | 'syscall' | 'path'>;

export function encodeFailure(error: unknown): Failure {
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  if (error instanceof CodedError) {
    return { message, code: error.code, hint: error.hint, system: {}, stack };
  }
  const { code, errno, syscall, path } = (error ?? {}) as Partial<NodeJS.ErrnoException>;
  const known = Object.entries({ code, errno, syscall, path }).filter(([, value]) => value != null);
  return { message, code: undefined, hint: undefined, system: Object.fromEntries(known), stack };
}

export function decodeFailure({ message, code, hint, system, stack }: Failure): Error {
  if (code) return new CodedError(code, message, hint === undefined ? {} : { hint });
  const error = Object.assign(new Error(message), system);
  if (stack !== undefined) error.stack = stack;
  return error;
}
