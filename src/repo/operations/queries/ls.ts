/** Ls: what a directory held at a time, or everything below it. */
import { join } from '../../../platform/paths.js';
import type { Index } from '../../index/index.js';
import type { Entry } from '../../index/versions.js';
import { VersionType, type AttributeSet, type Version } from '../../model.js';
import { type ByteString } from '../../../platform/bytes.js';
import { createSetReader, type SetReader } from '../../repository/attribute-sets.js';
import { findAnswer } from './answer.js';
import { locateSource, type Located } from './locate.js';
import type { Origin, QueryOptions } from './sources.js';
import type { Reading } from '../../repository/held.js';
import type { Repository } from '../../repository/repository.js';
import type { TimePoint } from './time-point.js';

export interface ListOptions extends QueryOptions {
  /** As backed up, or relative to the working directory or a root. Without: the roots. */
  readonly path?: string | undefined;
  readonly at: TimePoint;
  /** As the newest snapshot that has the path, not later than `at`, has it. */
  readonly isLastSeen?: boolean | undefined;
  /** Everything below, not only the children. */
  readonly isRecursive: boolean;
}

export interface ListedEntry {
  /** Absolute. */
  readonly path: ByteString;
  readonly version: Version;
  /** undefined: nothing is known. */
  readonly attributes: AttributeSet | undefined;
}

/** A listing that is read while it is used, so that a million entries take no memory. */
export interface Listing extends Origin {
  readonly snapshot: number;
  /**
   * In byte order of the names, a directory before what it holds. To be iterated once; its end, and
   * leaving the loop early, gives up the lock that it is read under.
   */
  readonly entries: Iterable<ListedEntry>;
  /** For who does not iterate after all. */
  close(): void;
}

/**
 * The entries of a directory, or the file itself.
 * @throws CodedError PATH_NOT_FOUND, and what choosing a source and a snapshot throws
 */
export async function listEntries(repository: Repository, options: ListOptions): Promise<Listing> {
  const reading = await repository.beginReading();
  try {
    const { index } = reading.held;
    const { path, isRecursive } = options;
    const answer = findAnswer(reading.held, {
      ...options,
      paths: path === undefined ? [] : [path],
      suggest: (text, snapshot) => `varve ls ${text} --at ${snapshot}`,
    });
    const { source, snapshot, isEvident } = answer;
    const located = answer.located[0] ?? locateSource(source);
    const entries = entriesOf(index, located, snapshot.number, isRecursive);
    return {
      source,
      isEvident,
      snapshot: snapshot.number,
      entries: endAfter(reading, entries),
      close: () => reading.end(),
    };
  } catch (error) {
    throw reading.fail(error);
  }
}

function entriesOf(
  index: Index,
  { path, version, id }: Located,
  snapshot: number,
  isRecursive: boolean,
): Iterable<ListedEntry> {
  const setOf = createSetReader(index);
  if (version && version.type !== VersionType.directory) {
    return [{ path, version, attributes: setOf(version) }];
  }
  const children = (parent: number): Entry[] => index.versions.at(parent, snapshot);
  return walk({ path, id }, children, setOf, isRecursive);
}

/** One directory after the other: what is held at once is one listing for each level of depth. */
function* walk(
  { path, id }: Pick<Located, 'path' | 'id'>,
  children: (parent: number) => Entry[],
  setOf: SetReader,
  isRecursive: boolean,
): Generator<ListedEntry> {
  const levels = [{ path, entries: children(id), next: 0 }];
  for (let level = levels.at(-1); level; level = levels.at(-1)) {
    const entry = level.entries[level.next++];
    if (!entry) {
      levels.pop();
      continue;
    }
    const { name, ...version } = entry;
    // A root's name is its absolute path.
    const entryPath = join(level.path, name);
    yield { path: entryPath, version, attributes: setOf(version) };
    if (isRecursive && version.type === VersionType.directory) {
      levels.push({ path: entryPath, entries: children(version.path), next: 0 });
    }
  }
}

function* endAfter<T>(reading: Reading, items: Iterable<T>): Generator<T> {
  try {
    yield* items;
  } catch (error) {
    throw reading.fail(error);
  } finally {
    reading.end();
  }
}
