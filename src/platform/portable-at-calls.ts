/**
 * {@link AtCalls} where libc cannot be called: node:fs through `/proc/self/fd/N/name`, which names an
 * entry of an open directory just as the at-calls do. Modification times are set to the microsecond
 * only (a limit of node:fs), no special file is made, there are no attributes, no hole is punched or
 * looked for, and no file is locked.
 */
import * as fs from 'node:fs';
import {
  permissions,
  type AtCalls,
  type FileStat,
  type FileTime,
  type FileType,
  type OpenMode,
} from './at-calls.js';
import { bufferFromBytes, bytesFromBuffer, textFromBytes, type ByteString } from './bytes.js';
import { join } from './paths.js';

const { O_RDONLY, O_WRONLY, O_RDWR, O_CREAT, O_EXCL, O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK } =
  fs.constants;

const openFlags: Record<OpenMode, number> = {
  'read-file': O_RDONLY | O_NOFOLLOW | O_NONBLOCK,
  'read-directory': O_RDONLY | O_DIRECTORY | O_NOFOLLOW,
  'create-file': O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW,
  'create-public-file': O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW,
  'write-file': O_WRONLY | O_NOFOLLOW | O_NONBLOCK,
  'update-file': O_RDWR | O_NOFOLLOW | O_NONBLOCK,
};

/** Only names what is there: opens no device, and waits for nobody. */
const O_PATH = 0o10000000;

export const portableAtCalls: AtCalls = {
  name: 'proc',
  setsNanoseconds: false,
  seeksHoles: false,
  attributes: undefined,
  list: (directory) => fs.readdirSync(handle(directory), 'latin1') as ByteString[],
  stat(directory, name) {
    const options = { bigint: true, throwIfNoEntry: false } as const;
    const found = fs.lstatSync(entry(directory, name), options);
    return found && toFileStat(found);
  },
  statOpen: (descriptor) => toFileStat(fs.fstatSync(descriptor, { bigint: true })),
  mountOf,
  fileSystemType: (descriptor) => fs.statfsSync(handle(descriptor)).type,
  open(directory, name, mode) {
    const path = directory === undefined ? bufferFromBytes(name) : entry(directory, name);
    return fs.openSync(path, openFlags[mode], permissions(mode));
  },
  makeDirectory: (directory, name) => fs.mkdirSync(entry(directory, name), 0o700),
  makeSymlink(directory, name, target) {
    fs.symlinkSync(bufferFromBytes(target), entry(directory, name));
  },
  makeSpecial(_, name) {
    const error: NodeJS.ErrnoException = new Error('special files cannot be made without libc');
    throw Object.assign(error, { code: 'ENOSYS', syscall: 'mknodat', path: textFromBytes(name) });
  },
  link: (directory, name, toDirectory, toName) =>
    fs.linkSync(entry(directory, name), entry(toDirectory, toName)),
  readSymlink: (directory, name) =>
    bytesFromBuffer(fs.readlinkSync(entry(directory, name), 'buffer')),
  remove: (directory, name) => fs.unlinkSync(entry(directory, name)),
  removeDirectory: (directory, name) => fs.rmdirSync(entry(directory, name)),
  rename: (directory, from, to) => fs.renameSync(entry(directory, from), entry(directory, to)),
  setOwner: (directory, name, uid, gid) => fs.lchownSync(entry(directory, name), uid, gid),
  setOwnerOpen: (descriptor, uid, gid) => fs.fchownSync(descriptor, uid, gid),
  setMode(directory, name, mode) {
    const descriptor = fs.openSync(entry(directory, name), O_PATH | O_NOFOLLOW);
    try {
      fs.chmodSync(handle(descriptor), mode);
    } finally {
      fs.closeSync(descriptor);
    }
  },
  setMtime(directory, name, mtime) {
    fs.lutimesSync(entry(directory, name), secondsOf(mtime), secondsOf(mtime));
  },
  setMtimeOpen(descriptor, mtime) {
    fs.futimesSync(descriptor, secondsOf(mtime), secondsOf(mtime));
  },
  seek: () => undefined,
  punchHole: () => false,
  tryLock: () => true,
};

function handle(directory: number): string {
  return `/proc/self/fd/${directory}`;
}

function entry(directory: number, name: ByteString): Buffer {
  return bufferFromBytes(join(handle(directory) as ByteString, name));
}

/**
 * A double: off by up to 0.25 microseconds in this century. As text where it is negative: a negative number is the present
 * to node:fs.
 */
function secondsOf(time: FileTime): number | string {
  const seconds = time.seconds + time.nanoseconds / 1e9;
  return seconds < 0 ? String(seconds) : seconds;
}

/** proc(5): the line `mnt_id:` of what is said of an open file. */
function mountOf(descriptor: number): number | undefined {
  try {
    const lines = fs.readFileSync(`/proc/self/fdinfo/${descriptor}`, 'latin1');
    const [, id] = /^mnt_id:\s*(\d+)$/m.exec(lines) ?? [];
    return id === undefined ? undefined : Number(id);
  } catch {
    return undefined;
  }
}

function toFileStat(stat: fs.BigIntStats): FileStat {
  return {
    type: typeOf(stat),
    mode: Number(stat.mode) & 0o7777,
    uid: Number(stat.uid),
    gid: Number(stat.gid),
    sizeBytes: Number(stat.size),
    allocatedBytes: Number(stat.blocks) * 512,
    linkCount: Number(stat.nlink),
    rdev: deviceNumber(stat.rdev),
    inode: Number(BigInt.asUintN(52, stat.ino)),
    device: deviceNumber(stat.dev),
    mount: undefined,
    mtime: toFileTime(stat.mtimeNs),
    ctime: toFileTime(stat.ctimeNs),
    btime: stat.birthtimeNs === 0n ? undefined : toFileTime(stat.birthtimeNs),
  };
}

function typeOf(stat: fs.BigIntStats): FileType {
  if (stat.isFile()) return 'file';
  if (stat.isDirectory()) return 'directory';
  if (stat.isSymbolicLink()) return 'symlink';
  if (stat.isFIFO()) return 'fifo';
  if (stat.isSocket()) return 'socket';
  return stat.isCharacterDevice() ? 'characterDevice' : 'blockDevice';
}

/** From Linux's dev_t of 64 bits, as makedev(3) composes it. */
function deviceNumber(rdev: bigint): number {
  const major = ((rdev >> 8n) & 0xfffn) | ((rdev >> 32n) & 0xfffff000n);
  const minor = (rdev & 0xffn) | ((rdev >> 12n) & 0xffffff00n);
  return Number(major) * 2 ** 20 + Number(minor);
}

function toFileTime(nanoseconds: bigint): FileTime {
  const billion = 1_000_000_000n;
  const rest = ((nanoseconds % billion) + billion) % billion;
  return { seconds: Number((nanoseconds - rest) / billion), nanoseconds: Number(rest) };
}
