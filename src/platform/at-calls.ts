/**
 * Calls on a name within an open directory: what the tree walk and the restore are made of. Nothing
 * here follows a symbolic link in the last component. Two implementations: `native-at-calls.ts`
 * (libc through koffi) and `portable-at-calls.ts` (node:fs through /proc/self/fd).
 */
import type { AttributeCalls } from './attribute-calls.js';
import type { ByteString } from './bytes.js';

/** What kind of thing a name is. */
export type FileType =
  'file' | 'directory' | 'symlink' | 'fifo' | 'socket' | 'characterDevice' | 'blockDevice';

/** What holds no bytes and is never opened: what `makeSpecial` makes. */
export type SpecialType = 'fifo' | 'socket' | 'characterDevice' | 'blockDevice';

/** A point in time as the kernel keeps it. */
export interface FileTime {
  /** Whole seconds since 1970, negative before. */
  readonly seconds: number;
  /** 0 to 999 999 999, added to `seconds`. */
  readonly nanoseconds: number;
}

/** One lstat. */
export interface FileStat {
  readonly type: FileType;
  /** Permission bits with setuid, setgid and sticky: 0 to 0o7777. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly sizeBytes: number;
  /** Bytes that the file system has given it: less than its size where it has holes. */
  readonly allocatedBytes: number;
  /** Number of its hard links. */
  readonly linkCount: number;
  /** A device's number: major * 2^20 + minor; 0 for the others. */
  readonly rdev: number;
  /** Its low 52 bits. */
  readonly inode: number;
  readonly device: number;
  /**
   * The mount through which it was looked at, which tells bind mounts of one file system apart; undefined
   * where `stat` does not say (before Linux 5.8, and without libc): see {@link AtCalls.mountOf}.
   */
  readonly mount: number | undefined;
  readonly mtime: FileTime;
  readonly ctime: FileTime;
  /** Time of birth; undefined where the file system keeps none. */
  readonly btime: FileTime | undefined;
}

/** How a name is opened. None follows a symbolic link; reading never waits for a fifo's writer. */
export type OpenMode =
  | 'read-file'
  | 'read-directory'
  /** Made by this call (`O_EXCL`), writable, for its owner only. */
  | 'create-file'
  /** Made by this call, with the permissions of any new file: what the umask leaves of 0666. */
  | 'create-public-file'
  /** An existing file, for writing within it. */
  | 'write-file'
  /** An existing file, for reading and writing. */
  | 'update-file';

/** Permissions of a file that is made, before the umask. */
export const permissions = (mode: OpenMode): number =>
  mode === 'create-public-file' ? 0o666 : 0o600;

export interface AtCalls {
  /** What implements the calls, for `--version` and notices. */
  readonly name: 'libc' | 'proc';
  /** Whether modification times keep their nanoseconds when set. */
  readonly setsNanoseconds: boolean;
  /** Whether {@link AtCalls.seek} can be asked. */
  readonly seeksHoles: boolean;
  /** Extended attributes and inode flags; undefined where there are no calls for them. */
  readonly attributes: AttributeCalls | undefined;
  /** Names in an open directory, without `.` and `..`, in no order. */
  list(directory: number): ByteString[];
  /** undefined when nothing of that name exists. */
  stat(directory: number, name: ByteString): FileStat | undefined;
  statOpen(descriptor: number): FileStat;
  /** The mount through which it was opened; undefined where nobody says. */
  mountOf(descriptor: number): number | undefined;
  /** The kernel's number for the type of the file system that it lies on: `f_type` of statfs(2). */
  fileSystemType(descriptor: number): number;
  /** Opens `name`; `directory` undefined: relative to the working directory, or absolute. */
  open(directory: number | undefined, name: ByteString, mode: OpenMode): number;
  makeDirectory(directory: number, name: ByteString): void;
  makeSymlink(directory: number, name: ByteString, target: ByteString): void;
  /** `rdev` as in {@link FileStat}. Devices are the superuser's to make; ENOSYS without libc. */
  makeSpecial(directory: number, name: ByteString, type: SpecialType, rdev: number): void;
  /** Gives what `name` names (a symbolic link itself) a second name. */
  link(directory: number, name: ByteString, toDirectory: number, toName: ByteString): void;
  readSymlink(directory: number, name: ByteString): ByteString;
  /** Removes what is not a directory. */
  remove(directory: number, name: ByteString): void;
  /** Removes an empty directory. */
  removeDirectory(directory: number, name: ByteString): void;
  /** Within one directory; what is not a directory and has the name `to` is replaced. */
  rename(directory: number, from: ByteString, to: ByteString): void;
  setOwner(directory: number, name: ByteString, uid: number, gid: number): void;
  setOwnerOpen(descriptor: number, uid: number, gid: number): void;
  /** Permissions of what is not opened: neither a symbolic link nor through one. */
  setMode(directory: number, name: ByteString, mode: number): void;
  setMtime(directory: number, name: ByteString, mtime: FileTime): void;
  setMtimeOpen(descriptor: number, mtime: FileTime): void;
  /**
   * Where the next data or the next hole begins, from `offset` on, as far as the file system says;
   * undefined when there is none. Needs `seeksHoles`.
   */
  seek(descriptor: number, offset: number, next: 'data' | 'hole'): number | undefined;
  /** Gives the space of a range back, the bytes read as zeros. False where that cannot be done. */
  punchHole(descriptor: number, offset: number, length: number): boolean;
  /** Takes the open file for this descriptor alone, until it is closed. False: another has it. */
  tryLock(descriptor: number): boolean;
}
