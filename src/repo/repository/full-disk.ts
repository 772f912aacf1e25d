/** A full disk, said the same way by every operation that writes. */
import { CodedError } from '../../errors.js';
import { sqliteCode } from '../index/database.js';
import { systemErrorCode } from '../../platform/platform.js';

/** What `action` gives. @throws CodedError DISK_FULL where packs or index found no space */
export async function explainFullDisk<T>(
  repositoryPath: string,
  action: () => Promise<T>,
): Promise<T> {
  try {
    return await action();
  } catch (error) {
    const code = systemErrorCode(error) ?? sqliteCode(error);
    if (code !== 'ENOSPC' && code !== 'EDQUOT' && code !== 'SQLITE_FULL') throw error;
    throw new CodedError('DISK_FULL', `No space is left for the repository ${repositoryPath}.`, {
      hint: 'Free space on its file system, or run `varve prune`; nothing was changed.',
      cause: error,
    });
  }
}
