/** Reads what a node has beside its stat. */
import type { AtCalls } from '../platform/at-calls.js';
import {
  NO_ATTRIBUTES,
  type NodeAttributes,
  type NodeHandle,
} from '../platform/attribute-calls.js';
import type { ByteString } from '../platform/bytes.js';
import type { FileSystem } from '../platform/files.js';
import { systemErrorCode } from '../platform/platform.js';

/** Its extended attributes and inode flags; none where there are no calls for them. */
export function readAttributes(at: AtCalls, node: NodeHandle): NodeAttributes {
  return at.attributes?.read(node) ?? NO_ATTRIBUTES;
}

/**
 * The same of a file or directory that nobody has open. It is opened for its inode flags; one that
 * may not be opened has its extended attributes alone.
 * @throws system errors
 */
export function readAttributesAt(
  { at, close }: Pick<FileSystem, 'at' | 'close'>,
  directory: number,
  name: ByteString,
  mode: 'read-file' | 'read-directory',
): NodeAttributes {
  let descriptor: number;
  try {
    descriptor = at.open(directory, name, mode);
  } catch (error) {
    if (systemErrorCode(error) !== 'EACCES') throw error;
    return readAttributes(at, { type: 'named', directory, name });
  }
  try {
    return readAttributes(at, { type: 'open', descriptor });
  } finally {
    close(descriptor);
  }
}
