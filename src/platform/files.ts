/**
 * The file system as Varve uses it: whole reads and writes on descriptors, and plain calls on the
 * repository's own paths. Every call is synchronous: on Linux that is several times faster than one
 * promise for each file. A twin of this interface injects faults in tests.
 */
import * as fs from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { AtCalls } from './at-calls.js';
import {
  bufferFromBytes,
  bytesFromBuffer,
  bytesToText,
  systemPath,
  type ByteString,
} from './bytes.js';
import { loadNativeAtCalls } from './native-at-calls.js';
import { once } from './once.js';
import { portableAtCalls } from './portable-at-calls.js';
import { workingDirectory } from './process-bytes.js';
import { readToEnd } from './read-to-end.js';

/** What `stat` of one of the repository's own paths says. */
interface PathStat {
  readonly type: 'file' | 'directory' | 'other';
  readonly sizeBytes: number;
  /** Space taken on disk, which holes make smaller than the size. */
  readonly allocatedBytes: number;
  /** With the file system's device number, what a file is known by while it exists. */
  readonly inode: number;
  readonly device: number;
  readonly mtimeMs: number;
  /** Permissions only. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

/** How one of the repository's own files is opened. */
type RepositoryOpenMode =
  | 'read'
  | 'append'
  /** New, for its user only, or with the `permissions` that `open` is given. */
  | 'create'
  /** New, with the permissions that the process gives new files. */
  | 'create-public';

/** Paths are text; bytes of them that are not UTF-8 are lone surrogates (`bytes.ts`). */
export interface FileSystem {
  /** Calls on a name within an open directory. */
  readonly at: AtCalls;
  /** `permissions`: those of a new file, of which the umask may take some away. */
  open(path: string, mode: RepositoryOpenMode, permissions?: number): number;
  close(descriptor: number): void;
  /** Reads until `into` is full or the file ends; returns the count. */
  read(descriptor: number, into: Uint8Array, position: number): number;
  /**
   * Reads a file from its beginning to its end, whatever size it says it has, as `cat` does.
   * @throws system errors; EFBIG or ETIMEDOUT where no end comes: see `read-to-end.ts`
   */
  readToEnd(descriptor: number): Buffer;
  /** Writes all of `bytes` at `position`. */
  write(descriptor: number, bytes: Uint8Array, position: number): void;
  sync(descriptor: number): void;
  truncate(descriptor: number, lengthBytes: number): void;
  setMode(descriptor: number, mode: number): void;
  setOwner(descriptor: number, uid: number, gid: number): void;
  /** undefined when there is nothing. */
  stat(path: string): PathStat | undefined;
  list(path: string): string[];
  makeDirectories(path: string): void;
  makeTemporaryDirectory(prefix: string): string;
  rename(from: string, to: string): void;
  /** Gives a file a second name. */
  link(from: string, to: string): void;
  remove(path: string): void;
  removeTree(path: string): void;
  copyFile(from: string, to: string): void;
  /**
   * Makes a file in an open directory that shares the bytes of an open file. False, and nothing made,
   * where the file system cannot do that.
   */
  cloneFile(from: number, directory: number, name: ByteString): boolean;
  readFile(path: string): Buffer;
  canWrite(path: string): boolean;
  /** Free bytes for this user on the file system of `path`. */
  freeBytes(path: string): number;
  /** The size of the file system of `path`. */
  capacityBytes(path: string): number;
  /** Whether anything is at `path`, be it a dangling symbolic link. */
  exists(path: ByteString): boolean;
  /** Without `.`, `..` and a trailing slash; symbolic links stay. */
  absolutePath(path: string): string;
  /** The absolute path with every symbolic link resolved. */
  realPath(path: string): string;
  /** As `realPath`, of a path whose bytes need not be text. */
  realPathOf(path: ByteString): ByteString;
  syncDirectory(path: string): void;
}

const openFlags: Record<RepositoryOpenMode, number> = {
  read: fs.constants.O_RDONLY,
  append: fs.constants.O_RDWR,
  create: fs.constants.O_RDWR | fs.constants.O_CREAT | fs.constants.O_EXCL,
  'create-public': fs.constants.O_RDWR | fs.constants.O_CREAT | fs.constants.O_EXCL,
};

/** The real file system of this machine. */
export function openFileSystem(): FileSystem {
  // Loading libc takes 10 ms, and a query needs no call of it.
  const at = once(() => loadNativeAtCalls() ?? portableAtCalls);
  return {
    get at() {
      return at();
    },
    open: (path, mode, permissions = mode === 'create-public' ? 0o666 : 0o600) =>
      fs.openSync(systemPath(path), openFlags[mode], permissions),
    close: (descriptor) => fs.closeSync(descriptor),
    read: readFully,
    readToEnd: (descriptor) => readToEnd(descriptor),
    write: writeFully,
    sync: (descriptor) => fs.fsyncSync(descriptor),
    truncate: (descriptor, lengthBytes) => fs.ftruncateSync(descriptor, lengthBytes),
    setMode: (descriptor, mode) => fs.fchmodSync(descriptor, mode),
    setOwner: (descriptor, uid, gid) => fs.fchownSync(descriptor, uid, gid),
    stat: statPath,
    list: (path) => fs.readdirSync(systemPath(path)),
    makeDirectories,
    makeTemporaryDirectory: (prefix) =>
      bytesToText(fs.mkdtempSync(systemPath(prefix) as string, 'buffer')),
    rename: (from, to) => fs.renameSync(systemPath(from), systemPath(to)),
    link: (from, to) => fs.linkSync(systemPath(from), systemPath(to)),
    remove: (path) => fs.unlinkSync(systemPath(path)),
    removeTree: (path) => fs.rmSync(systemPath(path), { recursive: true, force: true }),
    copyFile: (from, to) =>
      fs.copyFileSync(systemPath(from), systemPath(to), fs.constants.COPYFILE_FICLONE),
    cloneFile,
    readFile: (path) => fs.readFileSync(systemPath(path)),
    canWrite: (path) => accessible(path, fs.constants.W_OK),
    freeBytes(path) {
      const { bavail, bsize } = fs.statfsSync(systemPath(path));
      return bavail * bsize;
    },
    capacityBytes(path) {
      const { blocks, bsize } = fs.statfsSync(systemPath(path));
      return blocks * bsize;
    },
    exists: (path) => fs.lstatSync(bufferFromBytes(path), { throwIfNoEntry: false }) !== undefined,
    absolutePath: (path) =>
      path.startsWith('/') ? resolve(path) : resolve(workingDirectory(), path),
    realPath: (path) => bytesToText(fs.realpathSync.native(systemPath(path), 'buffer')),
    realPathOf: (path) =>
      bytesFromBuffer(fs.realpathSync.native(bufferFromBytes(path), { encoding: 'buffer' })),
    syncDirectory,
  };
}

/** Node's own way goes round and round where a directory is there and takes no name: in `/proc`. */
function makeDirectories(path: string): void {
  const make = (): void => {
    try {
      fs.mkdirSync(systemPath(path), { mode: 0o700 });
    } catch (error) {
      const isThere =
        fs.statSync(systemPath(path), { throwIfNoEntry: false })?.isDirectory() === true;
      if (!isThere) throw error;
    }
  };
  const parent = dirname(path);
  if (parent !== path && !fs.existsSync(systemPath(parent))) makeDirectories(parent);
  make();
}

function readFully(descriptor: number, into: Uint8Array, position: number): number {
  const { length } = into;
  let done = 0;
  while (done < length) {
    const count = fs.readSync(descriptor, into, done, length - done, position + done);
    if (count === 0) break;
    done += count;
  }
  return done;
}

function writeFully(descriptor: number, bytes: Uint8Array, position: number): void {
  let done = 0;
  while (done < bytes.length) {
    const count = fs.writeSync(descriptor, bytes, done, bytes.length - done, position + done);
    if (count === 0) throw new Error(`nothing of ${bytes.length - done} bytes was written`);
    done += count;
  }
}

function statPath(path: string): PathStat | undefined {
  const found = fs.statSync(systemPath(path), { throwIfNoEntry: false });
  if (!found) return undefined;
  const type = found.isFile() ? 'file' : found.isDirectory() ? 'directory' : 'other';
  const { size, blocks, ino, dev, mtimeMs, uid, gid } = found;
  const mode = found.mode & 0o7777;
  const of = { inode: ino, device: dev, mtimeMs, mode, uid, gid };
  return { type, sizeBytes: size, allocatedBytes: blocks * 512, ...of };
}

function cloneFile(from: number, directory: number, name: ByteString): boolean {
  const { COPYFILE_EXCL, COPYFILE_FICLONE_FORCE } = fs.constants;
  const to = bufferFromBytes(`/proc/self/fd/${directory}/${name}` as ByteString);
  try {
    fs.copyFileSync(`/proc/self/fd/${from}`, to, COPYFILE_EXCL | COPYFILE_FICLONE_FORCE);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') throw error;
    return false;
  }
}

function accessible(path: string, mode: number): boolean {
  try {
    fs.accessSync(systemPath(path), mode);
    return true;
  } catch {
    return false;
  }
}

function syncDirectory(path: string): void {
  const descriptor = fs.openSync(
    systemPath(path),
    fs.constants.O_RDONLY | fs.constants.O_DIRECTORY,
  );
  try {
    fs.fsyncSync(descriptor);
  } finally {
    fs.closeSync(descriptor);
  }
}
