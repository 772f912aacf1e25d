/** Makes and mends the nodes of a target that hold no bytes of their own; workers write the others. */
import { VersionType, type Version } from '../../model.js';
import type { FileStat } from '../../../platform/at-calls.js';
import type { NodeAttributes } from '../../../platform/attribute-calls.js';
import type { ByteString } from '../../../platform/bytes.js';
import type { FileSystem } from '../../../platform/files.js';
import { replaceEntry } from '../../../platform/replace-file.js';
import { versionTypeOf } from '../../tree/compare.js';
import type { DirectoryHandles } from '../../../platform/directory-handles.js';
import {
  differsInMetadata,
  lockNode,
  refuseLockedDirectory,
  setMetadata,
  type Shortfall,
} from '../../tree/metadata.js';
import { splitPath, temporaryName } from '../../tree/relative-path.js';
import type { Wanted } from './wanted.js';

export interface NodeMakerOptions {
  readonly files: FileSystem;
  readonly handles: DirectoryHandles;
  readonly wanted: Wanted;
  readonly onShortfalls: (path: ByteString, missing: readonly Shortfall[]) => void;
  /** Nothing is changed. */
  readonly isDryRun: boolean;
}

/** A link or special file, and what has its name. */
export interface UnopenedPlace {
  readonly path: ByteString;
  readonly version: Version;
  readonly there: FileStat | undefined;
  /** What is there belongs to another name. */
  readonly isTaken: boolean;
}

/** Paths are below the target. Every method throws system errors. */
export class NodeMaker {
  private readonly options: NodeMakerOptions;

  constructor(options: NodeMakerOptions) {
    this.options = options;
  }

  /** undefined when nothing is there. */
  look(path: ByteString): FileStat | undefined {
    const { files, handles } = this.options;
    return path === ''
      ? files.at.statOpen(handles.open(path))
      : this.within(path, (...place) => files.at.stat(...place));
  }

  isEmptyDirectory(path: ByteString): boolean {
    const { files, handles } = this.options;
    return files.at.list(handles.open(path)).length === 0;
  }

  remove(path: ByteString): void {
    const { files, isDryRun } = this.options;
    if (!isDryRun) this.within(path, (...place) => files.at.remove(...place));
  }

  makeDirectory(path: ByteString): void {
    const { files, isDryRun } = this.options;
    if (!isDryRun) this.within(path, (parent, name) => makeNode(files, parent, name, DIRECTORY));
  }

  /** Lets its owner make names in a directory; its metadata comes at the end. */
  makeWritable(path: ByteString, { mode }: FileStat): void {
    const { files, handles, isDryRun } = this.options;
    const needed = 0o300;
    if (isDryRun || (mode & needed) === needed) return;
    files.setMode(handles.open(path), mode | needed);
  }

  finishDirectory(path: ByteString, version: Version): void {
    const { files, handles, wanted, isDryRun, onShortfalls } = this.options;
    if (isDryRun) return;
    const node = { type: 'open', descriptor: handles.open(path) } as const;
    const metadata = wanted(version);
    if (!differsInMetadata(files.at, node, files.at.statOpen(node.descriptor), metadata)) return;
    onShortfalls(path, setMetadata(files, node, metadata));
  }

  /** Whether what is not opened, a link or special file, was there. No directory is replaced. */
  restoreUnopened({ path, version, there, isTaken }: UnopenedPlace): boolean {
    const { files, wanted, isDryRun, onShortfalls } = this.options;
    const { at } = files;
    // In a dry run its directory need not be there either.
    if (isDryRun && !there) return false;
    const metadata = wanted(version);
    return this.within(path, (directory, name) => {
      const finish = (made: ByteString): void =>
        onShortfalls(path, setMetadata(files, { type: 'named', directory, name: made }, metadata));
      const differs =
        there !== undefined &&
        differsInMetadata(at, { type: 'named', directory, name }, there, metadata);
      const isThere =
        there !== undefined &&
        !isTaken &&
        versionTypeOf(there.type) === version.type &&
        (version.type === VersionType.symlink
          ? at.readSymlink(directory, name) === version.link
          : there.rdev === version.rdev) &&
        // It may have another name outside the target.
        !(differs && there.linkCount > 1);
      if (isDryRun) return isThere;
      if (isThere) {
        if (differs) finish(name);
        return true;
      }
      putInPlace(files, { directory, name }, there, (made) => {
        makeNode(files, directory, made, version);
        finish(made);
      });
      return false;
    });
  }

  /** Makes what is finished immutable or append-only. Nothing can follow that. */
  lock(path: ByteString, type: VersionType, known: NodeAttributes): void {
    const { files, handles, isDryRun, onShortfalls } = this.options;
    if (isDryRun) return;
    const isFile = type === VersionType.file;
    const descriptor = isFile
      ? this.within(path, (directory, name) => files.at.open(directory, name, 'read-file'))
      : handles.open(path);
    try {
      onShortfalls(path, lockNode(files.at, descriptor, known));
    } finally {
      if (isFile) files.close(descriptor);
    }
  }

  /** Whether `path` led to the node at `first` already; it does now, whatever was `there`. */
  link(first: ByteString, path: ByteString, there: FileStat | undefined): boolean {
    const { files, handles, isDryRun } = this.options;
    const { at } = files;
    // In a dry run its directory need not be there.
    if (isDryRun && !there) return false;
    const from = splitPath(first);
    // A handle of its own, since opening the other directory may close it.
    const source = at.open(handles.open(from.directory), '.' as ByteString, 'read-directory');
    try {
      const node = there && at.stat(source, from.name);
      if (node && node.inode === there.inode && node.device === there.device) return true;
      if (isDryRun) return false;
      this.within(path, (directory, name) =>
        putInPlace(files, { directory, name }, there, (made) =>
          at.link(source, from.name, directory, made),
        ),
      );
      return false;
    } finally {
      files.close(source);
    }
  }

  /** Gives a file that keeps its bytes its metadata; false when it has to be replaced for that. */
  adjustFile(path: ByteString, version: Version, there: FileStat): boolean {
    const { files, wanted, isDryRun, onShortfalls } = this.options;
    const { at } = files;
    const metadata = wanted(version);
    return this.within(path, (directory, name) => {
      const node = { type: 'open', descriptor: at.open(directory, name, 'read-file') } as const;
      try {
        if (!differsInMetadata(at, node, there, metadata)) return true;
        const { type, linkCount } = at.statOpen(node.descriptor);
        // It may have another name outside the target.
        if (type !== 'file' || linkCount > 1) return false;
        if (!isDryRun) onShortfalls(path, setMetadata(files, node, metadata));
        return true;
      } finally {
        files.close(node.descriptor);
      }
    });
  }

  /** With the parent's handle, which is good until another directory is opened. */
  private within<T>(path: ByteString, action: (parent: number, name: ByteString) => T): T {
    const { directory, name } = splitPath(path);
    return action(this.options.handles.open(directory), name);
  }
}

/**
 * Makes a name, beside what has it now (`there`) and then in its place, so that it is never missing.
 * Whatever has the name is not a directory, or `make` fails on it.
 */
function putInPlace(
  files: FileSystem,
  { directory, name }: { readonly directory: number; readonly name: ByteString },
  there: FileStat | undefined,
  make: (name: ByteString) => void,
): void {
  const isReplaced = there !== undefined && there.type !== 'directory';
  if (!isReplaced) {
    make(name);
    return;
  }
  refuseLockedDirectory(files.at, directory);
  replaceEntry(files, { directory, name, temporary: temporaryName(name) }, make);
}

const DIRECTORY = { type: VersionType.directory, link: undefined, rdev: 0 } as const;

/**
 * Makes `name` in an open directory, by the type of the version. Files are made by workers.
 * @throws system errors: EEXIST where anything is there, EPERM for a device unless one is the superuser
 */
function makeNode(
  { at }: FileSystem,
  directory: number,
  name: ByteString,
  { type, link, rdev }: Pick<Version, 'type' | 'link' | 'rdev'>,
): void {
  switch (type) {
    case VersionType.directory:
      at.makeDirectory(directory, name);
      return;
    case VersionType.symlink:
      at.makeSymlink(directory, name, link ?? ('' as ByteString));
      return;
    case VersionType.fifo:
      at.makeSpecial(directory, name, 'fifo', 0);
      return;
    case VersionType.socket:
      at.makeSpecial(directory, name, 'socket', 0);
      return;
    case VersionType.characterDevice:
      at.makeSpecial(directory, name, 'characterDevice', rdev);
      return;
    case VersionType.blockDevice:
      at.makeSpecial(directory, name, 'blockDevice', rdev);
      return;
    case VersionType.file:
      throw new Error('a file is made by a worker');
  }
}
