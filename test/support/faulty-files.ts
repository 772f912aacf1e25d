/** A twin of the file system that counts the calls which change something, and fails the one it is told to. */
import type { AtCalls } from '../../src/platform/at-calls.js';
import { openFileSystem, type FileSystem } from '../../src/platform/files.js';

/** A call that changes something, as the twin sees it before it is made. */
export interface Call {
  readonly name:
    | 'create'
    | 'write'
    | 'sync'
    | 'sync-names'
    | 'truncate'
    | 'rename'
    | 'remove'
    | 'punch'
    | 'make'
    | 'set-metadata';
  /** Which of the twin's calls it is, from 1. */
  readonly position: number;
  /** Bytes of a `write`. */
  readonly bytes?: Uint8Array;
}

/** What the twin does instead of the call: `undefined` makes it. */
export type Fault =
  | { readonly type: 'throw'; readonly error: Error }
  /** A write of which only the first bytes arrive. */
  | { readonly type: 'tear'; readonly lengthBytes: number; readonly error: Error };

export function systemError(code: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}: injected`), { code });
}

export function faultyFiles(decide: (call: Call) => Fault | undefined): FileSystem {
  const real = openFileSystem();
  let position = 0;
  const make = <T>(
    call: Omit<Call, 'position'>,
    action: () => T,
    tear?: (n: number) => void,
  ): T => {
    const fault = decide({ ...call, position: ++position });
    if (!fault) return action();
    if (fault.type === 'tear') tear?.(fault.lengthBytes);
    throw fault.error;
  };
  return {
    ...real,
    at: {
      ...real.at,
      punchHole: (descriptor, offset, length) =>
        make({ name: 'punch' }, () => real.at.punchHole(descriptor, offset, length)),
      open: (directory, name, mode) =>
        mode === 'create-file'
          ? make({ name: 'create' }, () => real.at.open(directory, name, mode))
          : real.at.open(directory, name, mode),
      makeDirectory: (...of) => make({ name: 'make' }, () => real.at.makeDirectory(...of)),
      makeSymlink: (...of) => make({ name: 'make' }, () => real.at.makeSymlink(...of)),
      remove: (...of) => make({ name: 'remove' }, () => real.at.remove(...of)),
      removeDirectory: (...of) => make({ name: 'remove' }, () => real.at.removeDirectory(...of)),
      rename: (...of) => make({ name: 'rename' }, () => real.at.rename(...of)),
      setOwner: (...of) => make({ name: 'set-metadata' }, () => real.at.setOwner(...of)),
      setOwnerOpen: (...of) => make({ name: 'set-metadata' }, () => real.at.setOwnerOpen(...of)),
      setMtime: (...of) => make({ name: 'set-metadata' }, () => real.at.setMtime(...of)),
      setMtimeOpen: (...of) => make({ name: 'set-metadata' }, () => real.at.setMtimeOpen(...of)),
    },
    open: (path, mode, permissions) =>
      mode === 'create'
        ? make(
            { name: 'create' },
            () => real.open(path, mode, permissions),
            () => real.close(real.open(path, mode, permissions)),
          )
        : real.open(path, mode, permissions),
    write: (descriptor, bytes, at) =>
      make(
        { name: 'write', bytes },
        () => real.write(descriptor, bytes, at),
        (length) => real.write(descriptor, bytes.subarray(0, length), at),
      ),
    setMode: (...of) => make({ name: 'set-metadata' }, () => real.setMode(...of)),
    sync: (descriptor) => make({ name: 'sync' }, () => real.sync(descriptor)),
    syncDirectory: (path) => make({ name: 'sync-names' }, () => real.syncDirectory(path)),
    truncate: (descriptor, length) =>
      make({ name: 'truncate' }, () => real.truncate(descriptor, length)),
    rename: (from, to) => make({ name: 'rename' }, () => real.rename(from, to)),
    remove: (path) => make({ name: 'remove' }, () => real.remove(path)),
  };
}

/** From call `position` on every call fails: the process is dead. The call itself may be torn. */
export function deadFrom(
  position: number,
  tearsBytes = 0,
): { files: FileSystem; wasHit(): boolean } {
  let isDead = false;
  const files = faultyFiles((call) => {
    if (call.position === position) {
      isDead = true;
      return { type: 'tear', lengthBytes: tearsBytes, error: systemError('EINTR') };
    }
    return isDead ? { type: 'throw', error: systemError('EINTR') } : undefined;
  });
  return { files, wasHit: () => isDead };
}

/** Real files with some at-calls replaced: a source that moves or refuses. */
export function filesWithAt(replace: (real: AtCalls) => Partial<AtCalls>): FileSystem {
  const real = openFileSystem();
  return { ...real, at: { ...real.at, ...replace(real.at) } };
}
