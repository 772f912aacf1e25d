/**
 * Restores into one directory: walks the index, decides node by node, makes directories and links, and
 * hands files to the workers. Nothing is ever opened through a symbolic link, and directories get
 * their metadata last.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { CodedError } from '../../../errors.js';
import type { Entry } from '../../index/versions.js';
import { VersionType, type IssueCode, type Version } from '../../model.js';
import type { FileStat } from '../../../platform/at-calls.js';
import type { NodeAttributes } from '../../../platform/attribute-calls.js';
import { textFromBytes, type ByteString } from '../../../platform/bytes.js';
import { fileErrorCode, reasonOf } from '../../../platform/system-errors.js';
import {
  openDirectoryHandles,
  type DirectoryHandles,
} from '../../../platform/directory-handles.js';
import { isLocked } from '../../tree/metadata.js';
import { childPath, splitPath } from '../../tree/relative-path.js';
import type { WorkerPool } from '../../worker/pool.js';
import type { HeldRepository } from '../../repository/held.js';
import { decide, type OverwriteRule } from './decide.js';
import { wholeEvents, wholePath, type RestoreEvents } from './events.js';
import { createRemover, type Remover } from './extraneous.js';
import { FileWriter } from './file-writer.js';
import { createMarks, type Marks } from './marks.js';
import { createLinkGroups, type LinkedName, type LinkGroups } from './link-groups.js';
import type { InodeClaims } from './inode-claims.js';
import { createLockExplainer, type LockExplainer } from './locked.js';
import { NodeMaker, type UnopenedPlace } from './nodes.js';
import { sourceOf, type RestoreNode, type RestoreRoot, type RestoreSite } from './roots.js';
import type { OwnDirectories } from '../../tree/own.js';
import type { Wanted } from './wanted.js';

export interface SiteOptions {
  readonly repository: HeldRepository;
  readonly snapshot: number;
  readonly pool: WorkerPool;
  /** What may be overwritten; undefined: the target is fresh. */
  readonly rule: OverwriteRule | undefined;
  readonly deletes: boolean;
  readonly wanted: Wanted;
  /** The repository: it is not restored into, and stays. */
  readonly own: OwnDirectories;
  readonly isDryRun: boolean;
  /** Whether a path, absolute as it was backed up, is neither restored nor deleted. */
  readonly isLeftOut: (source: ByteString, isDirectory: boolean) => boolean;
  /** Shared by all sites of a restore. */
  readonly claims: InodeClaims;
  /** What has the name of a node that is restored, when it is looked at. */
  readonly onSeen?: (path: ByteString, version: Version, there: FileStat) => void;
  /** @throws CodedError INTERRUPTED */
  readonly checkSignal: () => void;
  readonly events: RestoreEvents;
}

/** `target`: descriptor of the site's directory; undefined where it does not exist, in a dry run. */
export async function restoreSite(
  options: SiteOptions,
  site: RestoreSite,
  target: number | undefined,
): Promise<void> {
  const { files } = options.repository.platform;
  const descriptor = target ?? NO_DESCRIPTOR;
  const handles = openDirectoryHandles(files.at, (opened) => files.close(opened), descriptor);
  try {
    await new SiteRun(options, site, handles, descriptor).execute();
  } finally {
    handles.close();
  }
}

/** Stands for a directory that does not exist: all below it is new, and nothing is looked at. */
const NO_DESCRIPTOR = -1;
/** Entries between two turns for the workers' answers. */
const ENTRIES_A_TURN = 256;

interface EnteredDirectory extends RestoreNode {
  /** It was made by this restore. */
  readonly isNew: boolean;
  readonly setsMetadata: boolean;
}

interface LockedNode {
  readonly path: ByteString;
  readonly type: VersionType;
  readonly known: NodeAttributes;
}

class SiteRun {
  private readonly options: SiteOptions;
  private readonly site: RestoreSite;
  /** A path below the target as it is told. */
  private readonly nameOf: (path: ByteString) => ByteString;
  /** Takes paths below the target. */
  private readonly events: RestoreEvents;
  private readonly marks: Marks | undefined;
  private readonly handles: DirectoryHandles;
  private readonly isFresh: boolean;
  private readonly writer: FileWriter;
  private readonly nodes: NodeMaker;
  private readonly remover: Remover;
  private readonly linkGroups: LinkGroups;
  private readonly explainLock: LockExplainer;
  private readonly directories: EnteredDirectory[] = [];
  /** What becomes immutable or append-only at the end. */
  private readonly locked: LockedNode[] = [];
  /** Rows of the directories from the root to where the walk is. */
  private readonly branch = new Set<number>();
  private isIncomplete = false;
  private entries = 0;

  constructor(options: SiteOptions, site: RestoreSite, handles: DirectoryHandles, target: number) {
    const { repository, wanted, isDryRun } = options;
    const { isSuperuser } = repository.platform;
    this.nameOf = (path) => wholePath(site.target, path);
    const events = wholeEvents(options.events, this.nameOf);
    this.events = events;
    this.marks = events.onPath && createMarks(events.onPath, wanted, isSuperuser);
    const { files } = repository.platform;
    this.options = options;
    this.site = site;
    this.handles = handles;
    this.isFresh = options.rule === undefined || target === NO_DESCRIPTOR;
    const onIssue = (path: ByteString, code: IssueCode, message: string): void =>
      this.report(path, code, message);
    const { onPart, onShortfalls } = events;
    const { nameOf } = this;
    const onFile: RestoreEvents['onFile'] = (...file) => this.tellFile(...file);
    const explainLock = createLockExplainer({ files, handles, target: site.target });
    this.explainLock = explainLock;
    this.writer = new FileWriter({
      ...options,
      target,
      nameOf,
      explainLock,
      onFile,
      onPart,
      onIssue,
      onShortfalls,
    });
    this.nodes = new NodeMaker({ files, handles, wanted, isDryRun, onShortfalls });
    this.linkGroups = createLinkGroups((first, name) => this.link(first, name));
    this.remover = createRemover({
      files,
      handles,
      isDryRun,
      own: options.own,
      isLeftOut: (path, isDirectory) => this.isLeftOut(path, isDirectory),
      explainLock,
      nameOf,
      onRemoved(path) {
        events.onRemoved(path);
        events.onPath?.(path, 'removed');
      },
      onIssue,
    });
  }

  async execute(): Promise<void> {
    for (const root of this.site.roots) {
      const isNew = this.makeAncestors(root);
      if (isNew !== undefined) await this.restoreNode(root.path, root.version, isNew);
    }
    await this.writer.finish();
    for (let left = this.linkGroups.takeOrphans(); left.length > 0;) {
      for (const { path, version } of left) await this.restoreNode(path, version, this.isFresh);
      await this.writer.finish();
      left = this.linkGroups.takeOrphans();
    }
    this.finishDirectories();
    for (const { path, type, known } of this.locked) {
      this.attempt(path, () => this.nodes.lock(path, type, known), 'METADATA_NOT_RESTORED');
    }
  }

  /** Whether the directory that holds `root` is new; undefined when it cannot be opened. */
  private makeAncestors({ ancestors }: RestoreRoot): boolean | undefined {
    let isNew = this.isFresh;
    for (const { path, version } of ancestors) {
      const there = isNew ? undefined : this.attempt(path, () => this.nodes.look(path));
      if (there === FAILED) return undefined;
      if (there && this.isOwn(path, there)) return undefined;
      if (there?.type === 'directory') continue;
      if (there) {
        const message = `${this.textOf(path)} is no longer a directory: restore it first.`;
        this.report(path, 'NOT_RESTORED', message);
        return undefined;
      }
      if (!this.makeDirectory(path, version)) return undefined;
      this.events.onPath?.(path, 'new');
      isNew = true;
    }
    return isNew;
  }

  /** Whether the repository lies there, into which nothing is restored. */
  private isOwn(path: ByteString, there: FileStat): boolean {
    if (!this.options.own.has(there)) return false;
    const message = `${textFromBytes(path)} was not restored: the repository lies there.`;
    this.report(path, 'NOT_RESTORED', message);
    return true;
  }

  private makeDirectory(path: ByteString, version: Version): boolean {
    if (this.attempt(path, () => this.nodes.makeDirectory(path)) === FAILED) return false;
    this.directories.push({ path, version, isNew: true, setsMetadata: true });
    return true;
  }

  /** As in a backup, what is named is taken, whatever the rules say of it. */
  private isLeftOut(path: ByteString, isDirectory: boolean): boolean {
    const isRoot = this.site.roots.some((root) => root.path === path);
    return !isRoot && this.options.isLeftOut(sourceOf(this.site, path), isDirectory);
  }

  /** Restores the node at `path` and all below it. `isNew`: nothing is there yet. */
  private async restoreNode(path: ByteString, version: Version, isNew: boolean): Promise<void> {
    await this.takeTurn();
    const isDirectory = version.type === VersionType.directory;
    if (this.isLeftOut(path, isDirectory)) return;
    const there = isNew ? undefined : this.attempt(path, () => this.nodes.look(path));
    if (there === FAILED) return;
    if (there && this.isOwn(path, there)) return;
    const decision = decide(version, there, this.options.rule ?? 'never');
    const { known } = this.options.wanted(version);
    if (there && decision !== 'keep') this.options.onSeen?.(this.nameOf(path), version, there);
    if (decision !== 'keep' && isLocked(known)) {
      this.locked.push({ path, type: version.type, known });
    }
    if (decision !== 'keep') this.marks?.begin(path, version, there);
    if (isDirectory && (there?.type === 'directory' || path === '')) {
      return this.enter(path, version, there, decision !== 'keep');
    }
    if (decision === 'keep') {
      this.events.onKept(path);
      this.events.onPath?.(path, 'kept');
      return;
    }
    if (there && decision === 'replace' && !this.makeRoom(path, version, there)) return;
    if (version.links > 0 && !this.linkGroups.isFirst({ path, version, there })) return;
    const isTaken = there !== undefined && this.options.claims.isTaken(path, version, there);
    switch (version.type) {
      case VersionType.directory:
        if (this.makeDirectory(path, version)) await this.restoreEntries(path, version, true);
        return;
      case VersionType.file:
        if (isTaken) return this.writer.add({ ...splitPath(path), version });
        return this.restoreFile(path, version, there, decision === 'unchanged');
      case VersionType.symlink:
      case VersionType.fifo:
      case VersionType.socket:
      case VersionType.characterDevice:
      case VersionType.blockDevice:
        this.restoreUnopened({ path, version, there, isTaken });
    }
  }

  private async enter(
    path: ByteString,
    version: Version,
    there: FileStat | undefined,
    setsMetadata: boolean,
  ): Promise<void> {
    const isNew = this.isFresh;
    if (there && setsMetadata) {
      this.attempt(path, () => this.nodes.makeWritable(path, there), 'METADATA_NOT_RESTORED');
    }
    this.directories.push({ path, version, isNew, setsMetadata: setsMetadata || isNew });
    await this.restoreEntries(path, version, isNew, there !== undefined);
  }

  private async restoreEntries(
    path: ByteString,
    version: Version,
    isNew: boolean,
    isUnchanged = false,
  ): Promise<void> {
    this.tellNode(path, VersionType.directory, isUnchanged);
    this.branch.add(version.path);
    let previous: ByteString | undefined;
    for (const entry of this.entriesOf(version)) {
      if (entry.name === previous || this.branch.has(entry.path))
        throw impossible(this.textOf(childPath(path, entry.name)));
      previous = entry.name;
      await this.restoreNode(childPath(path, entry.name), entry, isNew);
    }
    this.branch.delete(version.path);
  }

  private entriesOf({ path }: Version): Entry[] {
    return this.options.repository.index.versions.at(path, this.options.snapshot);
  }

  /** Takes away what cannot be replaced by a rename: a directory, or what a directory replaces. */
  private makeRoom(path: ByteString, version: Version, there: FileStat): boolean {
    if (there.type !== 'directory') {
      if (version.type !== VersionType.directory) return true;
      return this.attempt(path, () => this.nodes.remove(path)) !== FAILED;
    }
    const isEmpty = this.attempt(path, () => this.nodes.isEmptyDirectory(path));
    if (isEmpty === FAILED) return false;
    if (!isEmpty && !this.options.deletes) {
      const text = this.textOf(path);
      const message = `${text} is a non-empty directory where something else belongs; --delete removes it.`;
      this.report(path, 'NOT_RESTORED', message);
      return false;
    }
    if (this.remover.clear(path)) return true;
    const message = `${this.textOf(path)} was not restored: a directory in its place was kept.`;
    this.report(path, 'NOT_RESTORED', message);
    return false;
  }

  private restoreUnopened(place: UnopenedPlace): void {
    const { path, version } = place;
    const isUnchanged = this.attempt(path, () => {
      try {
        return this.nodes.restoreUnopened(place);
      } catch (error) {
        const code = fileErrorCode(error);
        const isLock = code !== undefined && this.explainLock(path, code) !== undefined;
        if (version.type === VersionType.symlink || isLock || !code || !CANNOT_MAKE.includes(code))
          throw error;
        this.events.onUnmade(path, code);
        return undefined;
      }
    });
    if (isUnchanged === FAILED) return;
    if (isUnchanged !== undefined) this.tellNode(path, version.type, isUnchanged);
    this.linkGroups.settle(path, isUnchanged !== undefined);
  }

  /** Makes a name a link to what was restored as `first`; false when that cannot be. */
  private link(first: ByteString, { path, version, there }: LinkedName): boolean {
    try {
      const isUnchanged = this.nodes.link(first, path, there);
      // Its bytes count under the first name.
      if (version.type === VersionType.file) {
        this.events.onFile(path, 0, { bytes: 0, isUnchanged });
        this.marks?.finish(path, isUnchanged);
      } else this.tellNode(path, version.type, isUnchanged);
      return true;
    } catch (error) {
      // Too many links, none on this file system, or gone: the name gets a node of its own.
      if (fileErrorCode(error) === undefined) throw error;
      return false;
    }
  }

  private tellNode(path: ByteString, type: VersionType, isUnchanged: boolean): void {
    this.events.onNode(path, type, isUnchanged);
    this.marks?.finish(path, isUnchanged);
  }

  private tellFile(...file: Parameters<RestoreEvents['onFile']>): void {
    this.events.onFile(...file);
    this.marks?.finish(file[0], file[2].isUnchanged);
    this.linkGroups.settle(file[0], true);
  }

  private async restoreFile(
    path: ByteString,
    version: Version,
    there: FileStat | undefined,
    isTrusted: boolean,
  ): Promise<void> {
    const { sizeBytes } = version;
    const file = { ...splitPath(path), version };
    if (!there || !isTrusted) {
      return this.writer.add(file, there?.type === 'file' ? there : undefined);
    }
    const isFinished = this.attempt(
      path,
      () => this.nodes.adjustFile(path, version, there),
      'METADATA_NOT_RESTORED',
    );
    if (isFinished === false) return this.writer.add(file);
    this.tellFile(path, sizeBytes, { bytes: 0, isUnchanged: true });
  }

  /** Deepest first: setting what is in a directory changes its time. */
  private finishDirectories(): void {
    const deletes = this.options.deletes && !this.isIncomplete;
    if (this.options.deletes && this.isIncomplete) {
      const message = 'Nothing was deleted because not everything could be restored.';
      this.report('' as ByteString, 'NOT_DELETED', message);
    }
    for (const { path, version, isNew, setsMetadata } of this.directories.reverse()) {
      if (deletes && !isNew) {
        const names = new Set(this.entriesOf(version).map(({ name }) => name));
        this.attempt(path, () => this.remover.sweep(path, names), 'NOT_DELETED');
      }
      if (!setsMetadata) continue;
      const finish = (): void => this.nodes.finishDirectory(path, version);
      this.attempt(path, finish, 'METADATA_NOT_RESTORED');
    }
  }

  private attempt<T>(
    path: ByteString,
    action: () => T,
    code: IssueCode = 'NOT_RESTORED',
  ): T | typeof FAILED {
    try {
      return action();
    } catch (error) {
      const systemCode = fileErrorCode(error);
      if (systemCode === undefined) throw error;
      const reason = this.explainLock(path, systemCode) ?? reasonOf(error);
      this.report(path, code, `${this.textOf(path)}: ${reason}.`);
      return FAILED;
    }
  }

  private report(path: ByteString, code: IssueCode, message: string): void {
    if (code === 'NOT_RESTORED' || code === 'DAMAGED') {
      this.isIncomplete = true;
      this.linkGroups.settle(path, false);
    }
    this.events.onIssue(path, code, message);
  }

  private textOf(path: ByteString): string {
    return textFromBytes(this.nameOf(path));
  }

  private async takeTurn(): Promise<void> {
    if (++this.entries % ENTRIES_A_TURN !== 0) return;
    this.options.checkSignal();
    await nextTurn();
  }
}

/** Codes that say: not this user, not this file system, or no libc to ask. */
const CANNOT_MAKE = ['EPERM', 'EACCES', 'EOPNOTSUPP', 'ENOSYS'];

/** What was attempted failed, and is reported. */
const FAILED = Symbol('failed');

function impossible(path: string): CodedError {
  return new CodedError('INDEX_CORRUPT', `The index lists ${path} twice, or inside itself.`, {
    hint: 'Run `varve repair --rebuild-index`.',
  });
}
