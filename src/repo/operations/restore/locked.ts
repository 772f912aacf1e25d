/**
 * Immutable and append-only nodes of a target: `chattr +i` and `+a`. The system says of them just EPERM,
 * even to the superuser.
 */
import { LOCKING_FLAGS } from '../../../platform/attribute-calls.js';
import { textFromBytes, type ByteString } from '../../../platform/bytes.js';
import type { DirectoryHandles } from '../../../platform/directory-handles.js';
import type { FileSystem } from '../../../platform/files.js';
import { join } from '../../../platform/paths.js';
import { systemErrorCode } from '../../../platform/platform.js';
import { splitPath } from '../../tree/relative-path.js';

/**
 * Why something cannot be done to `path`, below the target, that failed with `code`: a clause, with what to
 * do. undefined: neither it nor its directory is locked.
 */
export type LockExplainer = (path: ByteString, code: string) => string | undefined;

const IMMUTABLE = 0x10;

interface Surroundings {
  readonly files: FileSystem;
  readonly handles: DirectoryHandles;
  /** The path of the directory that is restored into. */
  readonly target: string;
}

export function createLockExplainer({ files, handles, target }: Surroundings): LockExplainer {
  const explain = (path: ByteString, what: string): string | undefined => {
    const flags = flagsOf({ files, handles }, path) & LOCKING_FLAGS;
    if (flags === 0) return undefined;
    const [word, letter] = (flags & IMMUTABLE) !== 0 ? ['immutable', 'i'] : ['append-only', 'a'];
    const place = textFromBytes(path);
    const absolute =
      place === '' ? files.absolutePath(target) : join(files.absolutePath(target), place);
    return `${what} is ${word}; run \`chattr -${letter} ${absolute}\`, then restore again`;
  };
  return (path, code) => {
    if (code !== 'EPERM') return undefined;
    const own = explain(path, 'it');
    return own ?? (path === '' ? undefined : explain(splitPath(path).directory, 'its directory'));
  };
}

/** 0 for what is not there, or has none. */
function flagsOf(
  { files, handles }: Pick<Surroundings, 'files' | 'handles'>,
  path: ByteString,
): number {
  const { at } = files;
  try {
    if (path === '') return at.attributes?.flags(handles.open(path)) ?? 0;
    const { directory, name } = splitPath(path);
    const type = at.stat(handles.open(directory), name)?.type;
    if (type === 'directory') return at.attributes?.flags(handles.open(path)) ?? 0;
    if (type !== 'file') return 0;
    const descriptor = at.open(handles.open(directory), name, 'read-file');
    try {
      return at.attributes?.flags(descriptor) ?? 0;
    } finally {
      files.close(descriptor);
    }
  } catch (error) {
    if (systemErrorCode(error) === undefined) throw error;
    return 0;
  }
}
