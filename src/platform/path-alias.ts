/** Paths for libraries that take only text. */
import { closeSync, constants, openSync } from 'node:fs';
import { hasInvalidBytes, systemPath } from './bytes.js';
import { baseName, parentOf } from './paths.js';

/**
 * Calls `use` with a path of UTF-8 to what is at `path`, good until `use` returns: where the directory
 * is not UTF-8, its descriptor stands for it.
 */
export function withTextPath<T>(path: string, use: (path: string) => T): T {
  if (!hasInvalidBytes(path)) return use(path);
  const directory = systemPath(parentOf(path) || '.');
  const descriptor = openSync(directory, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    return use(`/proc/self/fd/${descriptor}/${baseName(path)}`);
  } finally {
    closeSync(descriptor);
  }
}
