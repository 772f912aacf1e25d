/** The directory that is restored into: checked, made, and opened once. */
import { CodedError } from '../../../errors.js';
import { bytesFromText } from '../../../platform/bytes.js';
import type { FileSystem } from '../../../platform/files.js';
import { parentOf } from '../../../platform/paths.js';
import type { Platform } from '../../../platform/platform.js';
import { fileErrorCode, reasonOf } from '../../../platform/system-errors.js';
import type { OwnDirectories } from '../../tree/own.js';

export interface TargetOptions {
  /** It may hold something already. */
  readonly isInPlace: boolean;
  readonly isDryRun: boolean;
  /** The repository, which is never restored into. */
  readonly own: OwnDirectories;
}

/**
 * A descriptor of the directory `path`, which is made when it does not exist; undefined when it does
 * not and this is a dry run. Symbolic links on the way to it are followed, here and never again.
 * @throws CodedError TARGET_NOT_EMPTY, TARGET_UNUSABLE
 */
export function openTarget(
  path: string,
  { files }: Platform,
  { isInPlace, isDryRun, own }: TargetOptions,
): number | undefined {
  const found = files.stat(path);
  if (found && found.type !== 'directory') {
    throw unusable(`${path} is not a directory.`, 'Name a directory.');
  }
  if (found && !isInPlace && files.list(path).length > 0) {
    throw new CodedError('TARGET_NOT_EMPTY', `${path} is not empty; nothing was restored.`, {
      hint: 'Name a new or empty directory, or restore over its contents with --in-place.',
    });
  }
  try {
    const there = found ? path : directoryAbove(path, files);
    if (own.holds(bytesFromText(files.realPath(there)))) throw insideRepository(path);
    if (!found && isDryRun) return undefined;
    files.makeDirectories(path);
    const real = files.realPath(path);
    if (own.holds(bytesFromText(real))) throw insideRepository(path);
    return files.at.open(undefined, bytesFromText(real), 'read-directory');
  } catch (cause) {
    if (fileErrorCode(cause) === undefined) throw cause;
    const message = `${path} cannot be created or opened: ${reasonOf(cause)}.`;
    throw unusable(message, 'Name a directory that you can write to.', cause);
  }
}

function insideRepository(path: string): CodedError {
  return unusable(`${path} is inside the repository.`, 'Name a directory outside it.');
}

/**
 * The nearest directory above `path` that is there: nothing is made to find out where it would be. Only
 * the last name is taken off at a time, since `..` behind a link leads out of where that leads.
 */
function directoryAbove(path: string, files: FileSystem): string {
  const above = parentOf(path) || '.';
  return files.stat(above) ? above : directoryAbove(above, files);
}

function unusable(message: string, hint: string, cause?: unknown): CodedError {
  return new CodedError('TARGET_UNUSABLE', message, { hint, cause });
}
