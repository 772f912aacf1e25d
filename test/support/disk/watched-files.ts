/** The real file system with somebody at its door: each call that opens or changes something is announced. */
import type { AtCalls } from '../../../src/platform/at-calls.js';
import { bytesFromText, type ByteString } from '../../../src/platform/bytes.js';
import { openFileSystem, type FileSystem } from '../../../src/platform/files.js';

/** A call before it is made. Paths are absolute where the caller's were. */
export interface Call {
  readonly name:
    | 'open'
    | 'close'
    | 'create'
    | 'write'
    | 'sync'
    | 'sync-names'
    | 'truncate'
    | 'rename'
    | 'link'
    | 'copy'
    | 'remove'
    | 'punch'
    | 'make'
    | 'make-link'
    | 'set-metadata';
  /** What it is about; of an open file, the path by which it was opened. */
  readonly path: ByteString;
  /** The other path of `rename`, `link` and `copy`; what a symbolic link says. */
  readonly to?: ByteString;
  /** Of an open file or directory. */
  readonly descriptor?: number;
  /** Where a `write` or `punch` begins. */
  readonly offset?: number;
  /** Of a `write`. */
  readonly bytes?: Uint8Array;
  /** Of a `truncate` or `punch`. */
  readonly lengthBytes?: number;
}

/**
 * Makes the call by `act`, or does not, and returns what it gives. `tear` makes the first bytes of a
 * write, or the file of a create, and nothing more.
 */
export type Watch = <T>(call: Call, act: () => T, tear?: (lengthBytes: number) => void) => T;

/** Whether a call leaves anything behind. */
export function isChange({ name }: Call): boolean {
  return name !== 'open' && name !== 'close';
}

/** Where what is open was found, and whether it is a directory. */
interface Opened {
  readonly path: ByteString;
  readonly isDirectory: boolean;
}

export function watchedFiles(watch: Watch, real: FileSystem = openFileSystem()): FileSystem {
  const opened = new Map<number, Opened>();
  const open = (call: Call, isDirectory: boolean, act: () => number): number => {
    const descriptor = watch(call, act, () => real.close(act()));
    opened.set(descriptor, { path: call.path, isDirectory });
    return descriptor;
  };
  const of = (descriptor: number): { path: ByteString; descriptor: number } => ({
    path: opened.get(descriptor)?.path ?? ('' as ByteString),
    descriptor,
  });
  const by = bytesFromText;
  return {
    ...real,
    at: watchedAtCalls(watch, real, { open, of }),
    open: (path, mode, permissions) =>
      open({ name: mode.startsWith('create') ? 'create' : 'open', path: by(path) }, false, () =>
        real.open(path, mode, permissions),
      ),
    close(descriptor) {
      watch({ name: 'close', ...of(descriptor) }, () => real.close(descriptor));
      opened.delete(descriptor);
    },
    write: (descriptor, bytes, offset) =>
      watch(
        { name: 'write', ...of(descriptor), bytes, offset },
        () => real.write(descriptor, bytes, offset),
        (length) => real.write(descriptor, bytes.subarray(0, length), offset),
      ),
    sync(descriptor) {
      const name = opened.get(descriptor)?.isDirectory === true ? 'sync-names' : 'sync';
      watch({ name, ...of(descriptor) }, () => real.sync(descriptor));
    },
    syncDirectory: (path) =>
      watch({ name: 'sync-names', path: by(path) }, () => real.syncDirectory(path)),
    truncate: (descriptor, lengthBytes) =>
      watch({ name: 'truncate', ...of(descriptor), lengthBytes }, () =>
        real.truncate(descriptor, lengthBytes),
      ),
    setMode: (descriptor, mode) =>
      watch({ name: 'set-metadata', ...of(descriptor) }, () => real.setMode(descriptor, mode)),
    makeDirectories: (path) =>
      watch({ name: 'make', path: by(path) }, () => real.makeDirectories(path)),
    rename: (from, to) =>
      watch({ name: 'rename', path: by(from), to: by(to) }, () => real.rename(from, to)),
    link: (from, to) =>
      watch({ name: 'link', path: by(from), to: by(to) }, () => real.link(from, to)),
    copyFile: (from, to) =>
      watch({ name: 'copy', path: by(from), to: by(to) }, () => real.copyFile(from, to)),
    cloneFile: (from, directory, name) =>
      watch({ name: 'copy', path: of(from).path, to: within(of(directory).path, name) }, () =>
        real.cloneFile(from, directory, name),
      ),
    remove: (path) => watch({ name: 'remove', path: by(path) }, () => real.remove(path)),
    removeTree: (path) => watch({ name: 'remove', path: by(path) }, () => real.removeTree(path)),
  };
}

interface Door {
  readonly open: (call: Call, isDirectory: boolean, act: () => number) => number;
  readonly of: (descriptor: number) => { path: ByteString; descriptor: number };
}

function watchedAtCalls(watch: Watch, { at }: FileSystem, { open, of }: Door): AtCalls {
  const path = (directory: number | undefined, name: ByteString): ByteString =>
    directory === undefined ? name : within(of(directory).path, name);
  const metadata = (path: ByteString, act: () => void): void =>
    watch({ name: 'set-metadata', path }, act);
  return {
    ...at,
    open: (directory, name, mode) =>
      open(
        { name: mode.startsWith('create') ? 'create' : 'open', path: path(directory, name) },
        mode === 'read-directory',
        () => at.open(directory, name, mode),
      ),
    punchHole: (descriptor, offset, lengthBytes) =>
      watch({ name: 'punch', ...of(descriptor), offset, lengthBytes }, () =>
        at.punchHole(descriptor, offset, lengthBytes),
      ),
    makeDirectory: (directory, name) =>
      watch({ name: 'make', path: path(directory, name) }, () => at.makeDirectory(directory, name)),
    makeSymlink: (directory, name, target) =>
      watch({ name: 'make-link', path: path(directory, name), to: target }, () =>
        at.makeSymlink(directory, name, target),
      ),
    link: (directory, name, toDirectory, toName) =>
      watch({ name: 'link', path: path(directory, name), to: path(toDirectory, toName) }, () =>
        at.link(directory, name, toDirectory, toName),
      ),
    remove: (directory, name) =>
      watch({ name: 'remove', path: path(directory, name) }, () => at.remove(directory, name)),
    removeDirectory: (directory, name) =>
      watch({ name: 'remove', path: path(directory, name) }, () =>
        at.removeDirectory(directory, name),
      ),
    rename: (directory, from, to) =>
      watch({ name: 'rename', path: path(directory, from), to: path(directory, to) }, () =>
        at.rename(directory, from, to),
      ),
    setOwner: (directory, name, ...owner) =>
      metadata(path(directory, name), () => at.setOwner(directory, name, ...owner)),
    setOwnerOpen: (descriptor, ...owner) =>
      metadata(of(descriptor).path, () => at.setOwnerOpen(descriptor, ...owner)),
    setMtime: (directory, name, mtime) =>
      metadata(path(directory, name), () => at.setMtime(directory, name, mtime)),
    setMtimeOpen: (descriptor, mtime) =>
      metadata(of(descriptor).path, () => at.setMtimeOpen(descriptor, mtime)),
  };
}

function within(directory: ByteString, name: ByteString): ByteString {
  return `${directory === '/' ? '' : directory}/${name}` as ByteString;
}
