/** Gives what was restored its owner, permissions and time. */
import type { FileTime } from '../platform/at-calls.js';
import type { ByteString } from '../platform/bytes.js';
import type { FileSystem } from '../platform/files.js';

/** What is set on a restored node. */
export interface RestorableMetadata {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly mtime: FileTime;
}

/**
 * What metadata is put on: an open file or directory, or by its name what cannot be opened. A special
 * file has permissions, a symbolic link has none.
 */
export type MetadataPlace =
  | { readonly type: 'open'; readonly descriptor: number }
  | {
      readonly type: 'symlink' | 'special';
      readonly directory: number;
      readonly name: ByteString;
    };

/** Owner first, since changing it clears setuid; the time last, since all else may change it. */
export function setMetadata(
  files: FileSystem,
  place: MetadataPlace,
  { uid, gid, mode, mtime }: RestorableMetadata,
  setsOwner: boolean,
): void {
  const { at } = files;
  switch (place.type) {
    case 'open':
      if (setsOwner) at.setOwnerOpen(place.descriptor, uid, gid);
      files.setMode(place.descriptor, mode);
      at.setMtimeOpen(place.descriptor, mtime);
      return;
    case 'symlink':
    case 'special':
      if (setsOwner) at.setOwner(place.directory, place.name, uid, gid);
      if (place.type === 'special') at.setMode(place.directory, place.name, mode);
      at.setMtime(place.directory, place.name, mtime);
  }
}
