/** Reads what a node has beside its stat. */
import { VersionType } from '../model.js';
import type { AtCalls } from '../../platform/at-calls.js';
import {
  NO_ATTRIBUTES,
  type NodeAttributes,
  type NodeHandle,
} from '../../platform/attribute-calls.js';
import type { ByteString } from '../../platform/bytes.js';
import type { FileSystem } from '../../platform/files.js';
import { systemErrorCode } from '../../platform/platform.js';

/** Its extended attributes and inode flags; none where there are no calls for them. */
export function readAttributes(at: AtCalls, node: NodeHandle): NodeAttributes {
  return at.attributes?.read(node) ?? NO_ATTRIBUTES;
}

/**
 * The attributes of a node that nobody has open. A file or directory is opened for its inode flags; one
 * that may not be opened has its extended attributes alone, and so has whatever else.
 * @throws system errors
 */
export function readAttributesAt(
  { at, close }: Pick<FileSystem, 'at' | 'close'>,
  directory: number,
  name: ByteString,
  type: VersionType,
): NodeAttributes {
  const mode = openModes[type];
  let descriptor: number | undefined;
  try {
    descriptor = mode && at.open(directory, name, mode);
  } catch (error) {
    if (systemErrorCode(error) !== 'EACCES') throw error;
  }
  if (descriptor === undefined) return readAttributes(at, { type: 'named', directory, name });
  try {
    return readAttributes(at, { type: 'open', descriptor });
  } finally {
    close(descriptor);
  }
}

/** What may be opened: to open a device or a fifo does something to it. */
const openModes: Partial<Record<VersionType, 'read-file' | 'read-directory'>> = {
  [VersionType.file]: 'read-file',
  [VersionType.directory]: 'read-directory',
};

export function hasSameAttributes(left: NodeAttributes, right: NodeAttributes): boolean {
  return (
    left.flags === right.flags &&
    left.xattrs.length === right.xattrs.length &&
    left.xattrs.every(({ name, value }, index) => {
      const other = right.xattrs[index];
      return other?.name === name && other.value === value;
    })
  );
}
