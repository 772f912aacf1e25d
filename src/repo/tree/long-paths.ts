/** Opens paths of any length: the kernel takes one of 4095 bytes at a time. */
import type { OpenMode } from '../../platform/at-calls.js';
import type { ByteString } from '../../platform/bytes.js';
import type { FileSystem } from '../../platform/files.js';

/** PATH_MAX, less what stands before a name that is opened through `/proc/self/fd`. */
const MAX_BYTES = 4000;

/**
 * Opens an absolute path as `open` does, a longer one directory by directory: symbolic links on the
 * way are followed, the last component is not.
 * @throws system errors
 */
export function openPath(files: FileSystem, path: ByteString, mode: OpenMode): number {
  let directory: number | undefined;
  let rest = path;
  try {
    while (rest.length > MAX_BYTES) {
      const slash = rest.lastIndexOf('/', MAX_BYTES);
      const step = `${rest.slice(0, slash)}/.` as ByteString;
      const next = files.at.open(directory, step, 'read-directory');
      if (directory !== undefined) files.close(directory);
      directory = next;
      rest = rest.slice(slash + 1) as ByteString;
    }
    return files.at.open(directory, rest, mode);
  } finally {
    if (directory !== undefined) files.close(directory);
  }
}
