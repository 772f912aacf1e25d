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
  /** Names of the file; more than one: it is also elsewhere. */
  readonly linkCount: number;
  readonly mtime: FileTime;
  readonly ctime: FileTime;
}

/** How a name is opened. None follows a symbolic link; reading never waits for a fifo's writer. */
export type OpenMode =
  | 'read-file'
  | 'read-directory'
  /** Made by this call (`O_EXCL`), writable. */
  | 'create-file'
  /** An existing file, for writing within it. */
  | 'write-file'
  /** The same, for reading as well. */
  | 'update-file';

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
  /** Removes an empty directory. */
  removeDirectory(directory: number, name: ByteString): void;
  /** Within one directory; what is not a directory and has the name `to` is replaced. */
  rename(directory: number, from: ByteString, to: ByteString): void;
  setOwner(directory: number, name: ByteString, uid: number, gid: number): void;
  setOwnerOpen(descriptor: number, uid: number, gid: number): void;
  setMtime(directory: number, name: ByteString, mtime: FileTime): void;
  setMtimeOpen(descriptor: number, mtime: FileTime): void;
  /** Gives the space of a range back, the bytes read as zeros. False where that cannot be done. */
  punchHole(descriptor: number, offset: number, length: number): boolean;
}
