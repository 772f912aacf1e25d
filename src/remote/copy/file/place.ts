/**
 * Where a file of a copy is: a name in an open directory. A local path may go through symbolic
 * links; below a server's root, every component is opened within the one before, and none is
 * followed.
 */
import { CodedError } from '../../../errors.js';
import type { FileStat } from '../../../platform/at-calls.js';
import { bytesFromText, textFromBytes, type ByteString } from '../../../platform/bytes.js';
import { baseName, join, parentOf } from '../../../platform/paths.js';
import type { FileSystem } from '../../../platform/files.js';
import { fileErrorCode, reasonOf, systemErrorCode } from '../../../platform/system-errors.js';
import {
  openDirectoryHandles,
  type DirectoryHandles,
} from '../../../platform/directory-handles.js';

/** A name in a directory that is open until {@link close}. */
export interface Place {
  readonly directory: number;
  readonly name: ByteString;
  /** For messages. */
  readonly path: string;
  close(): void;
}

/** A regular file, open for reading. */
export interface OpenFile {
  readonly descriptor: number;
  /** As it was when the file was opened. */
  readonly stat: FileStat;
  readonly path: string;
  close(): void;
}

/**
 * The place of a path of this machine; what a symbolic link at its end names.
 * @throws CodedError PATH_NOT_FOUND, NOT_A_FILE
 */
export function localPlace(files: FileSystem, path: string): Place {
  const absolute = files.absolutePath(path);
  try {
    const real = files.exists(bytesFromText(absolute))
      ? files.realPath(absolute)
      : join(files.realPath(parentOf(absolute)), baseName(absolute));
    return openPlace(files, '/' as ByteString, bytesFromText(real), path);
  } catch (error) {
    if (error instanceof CodedError) throw error;
    throw unreachable(path, error);
  }
}

/**
 * The place of `name` below `root`, for the server.
 * @throws CodedError PATH_NOT_FOUND, NOT_A_FILE
 */
export function confinedPlace(
  files: FileSystem,
  root: ByteString,
  name: ByteString,
  { makesDirectories }: { readonly makesDirectories: boolean },
): Place {
  const path = textFromBytes(name);
  if (makesDirectories) makeDirectories(files, root, components(name, path).slice(0, -1), path);
  return openPlace(files, root, name, path);
}

function openPlace(files: FileSystem, root: ByteString, name: ByteString, path: string): Place {
  const names = components(name, path);
  const last = names.pop();
  if (last === undefined) throw notAFile(path, 'a directory');
  const handles = openHandlesBelow(files, root);
  try {
    const directory = handles.open(names.join('/') as ByteString);
    return { directory, name: last, path, close: () => handles.close() };
  } catch (error) {
    handles.close();
    throw unreachable(path, error);
  }
}

/** Closing them closes the root too. */
function openHandlesBelow(files: FileSystem, root: ByteString): DirectoryHandles {
  const close = (handle: number): void => files.close(handle);
  const opened = files.at.open(undefined, root, 'read-directory');
  const handles = openDirectoryHandles(files.at, close, opened);
  return {
    ...handles,
    close() {
      handles.close();
      close(opened);
    },
  };
}

function components(name: ByteString, path: string): ByteString[] {
  const names = name.split('/').filter((part) => part !== '' && part !== '.') as ByteString[];
  if (!names.some((part) => part === '..' || part.includes('\0'))) return names;
  throw new CodedError('PATH_NOT_FOUND', `"${path}" leads outside the root, or is not a path.`, {
    hint: 'Give a path below the root, without `..`.',
  });
}

function makeDirectories(
  files: FileSystem,
  root: ByteString,
  names: readonly ByteString[],
  path: string,
): void {
  const handles = openHandlesBelow(files, root);
  try {
    names.forEach((name, depth) => {
      const parent = handles.open(names.slice(0, depth).join('/') as ByteString);
      if (!files.at.stat(parent, name)) files.at.makeDirectory(parent, name);
    });
  } catch (error) {
    throw unreachable(path, error);
  } finally {
    handles.close();
  }
}

/** The regular file at a place, if there is one. @throws CodedError NOT_A_FILE, PATH_NOT_FOUND */
export function openFile(files: FileSystem, place: Place): OpenFile | undefined {
  let descriptor: number;
  try {
    descriptor = files.at.open(place.directory, place.name, 'read-file');
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === 'ENOENT') return undefined;
    if (code === 'ELOOP') throw notAFile(place.path, 'a symbolic link');
    if (code === 'ENXIO') throw notAFile(place.path, 'a socket or a device');
    if (code === 'ENAMETOOLONG') throw unreachable(place.path, error);
    throw error;
  }
  try {
    const stat = files.at.statOpen(descriptor);
    if (stat.type !== 'file') {
      throw notAFile(place.path, stat.type === 'directory' ? 'a directory' : 'a special file');
    }
    return { descriptor, stat, path: place.path, close: () => files.close(descriptor) };
  } catch (error) {
    files.close(descriptor);
    throw error;
  }
}

/** The regular file at a place, where there must be one. @throws CodedError PATH_NOT_FOUND, NOT_A_FILE */
export function openExistingFile(files: FileSystem, place: Place): OpenFile {
  const file = openFile(files, place);
  try {
    if (file && isUnsized(files, file)) throw unsized(place.path);
  } catch (error) {
    file?.close();
    throw error;
  }
  if (file) return file;
  throw new CodedError('PATH_NOT_FOUND', `${place.path} does not exist.`, {
    hint: 'Check the path, which on a server is relative to the root.',
  });
}

/** Whether a file that says it has 0 bytes has more, or would let its reader wait for them. */
function isUnsized(files: FileSystem, { descriptor, stat }: OpenFile): boolean {
  if (stat.sizeBytes > 0) return false;
  try {
    return files.read(descriptor, new Uint8Array(1), 0) > 0;
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === 'EAGAIN' || code === 'ESPIPE') return true;
    throw error;
  }
}

function unsized(path: string): CodedError {
  const message = `${path} says that it has 0 bytes, but holds more: its size is not known.`;
  return new CodedError('NOT_A_FILE', message, { hint: 'Copy it with `cat`.' });
}

/** Which file this is, and in which state: changes whenever its bytes may have changed. */
export function identityOf(stat: FileStat): string {
  const { device, inode, sizeBytes, mtime, ctime } = stat;
  const times = [mtime.seconds, mtime.nanoseconds, ctime.seconds, ctime.nanoseconds];
  return [device, inode, sizeBytes, ...times].join('-');
}

function notAFile(path: string, what: string): CodedError {
  return new CodedError('NOT_A_FILE', `${path} is ${what}; only regular files can be copied.`, {
    hint: 'Name a regular file.',
  });
}

function unreachable(path: string, error: unknown): unknown {
  const code = fileErrorCode(error);
  if (code === undefined || code === 'EACCES') return error;
  return new CodedError('PATH_NOT_FOUND', `${path} cannot be reached: ${reasonOf(error)}.`, {
    hint: 'Its directory must exist; below the root of a server, symbolic links are not followed.',
    cause: error,
  });
}
