/**
 * A source as it is now, seen by one rule: what a backup would take in of it. Backup, the diff against
 * the live tree and explain all go through it with these calls, and differ only in what they do with
 * what they see.
 */
import { baseName, join, parentOf } from '../../platform/paths.js';
import type { FileStat } from '../../platform/at-calls.js';
import { type ByteString } from '../../platform/bytes.js';
import type { FileSystem } from '../../platform/files.js';
import { openDirectoryHandles, type DirectoryHandles } from '../../platform/directory-handles.js';
import { systemErrorCode } from '../../platform/platform.js';
import { fileSystemKind, tellsSize, type FileSystemKind } from './file-system-kind.js';
import type { OwnDirectories } from './own.js';
import {
  closedBy,
  differ,
  type DirectoryFilter,
  type FilterReason,
  type TreeFilter,
  type Verdict as FilterVerdict,
} from './filter.js';

/** A directory that is being looked through. */
export interface LiveDirectory {
  readonly path: ByteString;
  /** Its path below what its root is in; '' for that itself. */
  readonly below: ByteString;
  /** Handles of the root that it belongs to: of a deep tree, not all directories are open. */
  readonly handles: DirectoryHandles;
  /** What is left out of its entries; undefined: nothing. */
  readonly filter: DirectoryFilter | undefined;
  /** The file system that it lies on; undefined for what a root is in, which need not be the root's. */
  readonly device: number | undefined;
  /** The mount that it was reached through, where that is known. */
  readonly mount: number | undefined;
}

/** A directory with the names in it, in byte order. */
export interface ListedDirectory extends LiveDirectory {
  readonly names: readonly ByteString[];
}

/** Whether an entry is left out, and why. */
type Verdict = FilterVerdict | { readonly excludes: true; readonly reason: RepositoryReason };

/** What a backup sees where a name is, or was. */
export type Sight =
  /** There is nothing. */
  | { readonly type: 'absent' }
  | { readonly type: 'left-out'; readonly reason: FilterReason | RepositoryReason }
  /** `reason`: the rule that takes it in; undefined where no rule speaks of it. */
  | {
      readonly type: 'taken-in';
      readonly stat: FileStat;
      readonly reason: FilterReason | undefined;
    };

/** It is the repository itself. */
interface RepositoryReason {
  readonly type: 'repository';
}

/** An entry of a directory. */
export interface LiveEntry {
  readonly name: ByteString;
  readonly path: ByteString;
}

/** What is judged; less is known of what is there no more. */
type Judged = FileStat | Pick<FileStat, 'type' | 'sizeBytes'>;

/** Where a pseudo file system is mounted, and its name. */
export interface PseudoMount {
  readonly path: ByteString;
  readonly name: string;
}

/** What a root is in, and the root's name there. */
export interface LiveRoot {
  readonly above: LiveDirectory;
  readonly name: ByteString;
  /** Where it lies: elsewhere than its path says where that is a symbolic link, which is followed. */
  readonly place: ByteString;
  close(): void;
}

const REPOSITORY = { excludes: true, reason: { type: 'repository' } } as const;
const OTHER_FILE_SYSTEM = { excludes: true, reason: { type: 'file-system' } } as const;
const UNKNOWN_KIND: FileSystemKind = { type: 'ordinary' };

export class LiveTree {
  private readonly files: FileSystem;
  private readonly filter: TreeFilter;
  private readonly own: OwnDirectories;
  /** By device. */
  private readonly kinds = new Map<number, FileSystemKind>();
  private readonly found: PseudoMount[] = [];

  /** `own`: the repository, which never backs itself up. */
  constructor(files: FileSystem, filter: TreeFilter, own: OwnDirectories) {
    this.files = files;
    this.filter = filter;
    this.own = own;
  }

  /** The pseudo file systems that were met and left out, in the order of the walk. */
  get pseudoMounts(): readonly PseudoMount[] {
    return this.found;
  }

  /**
   * Opens what a root is in. Links on the way are followed (`/.` stands behind the last), and so is the
   * root itself where it leads to a directory or a regular file: whoever names a link means what it
   * leads to.
   * @throws system errors
   */
  openRoot(path: ByteString): LiveRoot {
    const root = this.openAt(path);
    const place = this.placeOfLink(root);
    if (place === undefined) return root;
    root.close();
    return this.openAt(place);
  }

  /** Where a root leads to; undefined: it is no link, or leads to nothing that is followed. */
  private placeOfLink({ above, name, place }: LiveRoot): ByteString | undefined {
    if (this.stat(above, name)?.type !== 'symlink') return undefined;
    let target: LiveRoot | undefined;
    try {
      const real = this.files.realPathOf(place);
      target = this.openAt(real);
      const type = this.stat(target.above, target.name)?.type;
      return type === 'directory' || type === 'file' ? real : undefined;
    } catch (error) {
      if (systemErrorCode(error) === undefined) throw error;
      return undefined;
    } finally {
      target?.close();
    }
  }

  private openAt(path: ByteString): LiveRoot {
    const { files } = this;
    const above = parentOf(path);
    const parent = files.at.open(undefined, join(above, '.' as ByteString), 'read-directory');
    const handles = openDirectoryHandles(files.at, (opened) => files.close(opened), parent);
    return {
      above: {
        path: above,
        below: '' as ByteString,
        handles,
        filter: undefined,
        device: undefined,
        mount: undefined,
      },
      name: baseName(path) || ('.' as ByteString),
      place: path,
      close() {
        handles.close();
        files.close(parent);
      },
    };
  }

  /** What has a name in a directory; undefined: nothing. @throws system errors */
  stat(directory: LiveDirectory, name: ByteString): FileStat | undefined {
    return this.files.at.stat(handleOf(directory), name);
  }

  /** What has a name in a directory, and what the rules say of it. @throws system errors */
  look(directory: LiveDirectory, entry: LiveEntry): Sight {
    const stat = this.stat(directory, entry.name);
    if (!stat) return { type: 'absent' };
    const verdict = this.judge(directory, entry, stat);
    if (!verdict) return { type: 'taken-in', stat, reason: undefined };
    if (verdict.excludes) return { type: 'left-out', reason: verdict.reason };
    return { type: 'taken-in', stat, reason: verdict.reason };
  }

  /** Whether the rules leave out what was saved but is gone. */
  leavesOut(
    around: Pick<LiveDirectory, 'filter'>,
    entry: LiveEntry,
    saved: Pick<FileStat, 'type' | 'sizeBytes'>,
  ): boolean {
    return this.judge(around, entry, saved)?.excludes === true;
  }

  /** undefined: no rule speaks of the entry, so it is backed up. Roots are not judged. */
  private judge(
    directory: Pick<LiveDirectory, 'filter'> | LiveDirectory,
    { name, path }: LiveEntry,
    entry: Judged,
  ): Verdict | undefined {
    const verdict = directory.filter?.judge(name, entry);
    if (!('device' in entry)) return verdict;
    if (entry.type === 'directory' && this.own.has(entry)) return REPOSITORY;
    if (verdict?.excludes || entry.type !== 'file' || !('handles' in directory)) return verdict;
    return this.judgeMountedFile(directory, { name, path }, entry) ?? verdict;
  }

  /** Whether a root is the repository, or lies in it. */
  isOwn({ place }: LiveRoot): boolean {
    try {
      return this.own.holds(this.files.realPathOf(place));
    } catch (error) {
      if (systemErrorCode(error) === undefined) throw error;
      return false;
    }
  }

  /** A file that is mounted by itself, as a namespace is that has a name. */
  private judgeMountedFile(
    directory: LiveDirectory,
    { name, path }: LiveEntry,
    { device, mount }: FileStat,
  ): Verdict | undefined {
    if (directory.device === undefined) return undefined;
    // Not by device: that of a file is another where layers are put over each other.
    if (this.filter.staysOnFileSystem) {
      return differ(mount, directory.mount) ? OTHER_FILE_SYSTEM : undefined;
    }
    if (device === directory.device) return undefined;
    const kind = this.kindOf(device, () => this.typeOfFile(directory, name));
    if (kind.type !== 'pseudo') return undefined;
    this.found.push({ path, name: kind.name });
    return { excludes: true, reason: { type: 'pseudo-file-system', name: kind.name } };
  }

  /**
   * Whether the size of a file is the number of its bytes, and its state tells a change. Else it is to
   * be read to its end, each time.
   */
  tellsSize(directory: LiveDirectory, name: ByteString, { device, sizeBytes }: FileStat): boolean {
    return tellsSize(
      this.kindOf(device, () => this.typeOfFile(directory, name)),
      sizeBytes,
    );
  }

  private typeOfFile(directory: LiveDirectory, name: ByteString): number {
    const descriptor = this.files.at.open(handleOf(directory), name, 'read-file');
    try {
      return this.files.at.fileSystemType(descriptor);
    } finally {
      this.files.close(descriptor);
    }
  }

  private kindOf(device: number, ask: () => number): FileSystemKind {
    const known = this.kinds.get(device);
    if (known) return known;
    try {
      const kind = fileSystemKind(ask());
      this.kinds.set(device, kind);
      return kind;
    } catch (error) {
      if (systemErrorCode(error) === undefined) throw error;
      return UNKNOWN_KIND;
    }
  }

  /** Opens a directory, whose handle is good until the next is opened. @throws system errors */
  open(parent: LiveDirectory, name: ByteString): number {
    return parent.handles.open(belowOf(parent, name));
  }

  /**
   * Lists a directory and finds what holds in it.
   * @throws system errors
   */
  enter(parent: LiveDirectory, { name, path }: LiveEntry, stat: FileStat): ListedDirectory {
    const { handles } = parent;
    const { device } = stat;
    const below = belowOf(parent, name);
    const handle = handles.open(below);
    const mount =
      stat.mount ?? (this.filter.staysOnFileSystem ? this.files.at.mountOf(handle) : undefined);
    const kind = this.kindOf(device, () => this.files.at.fileSystemType(handle));
    const isMounted = parent.device !== undefined && parent.device !== device;
    if (isMounted && kind.type === 'pseudo' && !this.filter.staysOnFileSystem) {
      this.found.push({ path, name: kind.name });
      const filter = closedBy({ type: 'pseudo-file-system', name: kind.name });
      return { path, below, handles, filter, device, mount, names: [] };
    }
    const names = this.files.at.list(handle).sort();
    const filter = (parent.filter ?? this.filter).enter({
      path,
      listing: { handle, names, device, mount },
    });
    return { path, below, handles, filter, device, mount, names };
  }

  /** What holds in a directory that is gone. */
  filterOfGone(
    { filter }: Pick<LiveDirectory, 'filter'>,
    path: ByteString,
  ): DirectoryFilter | undefined {
    return (filter ?? this.filter).enter({ path, listing: undefined });
  }

  /** To be called when a directory has been looked through, or could not be. */
  leave({ handles, below }: Pick<LiveDirectory, 'handles' | 'below'>): void {
    handles.forget(below);
  }
}

/** A handle, good until the next is opened. @throws system errors: it may be gone by then */
export function handleOf({ handles, below }: LiveDirectory): number {
  return handles.open(below);
}

/** The path of an entry below what its root is in. */
export function belowOf({ below }: Pick<LiveDirectory, 'below'>, name: ByteString): ByteString {
  return below === '' ? name : join(below, name);
}
