/** Makes the nodes of a tree that hold no bytes of their own, by type; workers make the others. */
import { VersionType } from '../../model.js';
import type { ByteString } from '../../platform/bytes.js';
import type { FileSystem } from '../../platform/files.js';

/** The types that {@link makeNode} makes. */
export type NodeType = Exclude<VersionType, typeof VersionType.file>;

/**
 * Makes `name` in an open directory; `link`: the target of a symbolic link.
 * @throws system errors: EEXIST where anything is there
 */
export function makeNode(
  { at }: FileSystem,
  directory: number,
  name: ByteString,
  type: NodeType,
  link: ByteString | undefined,
): void {
  switch (type) {
    case VersionType.directory:
      at.makeDirectory(directory, name);
      return;
    case VersionType.symlink:
      at.makeSymlink(directory, name, link ?? ('' as ByteString));
      return;
    case VersionType.fifo:
    case VersionType.socket:
    case VersionType.characterDevice:
    case VersionType.blockDevice:
      throw new Error('special files are not restored yet');
  }
}
