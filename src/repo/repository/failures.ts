/** What the system refuses within a repository, said the same way by every operation. */
import { CodedError } from '../../errors.js';
import { explainRefusal, type Place } from '../../platform/refusals.js';
import { sqliteCode } from '../../platform/system-errors.js';
import { indexPlace } from '../index/database.js';
import { layoutOf } from './layout.js';

type Access = NonNullable<Place['access']>;

/** The error in our own words if the system refused something; any other as it is. */
export function explainFailure(path: string, access: Access, error: unknown): unknown {
  const code = sqliteCode(error);
  const isOfIndex = code !== undefined && code !== 'SQLITE_FULL';
  const place = isOfIndex ? indexPlace(layoutOf(path).index, access) : placeOf(path, access);
  return explainRefusal(error, place) ?? error;
}

/** What `action` gives. @throws CodedError, in our own words, for what the system refuses */
export function explainingFailures<T>(path: string, access: Access, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw explainFailure(path, access, error);
  }
}

function placeOf(path: string, access: Access): Place {
  const whenFull = ', or run `varve prune`; nothing was changed';
  return { name: `the repository ${path}`, path, whenFull, access };
}

/** Whether no more bytes were taken: by a disk, a quota or a limit of sizes. */
export function saysNoRoom(error: unknown): boolean {
  const code = error instanceof CodedError ? error.code : undefined;
  return code === 'DISK_FULL' || code === 'FILE_SIZE_LIMIT';
}

/**
 * Whether a run ended because the system took no more bytes, so that nothing of it is in the index for
 * sure. (A commit that was written whole, and could not be synced, may be found by the next run.)
 */
export function isCutShort(path: string, cause: unknown): boolean {
  const code = sqliteCode(cause);
  const mayBeWhole = code !== undefined && code !== 'SQLITE_FULL' && code !== 'SQLITE_IOERR_WRITE';
  return !mayBeWhole && saysNoRoom(explainFailure(path, 'write', cause));
}

export function notWritable(path: string, cause?: unknown): CodedError {
  return new CodedError('REPOSITORY_READ_ONLY', `The repository ${path} cannot be written to.`, {
    hint: 'Check its owner and permissions, and whether its file system is mounted read-only.',
    cause,
  });
}
