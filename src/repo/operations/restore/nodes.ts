/** Makes and mends the nodes of a target that hold no bytes of their own; workers write the others. */
import { VersionType, type Version } from '../../model.js';
import type { FileStat } from '../../../platform/at-calls.js';
import type { NodeAttributes } from '../../../platform/attribute-calls.js';
import type { ByteString } from '../../../platform/bytes.js';
import type { FileSystem } from '../../../platform/files.js';
import { versionTypeOf } from '../../tree/compare.js';
import type { DirectoryHandles } from '../../../platform/directory-handles.js';
import { differsInMetadata, lockNode, setMetadata, type Shortfall } from '../../tree/metadata.js';
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

/** Paths are below the target. Every method throws system errors. */
export type NodeMaker = ReturnType<typeof createNodeMaker>;

export function createNodeMaker(options: NodeMakerOptions) {
  const { files, handles, wanted, isDryRun, onShortfalls } = options;
  const { at } = files;
  /** With the parent's handle, which is good until another directory is opened. */
  const within = <T>(path: ByteString, action: (parent: number, name: ByteString) => T): T => {
    const { directory, name } = splitPath(path);
    return action(handles.open(directory), name);
  };

  return {
    /** undefined when nothing is there. */
    look: (path: ByteString): FileStat | undefined =>
      path === '' ? at.statOpen(handles.open(path)) : within(path, (...place) => at.stat(...place)),

    isEmptyDirectory: (path: ByteString): boolean => at.list(handles.open(path)).length === 0,

    remove(path: ByteString): void {
      if (!isDryRun) within(path, (...place) => at.remove(...place));
    },

    makeDirectory(path: ByteString): void {
      if (!isDryRun) within(path, (parent, name) => makeNode(files, parent, name, DIRECTORY));
    },

    /** Lets its owner make names in a directory; its metadata comes at the end. */
    makeWritable(path: ByteString, { mode }: FileStat): void {
      const needed = 0o300;
      if (isDryRun || (mode & needed) === needed) return;
      files.setMode(handles.open(path), mode | needed);
    },

    finishDirectory(path: ByteString, version: Version): void {
      if (isDryRun) return;
      const node = { type: 'open', descriptor: handles.open(path) } as const;
      const metadata = wanted(version);
      if (!differsInMetadata(at, node, at.statOpen(node.descriptor), metadata)) return;
      onShortfalls(path, setMetadata(files, node, metadata));
    },

    /** Whether what is not opened, a link or special file, was there. No directory is replaced. */
    restoreUnopened(path: ByteString, version: Version, there: FileStat | undefined): boolean {
      // In a dry run its directory need not be there either.
      if (isDryRun && !there) return false;
      const metadata = wanted(version);
      return within(path, (directory, name) => {
        const finish = (made: ByteString): void =>
          onShortfalls(
            path,
            setMetadata(files, { type: 'named', directory, name: made }, metadata),
          );
        const differs =
          there !== undefined &&
          differsInMetadata(at, { type: 'named', directory, name }, there, metadata);
        const isThere =
          there !== undefined &&
          versionTypeOf(there.type) === version.type &&
          (version.type === VersionType.symlink
            ? at.readSymlink(directory, name) === version.link
            : there.rdev === version.rdev) &&
          // Another name of it may lie outside the target.
          !(differs && there.linkCount > 1);
        if (isDryRun) return isThere;
        if (isThere) {
          if (differs) finish(name);
          return true;
        }
        const isReplaced = there !== undefined && there.type !== 'directory';
        const made = isReplaced ? temporaryName(name) : name;
        if (isReplaced && at.stat(directory, made)) at.remove(directory, made);
        makeNode(files, directory, made, version);
        finish(made);
        if (isReplaced) at.rename(directory, made, name);
        return false;
      });
    },

    /** Makes what is finished immutable or append-only. Nothing can follow that. */
    lock(path: ByteString, type: VersionType, known: NodeAttributes): void {
      if (isDryRun) return;
      const isFile = type === VersionType.file;
      const descriptor = isFile
        ? within(path, (directory, name) => at.open(directory, name, 'read-file'))
        : handles.open(path);
      try {
        onShortfalls(path, lockNode(at, descriptor, known));
      } finally {
        if (isFile) files.close(descriptor);
      }
    },

    /** Whether `path` led to the node at `first` already; it does now, whatever was `there`. */
    link(first: ByteString, path: ByteString, there: FileStat | undefined): boolean {
      // In a dry run its directory need not be there.
      if (isDryRun && !there) return false;
      const from = splitPath(first);
      // A handle of its own, since opening the other directory may close it.
      const source = at.open(handles.open(from.directory), '.' as ByteString, 'read-directory');
      try {
        const node = there && at.stat(source, from.name);
        if (node && node.inode === there.inode && node.device === there.device) return true;
        if (isDryRun) return false;
        const isReplaced = there !== undefined && there.type !== 'directory';
        within(path, (directory, name) => {
          const made = isReplaced ? temporaryName(name) : name;
          if (isReplaced && at.stat(directory, made)) at.remove(directory, made);
          at.link(source, from.name, directory, made);
          if (isReplaced) at.rename(directory, made, name);
        });
        return false;
      } finally {
        files.close(source);
      }
    },

    /** Gives a file that keeps its bytes its metadata; false when it has to be replaced for that. */
    adjustFile(path: ByteString, version: Version, there: FileStat): boolean {
      const metadata = wanted(version);
      return within(path, (directory, name) => {
        const node = { type: 'open', descriptor: at.open(directory, name, 'read-file') } as const;
        try {
          if (!differsInMetadata(at, node, there, metadata)) return true;
          const { type, linkCount } = at.statOpen(node.descriptor);
          // Another name of it may lie outside the target.
          if (type !== 'file' || linkCount > 1) return false;
          if (!isDryRun) onShortfalls(path, setMetadata(files, node, metadata));
          return true;
        } finally {
          files.close(node.descriptor);
        }
      });
    },
  };
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
