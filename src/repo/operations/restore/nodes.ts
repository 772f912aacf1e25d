/** Makes the nodes of a tree that hold no bytes of their own, by type; workers make the others. */
import { VersionType, type Version } from '../../model.js';
import type { ByteString } from '../../platform/bytes.js';
import type { FileSystem } from '../../platform/files.js';

/** The types that {@link makeNode} makes. */
export type NodeType = Exclude<VersionType, typeof VersionType.file>;

/**
 * Makes `name` in an open directory.
 * @throws system errors: EEXIST where anything is there, EPERM for a device unless one is the superuser
 */
export function makeNode(
  { at }: FileSystem,
  directory: number,
  name: ByteString,
  type: NodeType,
  { link, rdev }: Pick<Version, 'link' | 'rdev'>,
): void {
  switch (type) {
    case VersionType.directory:
      at.makeDirectory(directory, name);
      return;
    case VersionType.symlink:
      at.makeSymlink(directory, name, link ?? ('' as ByteString));
      return;
    case VersionType.fifo:
      at.makeSpecial(directory, name, 'fifo', 0);
      return;
    case VersionType.socket:
      at.makeSpecial(directory, name, 'socket', 0);
      return;
    case VersionType.characterDevice:
      at.makeSpecial(directory, name, 'characterDevice', rdev);
      return;
    case VersionType.blockDevice:
      at.makeSpecial(directory, name, 'blockDevice', rdev);
  }
}
