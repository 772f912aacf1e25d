/** Gives what was restored its owner, permissions, attributes and time. */
import { VersionType } from '../model.js';
import type { AtCalls, FileStat, FileTime } from '../../platform/at-calls.js';
import {
  INODE_FLAGS,
  LOCKING_FLAGS,
  type NodeAttributes,
  type NodeHandle,
} from '../../platform/attribute-calls.js';
import type { ByteString } from '../../platform/bytes.js';
import type { FileSystem } from '../../platform/files.js';
import { systemErrorCode } from '../../platform/platform.js';
import { isSameTime } from './compare.js';

/** What is set on a restored node. */
export interface RestorableMetadata {
  readonly type: VersionType;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly mtime: FileTime;
  /** undefined: nothing is known, and what is there stays. */
  readonly known: NodeAttributes | undefined;
}

/** What of a node's metadata could not be set. */
export type MetadataKind =
  | 'owner'
  | 'group'
  | 'permissions'
  | 'access control list'
  | 'extended attribute'
  | 'inode flags'
  | 'time';

export interface Shortfall {
  readonly kind: MetadataKind;
  /** What the system call failed with. */
  readonly code: string;
}

/**
 * Sets all that can be set and says what could not: a node without its owner is still worth having.
 * The order matters: changing the owner clears setuid and capabilities; an access control list and
 * the permissions share bits; the time goes behind everything that may change it. Flags that lock a
 * node ({@link lockNode}) are left for the end of the restore. `there`: the attributes that the node
 * has, if the caller knows them.
 */
export function setMetadata(
  files: FileSystem,
  node: NodeHandle,
  wanted: RestorableMetadata,
  there = wanted.known && files.at.attributes?.read(node),
): readonly Shortfall[] {
  const { at } = files;
  if (node.type === 'open' && isLockedNow(at, node.descriptor, there)) {
    return lockedOut(wanted, at.statOpen(node.descriptor), there);
  }
  const shortfalls: Shortfall[] = [];
  const lost = setOwner(at, node, wanted, shortfalls);
  const { known } = wanted;
  if (known) setExtendedAttributes({ at, node, shortfalls }, known, there?.xattrs ?? []);
  setMode({ files, node, shortfalls }, wanted, lost);
  if (node.type === 'open') {
    setTime({ at, node, shortfalls }, wanted.mtime);
    const flags = known && known.flags & ~LOCKING_FLAGS;
    if (flags !== undefined)
      setFlags({ at, shortfalls }, node.descriptor, there?.flags ?? 0, flags);
  } else {
    setTime({ at, node, shortfalls }, wanted.mtime);
  }
  return shortfalls.length === 0 ? NONE : shortfalls;
}

/** The system said that it was set, and it is not. */
const NOT_KEPT = 'not kept by the file system';
/** What file systems round times to is at most this. */
const ROUNDING_SECONDS = 2;
/** Beyond this, some file systems (ext4 with small inodes) silently take the last second that they know. */
const SAFE_SECONDS = 2 ** 31;

/** Which of what was set without complaint is not as it should be. Times may be rounded. */
export function notKept(
  { type, uid, gid, mode, mtime }: RestorableMetadata,
  there: FileStat,
): readonly Shortfall[] {
  const isOther: Partial<Record<MetadataKind, boolean>> = {
    owner: there.uid !== uid,
    group: there.gid !== gid,
    permissions: type !== VersionType.symlink && there.mode !== mode,
    time: Math.abs(there.mtime.seconds - mtime.seconds) > ROUNDING_SECONDS,
  };
  const kinds = Object.keys(isOther) as MetadataKind[];
  return kinds.filter((kind) => isOther[kind]).map((kind) => ({ kind, code: NOT_KEPT }));
}

/** Sets the time of a node, and sees to it that a strange one was taken. */
function setTime({ at, node, shortfalls }: Setting, mtime: FileTime): void {
  const isSet = attempt(shortfalls, 'time', () => {
    if (node.type === 'open') at.setMtimeOpen(node.descriptor, mtime);
    else at.setMtime(node.directory, node.name, mtime);
  });
  if (!isSet || Math.abs(mtime.seconds) < SAFE_SECONDS) return;
  const there =
    node.type === 'open' ? at.statOpen(node.descriptor) : at.stat(node.directory, node.name);
  const isKept = there && Math.abs(there.mtime.seconds - mtime.seconds) <= ROUNDING_SECONDS;
  if (!isKept) shortfalls.push({ kind: 'time', code: NOT_KEPT });
}

/** Of an immutable or append-only node nothing can be set, and somebody meant that. */
const LOCKED = 'immutable or append-only, see lsattr(1)';

function isLockedNow(at: AtCalls, descriptor: number, there: NodeAttributes | undefined): boolean {
  const flags = there ? there.flags : (at.attributes?.flags(descriptor) ?? 0);
  return (flags & LOCKING_FLAGS) !== 0;
}

/** What differs of a locked node, which stays as it is. */
function lockedOut(
  wanted: RestorableMetadata,
  stat: FileStat,
  there: NodeAttributes | undefined,
): readonly Shortfall[] {
  const kinds = notKept(wanted, stat).map(({ kind }) => kind);
  const isOpened = wanted.known && (wanted.known.flags & LOCKING_FLAGS) === 0;
  if (there && isOpened) kinds.push('inode flags');
  return kinds.map((kind) => ({ kind, code: LOCKED }));
}

/** A node whose metadata is being set; what cannot be set is added to `shortfalls`. */
interface Setting {
  readonly at: AtCalls;
  readonly node: NodeHandle;
  readonly shortfalls: Shortfall[];
}

/** Makes an open file or directory immutable or append-only, if it was. Nothing can follow that. */
export function lockNode(
  at: AtCalls,
  descriptor: number,
  { flags }: NodeAttributes,
): readonly Shortfall[] {
  const shortfalls: Shortfall[] = [];
  setFlags({ at, shortfalls }, descriptor, at.attributes?.flags(descriptor) ?? 0, flags);
  return shortfalls;
}

/**
 * To be called before a file is made in a directory under a temporary name: where the directory is
 * append-only, it could be made, but not be given its name, nor be removed.
 * @throws system error EPERM
 */
export function refuseLockedDirectory(at: AtCalls, directory: number): void {
  if (((at.attributes?.flags(directory) ?? 0) & LOCKING_FLAGS) === 0) return;
  const message = 'EPERM: its directory is immutable or append-only';
  throw Object.assign(new Error(message), { code: 'EPERM' });
}

/** Whether {@link lockNode} has something to do. */
export function isLocked(known: NodeAttributes | undefined): known is NodeAttributes {
  return known !== undefined && (known.flags & LOCKING_FLAGS) !== 0;
}

const NONE: readonly Shortfall[] = [];
/** To chown(2): this one stays. */
const KEEP = 0xffffffff;
const SETUID = 0o4000;
const SETGID = 0o2000;

function attempt(shortfalls: Shortfall[], kind: MetadataKind, action: () => void): boolean {
  try {
    action();
    return true;
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === undefined) throw error;
    shortfalls.push({ kind, code });
    return false;
  }
}

/**
 * The permission bits that the node must not get: a program that runs as its owner does not become
 * one that runs as somebody else. (What GNU cp does.)
 */
function setOwner(
  at: AtCalls,
  node: NodeHandle,
  { type, uid, gid }: RestorableMetadata,
  shortfalls: Shortfall[],
): number {
  const change = (user: number, group: number): void => {
    if (node.type === 'open') at.setOwnerOpen(node.descriptor, user, group);
    else at.setOwner(node.directory, node.name, user, group);
  };
  if (attempt([], 'owner', () => change(uid, gid))) return 0;
  const there =
    node.type === 'open' ? at.statOpen(node.descriptor) : at.stat(node.directory, node.name);
  const isOwner = there?.uid === uid || attempt(shortfalls, 'owner', () => change(uid, KEEP));
  const isGroup = there?.gid === gid || attempt(shortfalls, 'group', () => change(KEEP, gid));
  // On a directory the bits say only whose group new files get.
  if (type === VersionType.directory) return 0;
  return (isOwner ? 0 : SETUID) | (isGroup ? 0 : SETGID);
}

/** All but the bits of `lost`. A symbolic link has no permissions. */
function setMode(
  {
    files,
    node,
    shortfalls,
  }: Pick<Setting, 'node' | 'shortfalls'> & { readonly files: FileSystem },
  { type, mode }: RestorableMetadata,
  lost: number,
): void {
  if (type === VersionType.symlink) return;
  if ((mode & lost) !== 0) shortfalls.push({ kind: 'permissions', code: 'EPERM' });
  const allowed = mode & ~lost;
  attempt(shortfalls, 'permissions', () => {
    if (node.type === 'open') files.setMode(node.descriptor, allowed);
    else files.at.setMode(node.directory, node.name, allowed);
  });
}

/** Sets what differs, and removes what was not there where that is sure. */
function setExtendedAttributes(
  { at: { attributes: calls }, node, shortfalls }: Setting,
  known: NodeAttributes,
  present: NodeAttributes['xattrs'],
): void {
  if (!calls) {
    for (const { name } of known.xattrs) shortfalls.push({ kind: kindOf(name), code: 'ENOSYS' });
    return;
  }
  if (present.length === 0 && known.xattrs.length === 0) return;
  const there = new Map(present.map(({ name, value }) => [name, value]));
  const wanted = new Set(known.xattrs.map(({ name }) => name));
  for (const name of there.keys()) {
    if (wanted.has(name) || !isSeenByAll(name)) continue;
    attempt(shortfalls, kindOf(name), () => calls.remove(node, name));
  }
  for (const attribute of known.xattrs) {
    if (there.get(attribute.name) === attribute.value) continue;
    attempt(shortfalls, kindOf(attribute.name), () => calls.set(node, attribute));
  }
}

function kindOf(name: ByteString): MetadataKind {
  return name.startsWith('system.posix_acl_') ? 'access control list' : 'extended attribute';
}

/**
 * Whether whoever made the backup would have seen the attribute: its absence then is known. Others
 * (`trusted.*` for an ordinary user) may only have been out of sight, or are given by the system.
 */
function isSeenByAll(name: ByteString): boolean {
  return name.startsWith('user.') || name.startsWith('system.posix_acl_');
}

/** All at once, else each that can be set: a file system has some of the flags and not others. */
function setFlags(
  { at: { attributes: calls }, shortfalls }: Omit<Setting, 'node'>,
  descriptor: number,
  present: number,
  wanted: number,
): void {
  if (!calls) {
    if (wanted !== 0) shortfalls.push({ kind: 'inode flags', code: 'ENOSYS' });
    return;
  }
  let there = present;
  if (there === wanted || attempt([], 'inode flags', () => calls.setFlags(descriptor, wanted))) {
    return;
  }
  for (const { bit } of INODE_FLAGS) {
    const next = (there & ~bit) | (wanted & bit);
    if (next === there) continue;
    if (attempt(shortfalls, 'inode flags', () => calls.setFlags(descriptor, next))) there = next;
  }
}

/**
 * Whether a node has other metadata than it should have; `there`: what `stat` says of it. The flags
 * are compared where the node is open.
 */
export function differsInMetadata(
  { attributes: calls }: AtCalls,
  node: NodeHandle,
  there: FileStat,
  { type, uid, gid, mode, mtime, known }: RestorableMetadata,
): boolean {
  if (there.uid !== uid || there.gid !== gid || !isSameTime(there.mtime, mtime)) return true;
  // A symbolic link has no permissions.
  if (type !== VersionType.symlink && there.mode !== mode) return true;
  if (!known || !calls) return false;
  const { xattrs, flags } = calls.read(node);
  if (node.type === 'open' && flags !== known.flags) return true;
  const wanted = new Map(known.xattrs.map(({ name, value }) => [name, value]));
  const kept = xattrs.filter(({ name, value }) => wanted.get(name) === value);
  const extra = xattrs.filter(({ name }) => !wanted.has(name) && isSeenByAll(name));
  return kept.length !== wanted.size || extra.length > 0;
}
