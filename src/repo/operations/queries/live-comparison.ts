/** Goes through the live tree and a snapshot side by side, and notes what differs. */
import { join } from '../../../platform/paths.js';
import type { Entry } from '../../index/versions.js';
import type { FileStat } from '../../../platform/at-calls.js';
import { VersionType, type Issue, type IssueCode, type Version } from '../../model.js';
import { textFromBytes, type ByteString } from '../../../platform/bytes.js';
import { fileErrorCode, reasonOf } from '../../../platform/system-errors.js';
import type { HeldRepository } from '../../repository/held.js';
import { fileTypeOf, mergeByName, versionTypeOf, type Pair } from '../../tree/compare.js';
import {
  handleOf,
  type ListedDirectory,
  type LiveDirectory,
  type LiveEntry,
  type LiveTree,
} from '../../tree/live-tree.js';
import { isOfStream } from '../../tree/stream-version.js';
import { isLostLink } from '../backup/roots.js';
import { foundChange, type ChangeType, type FileSide, type FoundChange } from './change.js';
import type { LiveBytes } from './live-bytes.js';

export interface ComparisonOptions {
  readonly repository: HeldRepository;
  readonly snapshot: number;
  readonly tree: LiveTree;
  /** Those that there are already; more are added. */
  readonly issues: Issue[];
  /** What is not is not looked at. */
  readonly isOnTheWay: (path: ByteString) => boolean;
}

/** A directory whose entries are compared one after the other. */
interface Entered {
  readonly directory: ListedDirectory;
  readonly pairs: Iterator<Pair<ByteString, Entry>, void>;
}

/** What holds where an entry is, or was. */
type Surroundings = Pick<LiveDirectory, 'filter'>;

export class LiveComparison {
  readonly changes: FoundChange[] = [];
  private readonly options: ComparisonOptions;
  private readonly bytes: LiveBytes;

  constructor(options: ComparisonOptions, bytes: LiveBytes) {
    this.options = options;
    this.bytes = bytes;
  }

  /** Compares everything below a root, and the root itself. */
  root(path: ByteString, known: Entry | undefined): void {
    if (!this.options.isOnTheWay(path)) return;
    if (known && isOfStream(known)) {
      const message = `${textFromBytes(path)} came from a stream, so there is nothing to compare it with.`;
      this.options.issues.push({ path, code: 'SOURCE_MISSING', message });
      return;
    }
    const root = this.attempt(path, 'SOURCE_MISSING', () => this.options.tree.openRoot(path));
    if (!root) return;
    try {
      if (isLostLink(this.options.tree.stat(root.above, root.name), known)) {
        const message = `${textFromBytes(path)} is a symbolic link that leads to nothing.`;
        this.options.issues.push({ path, code: 'SOURCE_MISSING', message });
      } else if (!this.options.tree.isOwn(root)) {
        this.walk(root.above, { name: root.name, path }, known);
      }
    } finally {
      root.close();
    }
  }

  /** Recursion would end at some depth. */
  private walk(above: LiveDirectory, entry: LiveEntry, known: Version | undefined): void {
    const top = this.visit(above, entry, known);
    const branch = top ? [top] : [];
    for (let level = branch.at(-1); level; level = branch.at(-1)) {
      const { directory, pairs } = level;
      const next = pairs.next();
      if (next.done) {
        this.options.tree.leave(directory);
        branch.pop();
        continue;
      }
      const below = this.compare(directory, next.value);
      if (below) branch.push(below);
    }
  }

  private compare(directory: ListedDirectory, pair: Pair<ByteString, Entry>): Entered | undefined {
    const name = pair.type === 'gone' ? pair.known.name : pair.name;
    const entry = { name, path: join(directory.path, name) };
    if (!this.options.isOnTheWay(entry.path)) return undefined;
    if (pair.type === 'present') return this.visit(directory, entry, pair.known);
    this.noteRemoved(directory, entry, pair.known);
    return undefined;
  }

  /** Compares what has a name. Returns a directory whose entries come next. */
  private visit(
    directory: LiveDirectory,
    entry: LiveEntry,
    known: Version | undefined,
  ): Entered | undefined {
    const { tree } = this.options;
    return this.attempt(entry.path, 'UNREADABLE', () => {
      const { name, path } = entry;
      const sight = tree.look(directory, entry);
      if (sight.type === 'absent' && known) this.noteRemoved(directory, entry, known);
      if (sight.type !== 'taken-in') return undefined;
      const { stat } = sight;
      const isSameType = known?.type === versionTypeOf(stat.type);
      if (isSameType) {
        const tellsSize = stat.type !== 'file' || tree.tellsSize(directory, name, stat);
        const subject = { directory: handleOf(directory), name, path, stat, tellsSize, known };
        this.note(path, this.bytes.changeOf(subject), known, stat);
      } else {
        this.note(path, known ? 'type' : 'added', known, stat);
        if (known) this.noteRemovedBelow(directory, path, known);
      }
      if (stat.type !== 'directory') return undefined;
      const listed = this.attempt(path, 'UNREADABLE_DIRECTORY', () =>
        tree.enter(directory, entry, stat),
      );
      const entries = isSameType ? this.entriesOf(known) : [];
      return listed && { directory: listed, pairs: mergeByName(listed.names, entries) };
    });
  }

  private noteRemoved(around: Surroundings, entry: LiveEntry, known: Version): void {
    const { sizeBytes } = known;
    const stat = { type: fileTypeOf(known.type), sizeBytes };
    if (this.options.tree.leavesOut(around, entry, stat)) return;
    this.note(entry.path, 'removed', known, undefined);
    this.noteRemovedBelow(around, entry.path, known);
  }

  private noteRemovedBelow(around: Surroundings, path: ByteString, known: Version): void {
    if (known.type !== VersionType.directory) return;
    const filter = this.options.tree.filterOfGone(around, path);
    for (const child of this.entriesOf(known)) {
      const { name } = child;
      this.noteRemoved({ filter }, { name, path: join(path, name) }, child);
    }
  }

  private entriesOf({ path }: Version): Entry[] {
    const { repository, snapshot } = this.options;
    return repository.index.versions.at(path, snapshot);
  }

  private note(
    path: ByteString,
    change: ChangeType | undefined,
    known: Version | undefined,
    stat: FileStat | undefined,
  ): void {
    if (change) this.changes.push(foundChange(path, change, savedSide(known), liveSide(stat)));
  }

  /** What cannot be read is reported, and counts as unchanged. */
  private attempt<T>(path: ByteString, code: IssueCode, action: () => T): T | undefined {
    try {
      return action();
    } catch (error) {
      if (fileErrorCode(error) === undefined) throw error;
      const message = `${textFromBytes(path)} cannot be read: ${reasonOf(error)}.`;
      this.options.issues.push({ path, code, message });
      return undefined;
    }
  }
}

function savedSide(known: Version | undefined): FileSide | undefined {
  if (known?.type !== VersionType.file) return undefined;
  const { sizeBytes, content, inode, mtime } = known;
  return { sizeBytes, content, inode, mtime };
}

function liveSide(stat: FileStat | undefined): FileSide | undefined {
  if (stat?.type !== 'file') return undefined;
  const { sizeBytes, inode, mtime } = stat;
  return { sizeBytes, content: { type: 'live' }, inode, mtime };
}
