/** Extended attributes and inode flags of a node: what `stat` does not tell. */
import type { ByteString } from './bytes.js';

/** A node, opened or by its name in an open directory, where a link is never followed. */
export type NodeHandle =
  | { readonly type: 'open'; readonly descriptor: number }
  | { readonly type: 'named'; readonly directory: number; readonly name: ByteString };

export interface ExtendedAttribute {
  /** With its namespace: `user.mime_type`, `system.posix_acl_access`. */
  readonly name: ByteString;
  readonly value: ByteString;
}

export interface NodeAttributes {
  /** A sum of {@link INODE_FLAGS}; 0 where the file system has none. */
  readonly flags: number;
  /** In byte order of their names. */
  readonly xattrs: readonly ExtendedAttribute[];
}

export const NO_ATTRIBUTES: NodeAttributes = { flags: 0, xattrs: [] };

/**
 * XFS lists access control lists a second time, under these names, to the superuser. Elsewhere they are
 * mere bytes that stay when the list is changed, and back on XFS they would set it as it was.
 */
const SHADOWS: ReadonlySet<string> = new Set(['trusted.SGI_ACL_FILE', 'trusted.SGI_ACL_DEFAULT']);

/** Whether an attribute is only another view of one that is listed, too: it is no one's to keep. */
export function isShadow(name: ByteString): boolean {
  return SHADOWS.has(name);
}

export interface AttributeCalls {
  /** Every attribute that this process may read, without shadows ({@link isShadow}). The flags of a node that is not open are not available. */
  read(node: NodeHandle): NodeAttributes;
  /** The names of its extended attributes, without shadows; none where the file system has none. */
  list(node: NodeHandle): ByteString[];
  set(node: NodeHandle, attribute: ExtendedAttribute): void;
  remove(node: NodeHandle, name: ByteString): void;
  /** Gives an open file or directory these of {@link INODE_FLAGS} and no others. */
  setFlags(descriptor: number, flags: number): void;
  /** Those of {@link INODE_FLAGS} that an open file or directory has. */
  flags(descriptor: number): number;
}

/**
 * The flags that chattr(1) can set, in the order of lsattr(1), with its letters and the kernel's bits
 * (FS_*_FL of linux/fs.h). The others say how a file system stores a file (extents, encryption).
 */
export const INODE_FLAGS = [
  { letter: 's', bit: 0x1 },
  { letter: 'u', bit: 0x2 },
  { letter: 'S', bit: 0x8 },
  { letter: 'D', bit: 0x10000 },
  { letter: 'i', bit: 0x10 },
  { letter: 'a', bit: 0x20 },
  { letter: 'd', bit: 0x40 },
  { letter: 'A', bit: 0x80 },
  { letter: 'c', bit: 0x4 },
  { letter: 'j', bit: 0x4000 },
  { letter: 't', bit: 0x8000 },
  { letter: 'T', bit: 0x20000 },
  { letter: 'C', bit: 0x800000 },
  { letter: 'x', bit: 0x2000000 },
  { letter: 'F', bit: 0x40000000 },
  { letter: 'P', bit: 0x20000000 },
  { letter: 'm', bit: 0x400 },
] as const;

/** As lsattr(1) shows them, without its dashes: `ia`. */
export function flagLetters(flags: number): string {
  return INODE_FLAGS.filter(({ bit }) => (flags & bit) !== 0)
    .map(({ letter }) => letter)
    .join('');
}

/** Every bit of {@link INODE_FLAGS}. */
export const SETTABLE_FLAGS = INODE_FLAGS.reduce((sum, { bit }) => sum | bit, 0);

/** Immutable and append-only: under them nothing else of a node can be changed. */
export const LOCKING_FLAGS = 0x10 | 0x20;
