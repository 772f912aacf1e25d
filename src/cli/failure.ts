/** What a failure tells its reader: a message and a hint; a stack trace only for a bug. */
import { explainRefusal } from '../platform/refusals.js';
import { reasonOf, systemErrorCode } from '../platform/system-errors.js';
import { CodedError, showBytes } from '../store.js';
import { ExitCode, exitCodeOfError } from './exit-code.js';
import { NotReported, OutputFailed } from './output.js';

export interface Failure {
  readonly code: string;
  readonly message: string;
  readonly hint?: string | undefined;
  readonly exitCode: ExitCode;
  /** Only of a bug. */
  readonly stack?: string | undefined;
}

/**
 * Tells failures that were foreseen from bugs. Bytes of arguments that are not UTF-8 are shown as `\\xNN`.
 */
export function describeFailure(error: unknown): Failure {
  const failure = failureOf(error);
  const { message, hint } = failure;
  return { ...failure, message: showBytes(message), hint: hint && showBytes(hint) };
}

function failureOf(error: unknown): Failure {
  if (error instanceof CodedError) {
    const { code, message, hint } = error;
    return { code, message, hint, exitCode: exitCodeOfError(code) };
  }
  if (error instanceof OutputFailed) {
    const { code, message, hint } = error;
    return { code, message, hint, exitCode: exitCodeOfOutput(error) };
  }
  const refusal = explainRefusal(error, ANYWHERE);
  if (refusal) return describeFailure(refusal);
  const systemCode = systemErrorCode(error);
  if (systemCode !== undefined) return describeSystemError(error as Error, systemCode);
  return {
    code: 'BUG',
    message: error instanceof Error ? error.message : String(error),
    hint: 'This is a bug in Varve. Please report it with the lines above and what you did.',
    exitCode: ExitCode.failed,
    stack: error instanceof Error ? error.stack : undefined,
  };
}

/** What is done stays done, and damage that was found matters more than that nobody reads of it. */
function exitCodeOfOutput(error: OutputFailed): ExitCode {
  if (!(error instanceof NotReported)) return ExitCode.failed;
  return error.exitCode === ExitCode.done ? ExitCode.incomplete : (error.exitCode as ExitCode);
}

/** What is meant where neither the error nor whoever caught it names a path. */
const ANYWHERE = { name: 'a file that the command uses' };

function describeSystemError(error: NodeJS.ErrnoException, code: string): Failure {
  const at = error.path === undefined ? '' : ` at ${error.path}`;
  return {
    code,
    message: `The system refused a call${at}: ${reasonOf(error)}.`,
    hint: 'Check that path, its permissions and its disk, then run the command again.',
    exitCode: ExitCode.failed,
  };
}
