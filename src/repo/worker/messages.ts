/** What passes between the main thread and a worker, and how an error keeps its code on the way. */
import { CodedError, type ErrorCode } from '../../errors.js';
import type { Job, JobResults } from './jobs.js';

export interface Request {
  readonly id: number;
  readonly job: Job;
}

export type Answer =
  | { readonly id: number; readonly type: 'done'; readonly result: JobResults[Job['type']] }
  | { readonly id: number; readonly type: 'failed'; readonly failure: Failure };

/** An error as plain data. */
export interface Failure {
  readonly message: string;
  /** Of a CodedError. */
  readonly code: ErrorCode | undefined;
  readonly hint: string | undefined;
  /** Of a failed system call. */
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
