/** What a failure looks like to the user: `rdiff`'s last line, ours before it, and its exit code. */
import { CodedError, librsyncResult } from '../../rdiff/index.js';
import { escapeUnsafe, showBytes } from '../../store.js';

/** A failure, ready to be shown. */
export interface ShownFailure {
  readonly exitCode: number;
  readonly text: string;
  /** The failure as a JSON document. */
  readonly document: unknown;
}

export function failureOf(error: unknown, bugCode: number): ShownFailure {
  if (!(error instanceof CodedError)) return bug(error, bugCode);
  const { code } = error;
  const [message, hint] = [showBytes(error.message), error.hint && showBytes(error.hint)];
  const ours = { exitCode: bugCode, text: message.replace(/\.$/, '') };
  const { exitCode, text } = librsyncResult(code) ?? ours;
  const advice = hint === undefined ? '' : `rdiff: ${escapeUnsafe(hint)}\n`;
  return {
    exitCode,
    text: `rdiff: ${escapeUnsafe(message)}\n${advice}rdiff: Failed, ${text}.\n`,
    document: { error: { code, message, hint } },
  };
}

function bug(error: unknown, exitCode: number): ShownFailure {
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return {
    exitCode,
    text: `rdiff: ${message}\nrdiff: Failed, library internal error.\n`,
    document: { error: { code: 'INTERNAL', message } },
  };
}
