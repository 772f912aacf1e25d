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
import { join, parentOf } from '../../../platform/paths.js';
import type { Platform } from '../../../platform/platform.js';
import { readAttributes } from '../../tree/attributes.js';
import { isUnchanged, mergeByName, racyFlag, versionTypeOf } from '../../tree/compare.js';
import {
  openDirectoryHandles,
  type DirectoryHandles,
} from '../../../platform/directory-handles.js';
import type { DirectoryFilter, TreeFilter } from '../../tree/filter.js';
import type { SetRecorder } from './attributes.js';
import type { Contents } from './contents.js';
import { describeFound, type FileContext } from './found.js';
import { createHardLinks } from './hard-links.js';
import { lookAt, lookAtClosed } from './look.js';
import type { Recorder } from './recorder.js';
import type { IsDue } from './reread.js';
import { lookAtRoot } from './roots.js';
import { unreadable, type Tally, type WalkTotals } from './tally.js';
import { createTurns } from './turns.js';

export interface WalkOptions {
  readonly index: Index;
  readonly platform: Platform;
  readonly filter: TreeFilter;
  readonly sets: SetRecorder;
  /** Which files are read although they seem unchanged. */
  readonly isDue: IsDue;
  /** Absolute paths that are never backed up: the repository itself. */
  readonly excluded: ReadonlySet<ByteString>;
  readonly signal: AbortSignal | undefined;
  readonly onProgress: (totals: WalkTotals, current: ByteString) => void;
}

export interface Walk {
  /** Walks the roots, which are in byte order. @throws CodedError INTERRUPTED */
  roots(parent: number, paths: readonly ByteString[]): Promise<void>;
}

interface Directory {
  /** Below what its root is in. */
  readonly below: ByteString;
  /** Of the root that it belongs to: of a deep tree, not all directories are open. */
  readonly handles: DirectoryHandles;
  readonly path: ByteString;
  readonly id: number;
  /** It has no entry in the index yet, so nothing below it has one. */
  readonly isFresh: boolean;
  /** Its entries are roots, whose names in the index are their absolute paths. */
  readonly holdsRoots: boolean;
  /** What is left out of its entries; undefined: nothing. */
  readonly filter: DirectoryFilter | undefined;
}

const NOTHING = '' as ByteString;

/** @throws system errors: it may have to be opened again, and be gone */
function handleOf({ handles, below }: Directory): number {
  return handles.open(below);
}

export function createWalk(
  options: WalkOptions,
  recorder: Recorder,
  tally: Tally,
  contents: Contents<FileContext>,
): Walk {
  const { index, platform, sets } = options;
  const { files, clock } = platform;
  const { excluded } = options;
  /** Mostly there is none, and a path need not be hashed. */
  const isExcluded = (path: ByteString): boolean => excluded.size > 0 && excluded.has(path);
  const hardLinks = createHardLinks(index);
  const turn = createTurns(clock, options.signal, (path: ByteString) =>
    options.onProgress(tally.totals, path),
  );

  const walkDirectory = async (directory: Directory, names: ByteString[]): Promise<void> => {
    const scanStartMs = clock.nowMs();
    const entries = directory.isFresh ? [] : index.versions.currentStates(directory.id);
    for (const pair of mergeByName(names, entries)) {
      if (pair.type === 'gone') remove(pair.known, directory);
      else {
        const pending = visit(directory, pair.name, pair.known, scanStartMs);
        if (pending) await pending;
      }
    }
  };

  /** Asked for few entries: the others are as they were. */
  const versionOf = ({ path }: EntryState): Version => {
    const version = index.versions.currentOf(path);
    if (!version) throw new Error(`path ${path} has no current version`);
    return version;
  };
  const remove = (known: EntryState, directory: Directory): void =>
    recorder.remove({ ...versionOf(known), name: known.name }, directory.id);

  /** One entry. A promise only where there is something to wait for. */
  const visit = (
    directory: Directory,
    name: ByteString,
    known: EntryState | undefined,
    scanStartMs: number,
  ): Promise<void> | undefined => {
    const path = join(directory.path, name);
    const stat = statEntry(directory, name, path, known);
    if (!stat) return undefined;
    if (isExcluded(path) || directory.filter?.judge(name, stat)?.excludes) {
      if (known) remove(known, directory);
      return undefined;
    }
    return visitIncluded(directory, name, path, known, stat, scanStartMs);
  };

  const statEntry = (
    directory: Directory,
    name: ByteString,
    path: ByteString,
    known: EntryState | undefined,
  ): FileStat | undefined => {
    try {
      const stat = files.at.stat(handleOf(directory), name);
      if (!stat && known) remove(known, directory);
      return stat;
    } catch (error) {
      tally.report(path, 'UNREADABLE', unreadable(path, error));
      tally.keep(known);
      return undefined;
    }
  };

  const visitIncluded = (
    directory: Directory,
    name: ByteString,
    path: ByteString,
    known: EntryState | undefined,
    stat: FileStat,
    scanStartMs: number,
  ): Promise<void> | undefined => {
    const type = versionTypeOf(stat.type);
    const isFile = type === VersionType.file;
    const links = hardLinks.numberOf(stat, known);
    const seemsUnchanged = known !== undefined && known.links === links && isUnchanged(stat, known);
    // All names of a file are due together, or they would hold other bytes.
    if (seemsUnchanged && !options.isDue(links || known.path)) {
      tally.keepUnchanged(known);
      if (type !== VersionType.directory) return turn(path);
      return enter(directory, name, stat, { path, id: known.path, isFresh: false }, known);
    }
    // What a directory held goes when something else takes its name.
    if (known?.type === VersionType.directory && type !== VersionType.directory) {
      for (const child of index.versions.current(known.path)) recorder.remove(child, known.path);
    }
    const { id, isNew } = known
      ? { id: known.path, isNew: false }
      : recorder.pathId(directory.id, directory.holdsRoots ? path : name, directory.isFresh);
    const before = known && versionOf(known);
    // An empty file with several names goes with the others of its kind: it is looked at once.
    if (isFile && (stat.sizeBytes > 0 || links > 0)) {
      const context = {
        path: id,
        directory: directory.id,
        known: before,
        links,
        seemsUnchanged,
        scanStartMs,
      };
      return contents.add({ path, stat, context }) ?? turn(path);
    }
    const record = (attributes: NodeAttributes, link?: ByteString): void => {
      const set = sets.of(stat, attributes);
      const flags = racyFlag(stat, scanStartMs);
      tally.record(describeFound(id, before, stat, set, type, flags, links, link));
    };
    if (type === VersionType.directory) {
      return enter(directory, name, stat, { path, id, isFresh: isNew }, known, record);
    }
    try {
      const { attributes, link } = lookAt(files, handleOf(directory), name, type);
      record(attributes, link);
    } catch (error) {
      tally.report(path, 'UNREADABLE', unreadable(path, error));
      tally.keep(known);
    }
    return turn(path);
  };

  /** Opens and walks `name` in the directory whose handle is given; `record`: it is not as it was. */
  const enter = async (
    parent: Directory,
    name: ByteString,
    { device }: FileStat,
    { path, id, isFresh }: Pick<Directory, 'path' | 'id' | 'isFresh'>,
    known: EntryState | undefined,
    record?: (attributes: NodeAttributes) => void,
  ): Promise<void> => {
    const pending = turn(path);
    if (pending) await pending;
    const { handles } = parent;
    const below = join(parent.below, name);
    let handle: number | undefined;
    let names: ByteString[];
    try {
      handle = handles.open(below);
      record?.(readAttributes(files.at, { type: 'open', descriptor: handle }));
      names = files.at.list(handle).sort();
    } catch (error) {
      handles.forget(below);
      if (handle === undefined) record?.(lookAtClosed(files, handles, parent.below, name));
      tally.report(path, 'UNREADABLE_DIRECTORY', unreadable(path, error));
      if (known) tally.keepBelow(id);
      return;
    }
    const listing = { handle, names, device };
    const filter = (parent.filter ?? options.filter).enter({ path, listing });
    const directory = { below, handles, path, id, isFresh, holdsRoots: false, filter };
    await walkDirectory(directory, names);
    handles.forget(below);
  };

  const walkRoot = async (
    parent: number,
    path: ByteString,
    known: EntryState | undefined,
  ): Promise<void> => {
    const view = lookAtRoot({ index, files }, path, known);
    if (view.type === 'refused') {
      tally.report(path, view.code, view.message);
      tally.keep(known);
      return;
    }
    const { handle, name, stat } = view;
    const above = parentOf(path);
    const close = (descriptor: number): void => files.close(descriptor);
    const handles = openDirectoryHandles(files.at, close, handle);
    const inside = { path: above, id: parent, isFresh: false, holdsRoots: true };
    const directory = { ...inside, below: NOTHING, handles, filter: undefined };
    try {
      await visitIncluded(directory, name, path, known, stat, clock.nowMs());
    } finally {
      handles.close();
      files.close(handle);
    }
  };

  return {
    async roots(parent, paths) {
      for (const pair of mergeByName(paths, index.versions.currentStates(parent))) {
        if (pair.type === 'present') await walkRoot(parent, pair.name, pair.known);
      }
    },
  };
}
