/** A change of one path, as every diff finds it: with what it held on both sides. */
import type { ContentRef } from '../../model.js';
import type { FileTime } from '../../../platform/at-calls.js';
import type { ByteString } from '../../../platform/bytes.js';

/**
 * How a path changed. `modified`: the bytes of a file, the target of a link; `metadata`: owner, mode
 * or modification time and nothing else; `type`: a file became a directory, and the like.
 */
export type ChangeType = 'added' | 'removed' | 'modified' | 'metadata' | 'type';

export interface Change {
  readonly path: ByteString;
  readonly change: ChangeType;
  /** Bytes of the file that it was and that it is; undefined where it was, or is, no file. */
  readonly sizeBefore?: number;
  readonly sizeAfter?: number;
  /** Of an added file: the removed one that held the same bytes. */
  readonly renamedFrom?: ByteString;
  /** Of a removed file: the added one that holds its bytes. */
  readonly renamedTo?: ByteString;
}

/** A file on one side of a diff. */
export interface FileSide {
  readonly sizeBytes: number;
  /** `live`: the file that has the path now. */
  readonly content: ContentRef | { readonly type: 'live' };
  /** Of the live tree, and of what it is compared with. */
  readonly inode?: number;
  readonly mtime?: FileTime;
}

/** A change with what it was found by. */
export interface FoundChange extends Change {
  readonly before: FileSide | undefined;
  readonly after: FileSide | undefined;
}

export function foundChange(
  path: ByteString,
  change: ChangeType,
  before: FileSide | undefined,
  after: FileSide | undefined,
): FoundChange {
  return {
    path,
    change,
    ...(before && { sizeBefore: before.sizeBytes }),
    ...(after && { sizeAfter: after.sizeBytes }),
    before,
    after,
  };
}

/** The change without what it was found by. */
export function toChange({ before: _before, after: _after, ...change }: FoundChange): Change {
  return change;
}
