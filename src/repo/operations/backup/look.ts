/** What is recorded of a node whose contents are not read: its attributes, the target of a link. */
import { VersionType } from '../../model.js';
import { NO_ATTRIBUTES, type NodeAttributes } from '../../../platform/attribute-calls.js';
import type { ByteString } from '../../../platform/bytes.js';
import type { FileSystem } from '../../../platform/files.js';
import { fileErrorCode } from '../../../platform/system-errors.js';
import { readAttributes, readAttributesAt } from '../../tree/attributes.js';
import type { DirectoryHandles } from '../../../platform/directory-handles.js';

interface Seen {
  readonly attributes: NodeAttributes;
  /** Where a symbolic link leads. */
  readonly link?: ByteString;
}

/** A link or a special file. @throws system errors */
export function lookAt(
  files: FileSystem,
  directory: number,
  name: ByteString,
  type: VersionType,
): Seen {
  const attributes = readAttributesAt(files, directory, name, type);
  if (type !== VersionType.symlink) return { attributes };
  return { attributes, link: files.at.readSymlink(directory, name) };
}

/** The attributes that everybody may see, of a directory that may not be opened. */
export function lookAtClosed(
  { at }: FileSystem,
  handles: DirectoryHandles,
  parent: ByteString,
  name: ByteString,
): NodeAttributes {
  try {
    return readAttributes(at, { type: 'named', directory: handles.open(parent), name });
  } catch (error) {
    if (fileErrorCode(error) === undefined) throw error;
    return NO_ATTRIBUTES;
  }
}
