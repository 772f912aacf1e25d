/**
 * What everything that only reads does around its own work: the repository is opened for reading, all queries see
 * one state of the index whatever a backup commits meanwhile, and it is closed whatever happens.
 */
import { guardCorruption } from '../index/database.js';
import type { Platform } from '../../platform/platform.js';
import { openRepository, type Repository } from './repository.js';

interface ReadingOptions {
  /** How long to wait while another process compacts, milliseconds. Default 0. */
  readonly lockWaitMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What `read` makes of the repository at `path`. @throws CodedError as {@link openRepository} */
export async function readRepository<T>(
  path: string,
  platform: Platform,
  options: ReadingOptions,
  read: (repository: Repository) => T | Promise<T>,
): Promise<T> {
  const repository = await openForReading(path, platform, options);
  try {
    return await read(repository);
  } catch (error) {
    throw explained(repository, error);
  } finally {
    repository.close();
  }
}

/** For a result that outlives the call: the caller closes the repository. */
export async function openForReading(
  path: string,
  platform: Platform,
  { lockWaitMs = 0, signal }: ReadingOptions,
): Promise<Repository> {
  const repository = await openRepository(path, platform, { access: 'read', lockWaitMs, signal });
  repository.index.beginQuery();
  return repository;
}

/** A damaged index in our own words; every other error as it is. */
export function explained({ path }: Repository, error: unknown): unknown {
  try {
    return guardCorruption(`${path}/index.sqlite`, () => {
      throw error;
    });
  } catch (ours) {
    return ours;
  }
}
