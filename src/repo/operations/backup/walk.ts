/**
 * Walks a source and merges each directory with what the index knows of it. Files that may have
 * changed go to {@link Contents}; everything else is recorded at once.
 */
import type { Index } from '../../index/index.js';
import type { EntryState } from '../../index/versions.js';
import { VersionType, type Version } from '../../model.js';
import type { FileStat } from '../../../platform/at-calls.js';
import type { NodeAttributes } from '../../../platform/attribute-calls.js';
import type { ByteString } from '../../../platform/bytes.js';
import { join } from '../../../platform/paths.js';
import type { Platform } from '../../../platform/platform.js';
import { readAttributes } from '../../tree/attributes.js';
import { isUnchanged, mergeByName, racyFlag, versionTypeOf } from '../../tree/compare.js';
import {
  belowOf,
  handleOf,
  type ListedDirectory,
  type LiveDirectory,
  type LiveTree,
  type Sight,
} from '../../tree/live-tree.js';
import type { SetRecorder } from './attributes.js';
import type { Contents } from './contents.js';
import { describeFound, type FileContext } from './found.js';
import { createHardLinks, type HardLinks } from './hard-links.js';
import { lookAt, lookAtClosed } from './look.js';
import type { Recorder } from './recorder.js';
import type { IsDue } from './reread.js';
import { lookAtRoot } from './roots.js';
import { unreadable, type Tally } from './tally.js';
import { createTurns } from './turns.js';

export interface WalkOptions {
  readonly index: Index;
  readonly platform: Platform;
  readonly tree: LiveTree;
  readonly sets: SetRecorder;
  /** Which files are read although they seem unchanged. */
  readonly isDue: IsDue;
  readonly signal: AbortSignal | undefined;
  readonly onProgress: (current: ByteString) => void;
}

/** A directory with its row in the index. */
interface Directory extends LiveDirectory {
  readonly id: number;
  /** It has no entry in the index yet, so nothing below it has one. */
  readonly isFresh: boolean;
  /** Its entries are roots, whose names in the index are their absolute paths. */
  readonly holdsRoots: boolean;
  readonly scanStartMs: number;
}

/** An entry that is taken in. */
interface Entry {
  readonly directory: Directory;
  readonly name: ByteString;
  readonly path: ByteString;
  /** Where a file is read: its path, but for a root that is a followed link. */
  readonly place: ByteString;
  readonly stat: FileStat;
  /** Whether the size of a file is the number of its bytes. */
  readonly tellsSize: boolean;
  /** Its current version, as far as it tells whether the entry changed. */
  readonly known: EntryState | undefined;
}

/** A root that is a symbolic link, and where it leads to. */
export interface FollowedLink {
  readonly path: ByteString;
  readonly place: ByteString;
}

/** What an entry has in the index. */
interface Place {
  readonly id: number;
  readonly isNew: boolean;
}

export class Walk {
  private readonly options: WalkOptions;
  private readonly recorder: Recorder;
  private readonly tally: Tally;
  private readonly contents: Contents<FileContext>;
  private readonly hardLinks: HardLinks;
  private readonly followed: FollowedLink[] = [];
  private readonly own: ByteString[] = [];
  private readonly turn: (path: ByteString) => Promise<void> | undefined;

  constructor(
    options: WalkOptions,
    recorder: Recorder,
    tally: Tally,
    contents: Contents<FileContext>,
  ) {
    this.options = options;
    this.recorder = recorder;
    this.tally = tally;
    this.contents = contents;
    this.hardLinks = createHardLinks(options.index);
    this.turn = createTurns(options.platform.clock, options.signal, options.onProgress);
  }

  /** The roots that are symbolic links, and were followed. */
  get followedLinks(): readonly FollowedLink[] {
    return this.followed;
  }

  /** The roots that are the repository, or lie in it, and were left out. */
  get ownRoots(): readonly ByteString[] {
    return this.own;
  }

  /** Walks the roots, which are in byte order. @throws CodedError INTERRUPTED */
  async roots(parent: number, paths: readonly ByteString[]): Promise<void> {
    const { versions } = this.options.index;
    for (const pair of mergeByName(paths, versions.currentStates(parent))) {
      if (pair.type === 'present') await this.root(parent, pair.name, pair.known);
    }
  }

  private async root(
    parent: number,
    path: ByteString,
    known: EntryState | undefined,
  ): Promise<void> {
    const { index, platform, tree } = this.options;
    const view = lookAtRoot({ index, files: platform.files, tree }, path, known);
    if (view.type === 'own') {
      this.own.push(path);
      if (known) this.recorder.remove({ ...this.versionOf(known), name: known.name }, parent);
      return;
    }
    if (view.type === 'refused') {
      this.tally.report(path, view.code, view.message);
      this.tally.keep(known);
      return;
    }
    const { root, stat } = view;
    const scanStartMs = platform.clock.nowMs();
    const directory = { ...root.above, id: parent, isFresh: false, holdsRoots: true, scanStartMs };
    try {
      const tellsSize = this.tellsSize(directory, root.name, stat);
      const { name, place } = root;
      if (place !== path) this.followed.push({ path, place });
      await this.takeIn({ directory, name, path, place, stat, tellsSize, known });
    } finally {
      root.close();
    }
  }

  private async walkDirectory(directory: Directory, { names }: ListedDirectory): Promise<void> {
    const { versions } = this.options.index;
    const entries = directory.isFresh ? [] : versions.currentStates(directory.id);
    for (const pair of mergeByName(names, entries)) {
      if (pair.type === 'gone') this.remove(pair.known, directory);
      else {
        const pending = this.visit(directory, pair.name, pair.known);
        if (pending) await pending;
      }
    }
  }

  /** One entry. A promise only where there is something to wait for. */
  private visit(
    directory: Directory,
    name: ByteString,
    known: EntryState | undefined,
  ): Promise<void> | undefined {
    const path = join(directory.path, name);
    let sight: Sight;
    try {
      sight = this.options.tree.look(directory, { name, path });
    } catch (error) {
      this.tally.report(path, 'UNREADABLE', unreadable(path, error));
      this.tally.keep(known);
      return undefined;
    }
    if (sight.type === 'taken-in') {
      const { stat } = sight;
      const tellsSize = this.tellsSize(directory, name, stat);
      return this.takeIn({ directory, name, path, place: path, stat, tellsSize, known });
    }
    if (known) this.remove(known, directory);
    return undefined;
  }

  private tellsSize(directory: Directory, name: ByteString, stat: FileStat): boolean {
    return stat.type !== 'file' || this.options.tree.tellsSize(directory, name, stat);
  }

  private takeIn(entry: Entry): Promise<void> | undefined {
    const { path, stat, tellsSize, known } = entry;
    const links = this.hardLinks.numberOf(stat, known);
    const seemsUnchanged =
      known !== undefined && known.links === links && tellsSize && isUnchanged(stat, known);
    // All names of a file are due together, or they would hold other bytes.
    if (!seemsUnchanged || this.options.isDue(links || known.path)) {
      return this.takeInChanged(entry, links, seemsUnchanged);
    }
    this.tally.keepUnchanged(known);
    if (stat.type !== 'directory') return this.turn(path);
    return this.enter(entry, { id: known.path, isNew: false });
  }

  private takeInChanged(
    entry: Entry,
    links: number,
    seemsUnchanged: boolean,
  ): Promise<void> | undefined {
    const { directory, path, place: readAt, stat, tellsSize, known } = entry;
    const type = versionTypeOf(stat.type);
    this.removeWhatItHeld(known, type);
    const place = this.placeOf(entry);
    const before = known && this.versionOf(known);
    if (type === VersionType.file) {
      const context = {
        path: place.id,
        directory: directory.id,
        known: before,
        links,
        seemsUnchanged,
        scanStartMs: directory.scanStartMs,
      };
      return this.contents.add({ path: readAt, stat, tellsSize, context }) ?? this.turn(path);
    }
    const record = (attributes: NodeAttributes, link?: ByteString): void => {
      const set = this.options.sets.of(stat, attributes);
      const flags = racyFlag(stat, directory.scanStartMs);
      const node = { path: place.id, known: before, type, flags, links };
      this.tally.record(describeFound(node, stat, set, { link }));
    };
    if (type === VersionType.directory) return this.enter(entry, place, record);
    this.recordUnread(entry, type, record);
    return this.turn(path);
  }

  /** What a directory held goes when something else takes its name. */
  private removeWhatItHeld(known: EntryState | undefined, type: VersionType): void {
    if (known?.type !== VersionType.directory || type === VersionType.directory) return;
    for (const child of this.options.index.versions.current(known.path)) {
      this.recorder.remove(child, known.path);
    }
  }

  private placeOf({ directory, name, path, known }: Entry): Place {
    if (known) return { id: known.path, isNew: false };
    const { id, holdsRoots, isFresh } = directory;
    return this.recorder.pathId(id, holdsRoots ? path : name, isFresh);
  }

  /** A link or a special file. */
  private recordUnread(
    { directory, name, path, known }: Entry,
    type: VersionType,
    record: (attributes: NodeAttributes, link?: ByteString) => void,
  ): void {
    try {
      const { attributes, link } = lookAt(
        this.options.platform.files,
        handleOf(directory),
        name,
        type,
      );
      record(attributes, link);
    } catch (error) {
      this.tally.report(path, 'UNREADABLE', unreadable(path, error));
      this.tally.keep(known);
    }
  }

  /** Walks a directory. `record`: it is not as it was. */
  private async enter(
    entry: Entry,
    { id, isNew }: Place,
    record?: (attributes: NodeAttributes) => void,
  ): Promise<void> {
    const { directory: parent, path } = entry;
    const pending = this.turn(path);
    if (pending) await pending;
    const listed = this.list(entry, id, record);
    if (!listed) return;
    const scanStartMs = this.options.platform.clock.nowMs();
    const { below, handles, filter, device, mount } = listed;
    const above = { path, below, handles, filter, device, mount, scanStartMs };
    await this.walkDirectory({ ...above, id, isFresh: isNew, holdsRoots: false }, listed);
    this.options.tree.leave({ handles: parent.handles, below });
  }

  /** What is in a directory; undefined: it cannot be read, and keeps what it had. */
  private list(
    { directory: parent, name, path, stat, known }: Entry,
    id: number,
    record: ((attributes: NodeAttributes) => void) | undefined,
  ): ListedDirectory | undefined {
    const { tree, platform } = this.options;
    const { files } = platform;
    let handle: number | undefined;
    try {
      handle = tree.open(parent, name);
      record?.(readAttributes(files.at, { type: 'open', descriptor: handle }));
      return tree.enter(parent, { name, path }, stat);
    } catch (error) {
      tree.leave({ handles: parent.handles, below: belowOf(parent, name) });
      if (handle === undefined) record?.(lookAtClosed(files, parent.handles, parent.below, name));
      this.tally.report(path, 'UNREADABLE_DIRECTORY', unreadable(path, error));
      if (known) this.tally.keepBelow(id);
      return undefined;
    }
  }

  /** Asked for few entries: the others are as they were. */
  private versionOf({ path }: EntryState): Version {
    const version = this.options.index.versions.currentOf(path);
    if (!version) throw new Error(`path ${path} has no current version`);
    return version;
  }

  private remove(known: EntryState, directory: Directory): void {
    this.recorder.remove({ ...this.versionOf(known), name: known.name }, directory.id);
  }
}
