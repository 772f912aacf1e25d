/**
 * The plain data that the floors of the repository hand to each other: no behaviour, no imports but
 * types. Words as in docs/architecture.md.
 */
import type { FileTime } from '../platform/at-calls.js';
import type { NodeAttributes } from '../platform/attribute-calls.js';
import type { ByteString } from '../platform/bytes.js';

/** Where a frame lies. */
export interface FrameAddress {
  readonly pack: number;
  readonly offset: number;
  readonly lengthBytes: number;
}

/** Where one member of a frame lies, and what it is when rebuilt. */
export interface BlobAddress {
  readonly hash: Uint8Array;
  readonly lengthBytes: number;
  readonly frame: FrameAddress;
  readonly member: number;
}

/** How to get a blob's bytes: a full copy, then deltas from it to the blob, in that order. */
export interface BlobRecipe {
  readonly hash: Uint8Array;
  readonly lengthBytes: number;
  readonly full: BlobAddress;
  readonly deltas: readonly BlobAddress[];
}

/** A frame that a worker has appended. */
export interface StoredFrame extends FrameAddress {
  readonly kind: number;
  readonly headBytes: number;
  /** For each member of the frame, the position of its blob in the request. */
  readonly members: readonly number[];
  /** Raw bytes of each member in the frame's sections: its share of the stored bytes. */
  readonly weights: readonly number[];
}

/** The type of a version. */
export const VersionType = {
  file: 1,
  directory: 2,
  symlink: 3,
  fifo: 4,
  socket: 5,
  characterDevice: 6,
  blockDevice: 7,
} as const;
export type VersionType = (typeof VersionType)[keyof typeof VersionType];

/** Bits of `version.flags`. `suspect`: the bytes changed while size, mtime and ctime did not. */
export const VersionFlag = { racy: 1, unstable: 2, sparse: 4, suspect: 8 } as const;

/** Metadata that is recorded of a path. */
export interface Metadata {
  readonly type: VersionType;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly mtime: FileTime;
  readonly ctime: FileTime;
  /** undefined where the file system keeps none. */
  readonly btime: FileTime | undefined;
  readonly inode: number;
  /** A device's major * 2^20 + minor; 0 for all else. */
  readonly rdev: number;
  readonly sizeBytes: number;
}

/** What is recorded of a path beside its {@link Metadata}. */
export interface AttributeSet extends NodeAttributes {
  /** Name of the owner; empty for a uid without one. */
  readonly user: ByteString;
  /** Name of the group; empty for a gid without one. */
  readonly group: ByteString;
}

/** What a version's bytes are, by row ids of the index. */
export type ContentRef =
  | { readonly type: 'none' }
  | { readonly type: 'blob'; readonly blob: number }
  | { readonly type: 'content'; readonly content: number };

/** One row of `version`. */
export interface Version extends Metadata {
  readonly path: number;
  readonly first: number;
  readonly last: number;
  readonly flags: number;
  /** Files with the same number are hard links of each other; 0: none. */
  readonly links: number;
  /** Row id of its attribute set; 0: the empty one, nothing is known. */
  readonly attributes: number;
  readonly link: ByteString | undefined;
  readonly content: ContentRef;
}

/** A source file or directory that could not be backed up or restored as asked. */
export interface Issue {
  readonly path: ByteString;
  readonly code: IssueCode;
  readonly message: string;
}

/** Something that whoever runs a backup should know, though nothing went wrong. */
export interface Notice {
  readonly code: NoticeCode;
  /** One sentence or two. */
  readonly message: string;
  /** What it is about; may be empty. */
  readonly paths: readonly ByteString[];
}

/** What a {@link Notice} says. */
export type NoticeCode =
  /** Pseudo file systems were left out. */
  | 'PSEUDO_FILE_SYSTEM'
  /** A path that was named is a symbolic link, and what it leads to was backed up. */
  | 'LINK_FOLLOWED'
  /** Some of the paths that were named belong to the repository. */
  | 'REPOSITORY_LEFT_OUT'
  /** With the first backup of a source: the repository lies on its disk. */
  | 'SAME_DISK'
  /** With the first backup of a source: space in the repository's file system. */
  | 'FREE_SPACE'
  /** A new source seems to be a known one under another name. */
  | 'SOURCE_RESEMBLES';

/** What can be wrong with one file while the run goes on. */
export type IssueCode =
  | 'UNREADABLE'
  | 'UNREADABLE_DIRECTORY'
  | 'VANISHED'
  | 'UNSTABLE'
  | 'POSSIBLE_BIT_ROT'
  | 'SOURCE_MISSING'
  | 'SOURCE_EMPTY'
  | 'RULES_UNREADABLE'
  | 'DAMAGED'
  | 'NOT_RESTORED'
  | 'SPECIAL_NOT_RESTORED'
  | 'METADATA_NOT_RESTORED'
  | 'METADATA_NOT_PERMITTED'
  | 'NOT_DELETED'
  | 'READ_BACK_DIFFERS';

/** How large files are cut; fixed when the repository is made. */
export interface ChunkingParameters {
  /** A file up to this many bytes is one blob. */
  readonly wholeFileBytes: number;
  /** A large file is cut at every multiple of this, so that workers can share it. */
  readonly segmentBytes: number;
  readonly leastBytes: number;
  readonly averageBytes: number;
  readonly mostBytes: number;
}
