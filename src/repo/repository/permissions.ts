/** A repository that this user may not write. */
import { CodedError } from '../../errors.js';
import { systemErrorCode } from '../../platform/platform.js';

export function notWritable(path: string, cause?: unknown): CodedError {
  return new CodedError('REPOSITORY_READ_ONLY', `The repository ${path} cannot be written to.`, {
    hint: 'Check its owner and permissions, and whether its file system is mounted read-only.',
    cause,
  });
}

/** What `action` gives. @throws CodedError REPOSITORY_READ_ONLY where the system refuses it */
export function explainPermissions<T>(path: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === 'EACCES' || code === 'EROFS' || code === 'EPERM') throw notWritable(path, error);
    throw error;
  }
}
