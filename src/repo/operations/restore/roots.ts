/** What a restore makes and where: into a directory as `cp -a` would, or where it was. */
import { isWithin, join, isBelow, parentOf, baseName } from '../../../platform/paths.js';
import { CodedError } from '../../../errors.js';
import type { Index } from '../../index/index.js';
import type { Snapshot } from '../../index/sources.js';
import { parentOfRoots, type Entry } from '../../index/versions.js';
import { VersionType, type Version } from '../../model.js';
import { textFromBytes, textOfName, type ByteString } from '../../../platform/bytes.js';
import type { FileSystem } from '../../../platform/files.js';
import { systemErrorCode } from '../../../platform/platform.js';
import type { HeldRepository } from '../../repository/held.js';
import { versionTypeOf } from '../../tree/compare.js';
import { childPath } from '../../tree/relative-path.js';
import type { Located } from '../queries/locate.js';
import type { SourceSnapshot } from '../queries/sources.js';

/** A node below a target. */
export interface RestoreNode {
  /** Below the target; '' is the target itself. */
  readonly path: ByteString;
  readonly version: Version;
}

export interface RestoreRoot extends RestoreNode {
  /** Absolute, as it was backed up. */
  readonly source: ByteString;
  /** The directories between the target and it, outermost first: made where they are missing. */
  readonly ancestors: readonly RestoreNode[];
}

/** What is restored into one directory. */
export interface RestoreSite {
  readonly target: string;
  readonly roots: readonly RestoreRoot[];
}

/** The absolute path, as it was backed up, of what is restored to `path` of a site. */
export function sourceOf({ roots }: RestoreSite, path: ByteString): ByteString {
  const root = roots.find((one) => one.path === '' || isWithin(path, one.path));
  if (!root) throw new Error(`${path} is below no root`);
  if (root.path === path) return root.source;
  const skipped = root.path === '' ? 0 : root.path.length + 1;
  return join(root.source, path.slice(skipped) as ByteString);
}

const NOTHING = '' as ByteString;

/** Each located path becomes `DIR/its-name`; without one, the only root becomes DIR itself. */
export function planInto(
  target: string,
  index: Index,
  { source, snapshot }: SourceSnapshot,
  located: readonly Located[],
): RestoreSite {
  const root = (path: ByteString, absolute: ByteString, version: Version): RestoreRoot => ({
    path,
    version,
    source: absolute,
    ancestors: [],
  });
  if (located.length > 0) {
    const roots = located.flatMap(({ path, version }) =>
      version ? [root(nameOfRoot(path), path, version)] : [],
    );
    return { target, roots: distinct(roots) };
  }
  const entries = index.versions.at(parentOfRoots(source.id), snapshot.number);
  const [only] = entries;
  if (entries.length === 1 && only?.type === VersionType.directory) {
    return { target, roots: [root(NOTHING, only.name, only)] };
  }
  const roots = entries.map((entry) => root(nameOfRoot(entry.name), entry.name, entry));
  return { target, roots: distinct(roots) };
}

/**
 * Each located path, or each root of the source, where it was backed up. The target is the directory
 * that its root is in: from there on, no symbolic link is followed.
 */
export function planOriginal(
  { index, platform: { files } }: Pick<HeldRepository, 'index' | 'platform'>,
  { source, snapshot }: SourceSnapshot,
  located: readonly Located[],
): RestoreSite[] {
  const entries = index.versions.at(parentOfRoots(source.id), snapshot.number);
  const wanted = located.length > 0 ? located.map(({ path }) => path) : entries.map((e) => e.name);
  const outermost = [...new Set(wanted)].filter(
    (path) => !wanted.some((other) => isBelow(path, other)),
  );
  const sites = new Map<ByteString, RestoreRoot[]>();
  for (const path of outermost) {
    const root = entries.find(({ name }) => name === path || isBelow(path, name));
    if (!root) throw new Error(`${textFromBytes(path)} is below no root`);
    const place = placeOfRoot(files, root);
    const target = parentOf(place);
    const roots = sites.get(target) ?? [];
    sites.set(target, [...roots, originalRoot(index, snapshot, { ...root, place }, path)]);
  }
  return Array.from(sites, ([target, roots]) => ({ target: textOfName(target), roots }));
}

/**
 * Where a root lies. A symbolic link that the backup followed is followed back, if it leads to the very
 * node that was saved: anything else may have been put there to lead the restore elsewhere.
 */
function placeOfRoot(files: FileSystem, { name, type, inode }: Entry): ByteString {
  if (type === VersionType.symlink || name === '/') return name;
  try {
    const real = files.realPathOf(name);
    const above = parentOf(real);
    if (real === join(files.realPathOf(parentOf(name)), baseName(name))) return name;
    const directory = files.at.open(undefined, above, 'read-directory');
    try {
      const there = files.at.stat(directory, baseName(real));
      const isSaved = there?.inode === inode && versionTypeOf(there.type) === type;
      return isSaved ? real : name;
    } finally {
      files.close(directory);
    }
  } catch (error) {
    if (systemErrorCode(error) === undefined) throw error;
    return name;
  }
}

/** A root of the source, and where it lies. */
type PlacedRoot = Entry & { readonly place: ByteString };

/** The nodes from a root of the source down to `path`: the last one is restored, with all it holds. */
function originalRoot(
  index: Index,
  snapshot: Snapshot,
  { name: rootName, place, ...rootVersion }: PlacedRoot,
  path: ByteString,
): RestoreRoot {
  const top = rootName === '/' ? NOTHING : childPath(NOTHING, baseName(place));
  let node: RestoreNode = { path: top, version: rootVersion };
  const ancestors: RestoreNode[] = [];
  for (const name of path.slice(rootName.length).split('/').filter(Boolean) as ByteString[]) {
    const id = index.versions.pathId(node.version.path, name);
    const version = id === undefined ? undefined : index.versions.atPath(id, snapshot.number);
    if (!version) throw new Error(`${textFromBytes(path)} vanished`);
    ancestors.push(node);
    node = { path: childPath(node.path, name), version };
  }
  return { ...node, source: path, ancestors };
}

/** @throws CodedError TARGET_UNUSABLE when two would have the same name */
function distinct(roots: RestoreRoot[]): RestoreRoot[] {
  const seen = new Map<ByteString, ByteString>();
  for (const { path, source } of roots) {
    const other = seen.get(path);
    if (other !== undefined) {
      const [first, second, name] = [other, source, path].map(textFromBytes);
      throw new CodedError(
        'TARGET_UNUSABLE',
        `${first ?? ''} and ${second ?? ''} would both become ${name ?? ''} in the target.`,
        { hint: 'Restore each into a directory of its own.' },
      );
    }
    seen.set(path, source);
  }
  return roots;
}

/** @throws CodedError INDEX_CORRUPT for a name that would lead elsewhere */
function nameOfRoot(path: ByteString): ByteString {
  return path === '/' ? ('root' as ByteString) : childPath(NOTHING, baseName(path));
}
