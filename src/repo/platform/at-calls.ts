/**
 * Calls on a name within an open directory: what the tree walk and the restore are made of. Nothing
 * here follows a symbolic link in the last component. Two implementations: `native-at-calls.ts`
 * (libc through koffi) and `portable-at-calls.ts` (node:fs through /proc/self/fd).
 */
import type { ByteString } from './bytes.js';

/** What kind of thing a name is. `other`: fifo, socket, device. */
export type FileType = 'file' | 'directory' | 'symlink' | 'other';

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
  /** Its low 52 bits. */
  readonly inode: number;
  readonly device: number;
  readonly mtime: FileTime;
  readonly ctime: FileTime;
}

/** How a name is opened. None follows a symbolic link; reading never waits for a fifo's writer. */
export type OpenMode =
  | 'read-file'
  | 'read-directory'
  /** Made by this call (`O_EXCL`), writable, for its owner only. */
  | 'create-file'
  /** The same, with the permissions of any new file: what the umask leaves of 0666. */
  | 'create-public-file'
  /** An existing file, for writing within it. */
  | 'write-file';

/** Permissions of a file that is made, before the umask. */
export const permissions = (mode: OpenMode): number =>
  mode === 'create-public-file' ? 0o666 : 0o600;

export interface AtCalls {
  /** What implements the calls, for `--version` and notices. */
  readonly name: 'libc' | 'proc';
  /** Whether modification times keep their nanoseconds when set. */
  readonly setsNanoseconds: boolean;
  /** Names in an open directory, without `.` and `..`, in no order. */
  list(directory: number): ByteString[];
  /** undefined when nothing of that name exists. */
  stat(directory: number, name: ByteString): FileStat | undefined;
  statOpen(descriptor: number): FileStat;
  /** Opens `name`; `directory` undefined: relative to the working directory, or absolute. */
  open(directory: number | undefined, name: ByteString, mode: OpenMode): number;
  makeDirectory(directory: number, name: ByteString): void;
  makeSymlink(directory: number, name: ByteString, target: ByteString): void;
  readSymlink(directory: number, name: ByteString): ByteString;
  /** Removes what is not a directory. */
  remove(directory: number, name: ByteString): void;
  /** Gives a name of the directory to what another of its names is; what had it goes. */
  rename(directory: number, from: ByteString, to: ByteString): void;
  setOwner(directory: number, name: ByteString, uid: number, gid: number): void;
  setOwnerOpen(descriptor: number, uid: number, gid: number): void;
  setMtime(directory: number, name: ByteString, mtime: FileTime): void;
  setMtimeOpen(descriptor: number, mtime: FileTime): void;
  /** Gives the space of a range back, the bytes read as zeros. False where that cannot be done. */
  punchHole(descriptor: number, offset: number, length: number): boolean;
  /** Where the next bytes at or behind `offset` are that are no hole; undefined: none up to the end. */
  findData(descriptor: number, offset: number): number | undefined;
  /** Where the next hole at or behind `offset` begins, at the latest the end of the file. */
  findHole(descriptor: number, offset: number): number;
  /** Takes the open file for this descriptor alone, until it is closed. False: another has it. */
  tryLock(descriptor: number): boolean;
}
