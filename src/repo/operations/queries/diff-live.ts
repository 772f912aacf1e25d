/** Diff against the live tree: what a backup would find changed since a snapshot. */
import type { Entry } from '../../index/versions.js';
import { parentOfRoots } from '../../index/versions.js';
import { VersionType, type Issue, type IssueCode, type Version } from '../../model.js';
import type { FileStat } from '../../../platform/at-calls.js';
import { joinBytes, textFromBytes, type ByteString } from '../../../platform/bytes.js';
import { systemErrorCode } from '../../../platform/platform.js';
import { readAttributesAt, sameAttributes } from '../../tree/attributes.js';
import {
  fileTypeOf,
  isUnchanged,
  mergeByName,
  sameMetadata,
  sameTime,
  versionTypeOf,
  type Pair,
} from '../../tree/compare.js';
import { openDirectoryHandles, type DirectoryHandles } from '../../tree/directory-handles.js';
import {
  createFilter,
  type DirectoryFilter,
  type FilterOptions,
  type TreeFilter,
} from '../../tree/filter.js';
import { createSetReader } from '../../repository/attribute-sets.js';
import type { Change, ChangeType } from './diff.js';
import { inByteOrder } from './find.js';
import { hashFile } from './hash-file.js';
import { selectSnapshot, selectSource, type QueryOptions } from './locate.js';
import { ownPaths } from '../../repository/own-paths.js';
import { possibleBitRot } from '../../tree/possible-bit-rot.js';
import type { Repository } from '../../repository/repository.js';
import type { HeldRepository } from '../../repository/held.js';
import { isOfStream } from '../../tree/stream-version.js';
import type { TimePoint } from './time-point.js';

export interface DiffLiveOptions extends QueryOptions {
  readonly from: TimePoint;
  /**
   * Compares the bytes of every file, else of those only that a backup would read although size and
   * modification time agree: their change time or inode is another, or they were racy.
   */
  readonly readsAll: boolean;
  /** What the backups leave out: neither side of it is compared. */
  readonly filter?: FilterOptions;
}

export interface LiveDiff {
  /** In byte order of the paths. */
  readonly changes: readonly Change[];
  readonly from: number;
  readonly to: undefined;
  /** What could not be read, which counts as unchanged; and possible bit rot. */
  readonly issues: readonly Issue[];
}

/**
 * What leads from a snapshot to the tree as it is now. Without `readsAll` a file whose modification
 * time differs counts as modified.
 */
export function diffLive(repository: Repository, options: DiffLiveOptions): Promise<LiveDiff> {
  const issues: Issue[] = [];
  const filter = createFilter(options.filter ?? {}, repository.platform.files, issues);
  return repository.read((held) => {
    const { index, platform } = held;
    const source = selectSource(index, platform, options.source);
    const from = selectSnapshot(index, source, options.from).number;
    const own = ownPaths(held, source.roots);
    const comparison = createComparison(held, from, { own, filter, issues }, options);
    const known = index.versions.at(parentOfRoots(source.id), from);
    for (const pair of mergeByName(source.roots, known)) {
      if (pair.type === 'present') comparison.root(pair.name, pair.known);
    }
    const changes = inByteOrder(comparison.changes);
    return { changes, from, to: undefined, issues };
  });
}

interface Subject {
  /** Where the repository lies in the tree. */
  readonly own: ReadonlySet<ByteString>;
  readonly filter: TreeFilter;
  readonly issues: Issue[];
}

interface Comparison {
  readonly changes: Change[];
  root(path: ByteString, known: Entry | undefined): void;
}

/** A name in a directory. */
interface Place {
  /** Below the directory that the root is in. */
  readonly directory: ByteString;
  readonly name: ByteString;
  readonly path: ByteString;
  /** What holds in the directory; undefined: nothing. */
  readonly filter: DirectoryFilter | undefined;
}

/** A directory whose entries are compared one after the other. */
interface Entered extends Omit<Place, 'name'> {
  readonly pairs: Iterator<Pair<ByteString, Entry>, void>;
}

const NOTHING = '' as ByteString;

function createComparison(
  repository: HeldRepository,
  snapshot: number,
  { own, filter: treeFilter, issues }: Subject,
  options: DiffLiveOptions,
): Comparison {
  const { index, platform } = repository;
  const { at: calls } = platform.files;
  const setOf = createSetReader(index);
  /** Of the root that is compared. */
  let handles: DirectoryHandles;
  const parentOf = ({ directory }: Place): number => handles.open(directory);
  const changes: Change[] = [];

  const note = (path: ByteString, change: ChangeType | undefined): void => {
    if (change) changes.push({ path, change });
  };
  /** What cannot be read is told, and counts as unchanged. */
  const attempt = <T>(path: ByteString, code: IssueCode, action: () => T): T | undefined => {
    try {
      return action();
    } catch (error) {
      if (systemErrorCode(error) === undefined || !(error instanceof Error)) throw error;
      const message = `${textFromBytes(path)} cannot be read: ${error.message}.`;
      issues.push({ path, code, message });
      return undefined;
    }
  };
  const isLeftOut = (
    { filter, name, path }: Omit<Place, 'directory'>,
    entry: Pick<FileStat, 'type' | 'sizeBytes'>,
  ): boolean => own.has(path) || (filter?.judge(name, entry)?.excludes ?? false);

  const removed = (place: Omit<Place, 'directory'>, known: Version): void => {
    if (isLeftOut(place, { type: fileTypeOf(known.type), sizeBytes: known.sizeBytes })) return;
    note(place.path, 'removed');
    removedBelow(place, known);
  };
  const removedBelow = ({ path, filter }: Omit<Place, 'directory'>, known: Version): void => {
    if (known.type !== VersionType.directory) return;
    const inside = (filter ?? treeFilter).enter({ path, listing: undefined });
    for (const child of index.versions.at(known.path, snapshot)) {
      const { name } = child;
      removed({ name, path: joinBytes(path, name), filter: inside }, child);
    }
  };

  /** What has a name. A directory that is to be entered is given back: recursion ends at some depth. */
  const visit = (place: Place, known: Version | undefined): Entered | undefined =>
    attempt(place.path, 'UNREADABLE', () => {
      const { name, path } = place;
      const stat = calls.stat(parentOf(place), name);
      if (!stat) {
        if (known) removed(place, known);
        return undefined;
      }
      const type = versionTypeOf(stat.type);
      if (isLeftOut(place, stat)) return undefined;
      if (known?.type === type) note(path, compareSameType(place, stat, known));
      else {
        note(path, known ? 'type' : 'added');
        if (known) removedBelow(place, known);
      }
      if (type !== VersionType.directory) return undefined;
      const entries = known?.type === type ? index.versions.at(known.path, snapshot) : [];
      return enter(place, stat.device, entries);
    });

  const enter = (
    { directory: above, name, path, filter }: Place,
    device: number,
    entries: readonly Entry[],
  ): Entered | undefined => {
    const directory = above === '' ? name : joinBytes(above, name);
    const listing = attempt(path, 'UNREADABLE_DIRECTORY', () => {
      const handle = handles.open(directory);
      return { handle, names: calls.list(handle).sort(), device };
    });
    if (!listing) return undefined;
    const inside = (filter ?? treeFilter).enter({ path, listing });
    return { directory, path, filter: inside, pairs: mergeByName(listing.names, entries) };
  };

  const walk = (place: Place, known: Version | undefined): void => {
    const top = visit(place, known);
    const branch = top ? [top] : [];
    for (let level = branch.at(-1); level; level = branch.at(-1)) {
      const { directory, path, filter, pairs } = level;
      const next = pairs.next();
      if (next.done) {
        handles.forget(directory);
        branch.pop();
        continue;
      }
      const pair = next.value;
      const name = pair.type === 'gone' ? pair.known.name : pair.name;
      const child = { directory, name, path: joinBytes(path, name), filter };
      if (pair.type === 'gone') removed(child, pair.known);
      else {
        const below = visit(child, pair.known);
        if (below) branch.push(below);
      }
    }
  };

  const compareSameType = (
    place: Place,
    stat: FileStat,
    known: Version,
  ): ChangeType | undefined => {
    const sizeBytes = known.type === VersionType.file ? stat.sizeBytes : 0;
    if (hasOtherBytes(place, stat, known)) return 'modified';
    const isSame =
      sameMetadata({ ...stat, type: known.type, sizeBytes }, known) &&
      !hasOtherAttributes(place, stat, known);
    return isSame ? undefined : 'metadata';
  };
  /** They do not change without the ctime. */
  const hasOtherAttributes = (place: Place, stat: FileStat, known: Version): boolean => {
    if (sameTime(stat.ctime, known.ctime) || !calls.attributes) return false;
    const saved = setOf(known);
    if (!saved) return false;
    const { users } = platform;
    return (
      saved.user !== (users.userName(stat.uid) ?? '') ||
      saved.group !== (users.groupName(stat.gid) ?? '') ||
      !sameAttributes(
        readAttributesAt(platform.files, parentOf(place), place.name, known.type),
        saved,
      )
    );
  };
  const hasOtherBytes = (place: Place, stat: FileStat, known: Version): boolean => {
    if (known.type === VersionType.symlink) {
      return calls.readSymlink(parentOf(place), place.name) !== known.link;
    }
    if (known.type !== VersionType.file) return false;
    if (stat.sizeBytes !== known.sizeBytes) return true;
    if (!options.readsAll && !sameTime(stat.mtime, known.mtime)) return true;
    const seemsUnchanged = isUnchanged(stat, known);
    if (!options.readsAll && seemsUnchanged) return false;
    const isDifferent = readsDifferent(place, known);
    if (isDifferent && seemsUnchanged) {
      const { path } = place;
      issues.push({ path, code: 'POSSIBLE_BIT_ROT', message: possibleBitRot(path) });
    }
    return isDifferent;
  };
  const readsDifferent = (place: Place, known: Version): boolean => {
    const descriptor = calls.open(parentOf(place), place.name, 'read-file');
    try {
      const { sizeBytes } = calls.statOpen(descriptor);
      const live = hashFile(platform.files, descriptor, sizeBytes, repository.config.chunking);
      if (live.type !== known.content.type) return true;
      return live.type !== 'none' && Buffer.compare(live.hash, savedHash(known)) !== 0;
    } finally {
      platform.files.close(descriptor);
    }
  };
  const savedHash = ({ content }: Version): Uint8Array => {
    const hash =
      content.type === 'blob'
        ? index.blobs.get(content.blob)?.hash
        : content.type === 'content'
          ? index.blobs.contentHash(content.content)
          : undefined;
    return hash ?? Buffer.alloc(0);
  };

  return {
    changes,
    root(path, known) {
      if (known && isOfStream(known)) {
        const message = `${textFromBytes(path)} came from a stream: there is nothing to compare it with.`;
        issues.push({ path, code: 'SOURCE_MISSING', message });
        return;
      }
      const slash = path.lastIndexOf('/');
      const directory = (path.slice(0, slash) || '/') as ByteString;
      const name = (path.slice(slash + 1) || '.') as ByteString;
      const parent = attempt(path, 'SOURCE_MISSING', () =>
        calls.open(undefined, directory, 'read-directory'),
      );
      if (parent === undefined) return;
      handles = openDirectoryHandles(calls, (handle) => platform.files.close(handle), parent);
      try {
        walk({ directory: NOTHING, name, path, filter: undefined }, known);
      } finally {
        handles.close();
        platform.files.close(parent);
      }
    },
  };
}
