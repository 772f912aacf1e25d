/**
 * The root paths of a source: which they are, and a look at each before it is walked. Nothing that was
 * saved may seem deleted because a root cannot be reached or its file system is not mounted.
 */
import { CodedError } from '../../../errors.js';
import type { Index } from '../../index/index.js';
import type { Source } from '../../index/sources.js';
import { parentOfRoots, type Entry } from '../../index/versions.js';
import { VersionType, type IssueCode } from '../../model.js';
import type { FileStat } from '../../../platform/at-calls.js';
import { bytesFromText, textFromBytes, type ByteString } from '../../../platform/bytes.js';
import type { FileSystem } from '../../../platform/files.js';
import type { LiveRoot, LiveTree } from '../../tree/live-tree.js';
import { unreadable } from './tally.js';

/** Absolute, without a trailing slash, in byte order, each once; none below another. */
export function resolveRoots(paths: readonly string[], files: FileSystem): ByteString[] {
  const roots = paths.map((path) => bytesFromText(files.absolutePath(path)));
  const unique = new Set(roots.sort());
  return [...unique].filter((root) => !directoriesAbove(root).some((above) => unique.has(above)));
}

/** `/a` and `/` for `/a/b`. */
function directoriesAbove(path: ByteString): ByteString[] {
  const names = path.split('/').slice(0, -1);
  const above = names.map((_, depth) => names.slice(0, depth + 1).join('/') || '/');
  return above.filter((directory) => directory !== path) as ByteString[];
}

/** A root that was never backed up and does not exist is a mistyped path, not a deleted one. */
export function checkRootsExist(
  index: Index,
  files: FileSystem,
  { id, roots }: Source,
  toleratesMissing: boolean,
): void {
  const known = new Set(index.versions.current(parentOfRoots(id)).map(({ name }) => name));
  const unseen = roots.filter((root) => !known.has(root) && !files.exists(root));
  const [missing] = unseen;
  if (missing === undefined || (toleratesMissing && unseen.length < roots.length)) return;
  const message = `${textFromBytes(missing)} does not exist, so there is nothing to back up.`;
  throw new CodedError('SOURCE_NOT_FOUND', message, { hint: 'Check the path.' });
}

/**
 * That all of them belong to the repository is a mistake; some of many (`backup /mnt/*`) need not be.
 * @throws CodedError SOURCE_IS_REPOSITORY
 */
export function checkRootsAreOthers(around: Surroundings, { roots }: Source): void {
  const isOwn = (path: ByteString): boolean => {
    const view = lookAtRoot(around, path, undefined);
    if (view.type === 'seen') view.root.close();
    return view.type === 'own';
  };
  const [first] = roots;
  if (first === undefined || !roots.every(isOwn)) return;
  const message = `${textFromBytes(first)} is the repository, or lies in it: it does not back itself up.`;
  throw new CodedError('SOURCE_IS_REPOSITORY', message, {
    hint: 'Name what is to be backed up; --repo names the repository.',
  });
}

export type RootView =
  /** `root` is to be closed by the caller. */
  | { readonly type: 'seen'; readonly root: LiveRoot; readonly stat: FileStat }
  /** It is the repository, or lies in it. */
  | { readonly type: 'own' }
  | { readonly type: 'refused'; readonly code: IssueCode; readonly message: string };

/** What is saved of a root. */
type KnownRoot = Pick<Entry, 'path' | 'type' | 'inode'> | undefined;

interface Surroundings {
  readonly index: Index;
  readonly files: FileSystem;
  readonly tree: LiveTree;
}

/** The root at `path`; `known`: its current version. */
export function lookAtRoot(around: Surroundings, path: ByteString, known: KnownRoot): RootView {
  let root: LiveRoot | undefined;
  let refusal: RootView;
  try {
    root = around.tree.openRoot(path);
    const stat = around.tree.stat(root.above, root.name);
    if (stat && around.tree.isOwn(root)) {
      root.close();
      return { type: 'own' };
    }
    const isDangling = isLostLink(stat, known);
    if (stat && !isDangling && !isSuspect(around, known, stat, root)) {
      return { type: 'seen', stat, root };
    }
    const problem = isDangling
      ? 'it is a symbolic link that leads to nothing'
      : stat
        ? 'it is an empty directory, and not the one from last time: not mounted?'
        : 'it does not exist';
    refusal = {
      type: 'refused',
      code: stat && !isDangling ? 'SOURCE_EMPTY' : 'SOURCE_MISSING',
      message: `${textFromBytes(path)} was not backed up: ${problem}. What was saved before is kept.`,
    };
  } catch (error) {
    refusal = { type: 'refused', code: 'SOURCE_MISSING', message: unreadable(path, error) };
  }
  root?.close();
  return refusal;
}

/** Whether a root is a link that is not followed, though what it led to was saved. */
export function isLostLink(
  stat: Pick<FileStat, 'type'> | undefined,
  known: Pick<Entry, 'type'> | undefined,
): boolean {
  return stat?.type === 'symlink' && known !== undefined && known.type !== VersionType.symlink;
}

/**
 * An empty directory with another inode where there was a full one is a file system that is not
 * mounted, and must not look like everything deleted.
 */
function isSuspect(
  { index, files, tree }: Surroundings,
  known: KnownRoot,
  stat: FileStat,
  { above, name }: LiveRoot,
): boolean {
  if (known?.type !== VersionType.directory || stat.type !== 'directory') return false;
  if (stat.inode === known.inode || !index.versions.hasChildren(known.path)) return false;
  return files.at.list(tree.open(above, name)).length === 0;
}
