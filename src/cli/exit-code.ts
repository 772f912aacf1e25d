/** The exit codes of the command line, and which failure ends with which. */
import { isDamageCode } from '../errors.js';
import type { ErrorCode, Issue } from '../store.js';

export const ExitCode = {
  done: 0,
  failed: 1,
  usage: 2,
  /** Done, but some files could not be read or restored. */
  incomplete: 3,
  damage: 4,
  /** Asked for with `diff --exit-code`. */
  differences: 5,
  /** A backup is older than it may be: `status --max-age`. */
  overdue: 6,
  noRepository: 10,
  locked: 11,
  interrupted: 130,
} as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

const CODES: Partial<Record<ErrorCode, ExitCode>> = {
  PRUNE_EMPTY_POLICY: ExitCode.usage,
  PRUNE_INVALID_COUNT: ExitCode.usage,
  NOT_A_REPOSITORY: ExitCode.noRepository,
  REPOSITORY_NOT_FOUND: ExitCode.noRepository,
  REPOSITORY_LOCKED: ExitCode.locked,
  REPOSITORY_REMOTE: ExitCode.usage,
  INTERRUPTED: ExitCode.interrupted,
};

/** The exit code of a failure. */
export function exitCodeOfError(code: ErrorCode): ExitCode {
  if (code.startsWith('USAGE')) return ExitCode.usage;
  if (isDamageCode(code)) return ExitCode.damage;
  return CODES[code] ?? ExitCode.failed;
}

/** The exit code of a run that ended and reported `issues`. */
export function exitCodeOfIssues(issues: readonly Pick<Issue, 'code'>[]): ExitCode {
  if (issues.some(({ code }) => code === 'DAMAGED')) return ExitCode.damage;
  return issues.some(isProblem) ? ExitCode.incomplete : ExitCode.done;
}

/** What an ordinary user may not do was not to be expected either. */
function isProblem({ code }: Pick<Issue, 'code'>): boolean {
  return code !== 'METADATA_NOT_PERMITTED';
}
