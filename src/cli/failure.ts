/** What a failure tells its reader: a message and a hint; a stack trace only for a bug. */
import { CommanderError } from 'commander';
import { CodedError, showBytes } from '../store.js';
import { ExitCode, exitCodeOfError } from './exit-code.js';
import { OutputFailed } from './output.js';

export interface Failure {
  readonly code: string;
  readonly message: string;
  readonly hint?: string | undefined;
  readonly exitCode: ExitCode;
  /** Only of a bug. */
  readonly stack?: string | undefined;
}

/**
 * Tells failures that were foreseen from bugs. `command`: the one that was asked for, if any. Bytes of
 * arguments that are not UTF-8 are shown as `\\xNN`.
 */
export function describeFailure(error: unknown, command?: string): Failure {
  const failure = failureOf(error, command);
  const { message, hint } = failure;
  return { ...failure, message: showBytes(message), hint: hint && showBytes(hint) };
}

function failureOf(error: unknown, command: string | undefined): Failure {
  if (error instanceof CodedError) {
    const { code, message, hint } = error;
    return { code, message, hint, exitCode: exitCodeOfError(code) };
  }
  if (error instanceof CommanderError) return describeUsage(error, command);
  if (error instanceof OutputFailed) {
    const { code, message, hint } = error;
    return { code, message, hint, exitCode: ExitCode.failed };
  }
  if (isSystemError(error)) return describeSystemError(error);
  return {
    code: 'BUG',
    message: error instanceof Error ? error.message : String(error),
    hint: 'This is a bug in Varve. Please report it with the lines above and what you did.',
    exitCode: ExitCode.failed,
    stack: error instanceof Error ? error.stack : undefined,
  };
}

/** `error: unknown option '--exlude'\n(Did you mean --exclude?)`, as commander says it. */
function describeUsage({ message }: CommanderError, command: string | undefined): Failure {
  const [, what = '', suggestion] = USAGE.exec(message) ?? [];
  const help = `See \`varve help${command === undefined ? '' : ` ${command}`}\`.`;
  return {
    code: 'USAGE',
    message: `${what.charAt(0).toUpperCase()}${what.slice(1)}.`,
    hint: suggestion === undefined ? help : `${suggestion} ${help}`,
    exitCode: ExitCode.usage,
  };
}

/** What was given may have line breaks itself. */
const USAGE = /^(?:error: )?(.*?)\.?(?:\n\((Did you mean .*)\))?$/s;

function describeSystemError(error: NodeJS.ErrnoException): Failure {
  const at = error.path === undefined || error.message.includes(error.path) ? '' : ` ${error.path}`;
  return {
    code: error.code ?? 'SYSTEM',
    message: `The system refused a call: ${error.message}${at}.`,
    hint: 'Check that path, its permissions and its disk, then run the command again.',
    exitCode: ExitCode.failed,
  };
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  const { code, syscall } = (error ?? {}) as Partial<NodeJS.ErrnoException>;
  return error instanceof Error && syscall !== undefined && /^E[A-Z0-9]+$/.test(code ?? '');
}
