/** What a backup does with one path: goes from its root down to it as a walk does, and no further. */
import type { Source } from '../../../index/sources.js';
import { parentOfRoots } from '../../../index/versions.js';
import type { FileStat } from '../../../../platform/at-calls.js';
import { joinBytes, type ByteString } from '../../../../platform/bytes.js';
import type { DirectoryFilter, FilterReason, TreeFilter } from '../../../tree/filter.js';
import { lookAtRoot } from '../../backup/roots.js';
import { unreadable } from '../../backup/tally.js';
import { ownPaths } from '../../../repository/own-paths.js';
import type { HeldRepository } from '../../../repository/held.js';

/** What the next backup does with a path. `at`: the path itself or a directory above it. */
export type Outcome =
  | { readonly type: 'taken-in'; readonly stat: FileStat; readonly reason: TakenInReason }
  | { readonly type: 'left-out'; readonly at: ByteString; readonly reason: LeftOutReason }
  /** There is nothing; what was saved counts as removed. */
  | { readonly type: 'absent'; readonly at: ByteString }
  /** What was saved stays. */
  | { readonly type: 'unreadable'; readonly at: ByteString; readonly message: string };

/** `nothing`: nothing speaks against it. */
type TakenInReason = FilterReason | { readonly type: 'root' | 'nothing' };
type LeftOutReason = FilterReason | { readonly type: 'repository' };

/** An entry of an open directory. */
interface Entry {
  readonly handle: number;
  readonly name: ByteString;
  readonly path: ByteString;
  readonly stat: FileStat;
}

/** `path` is `root` or lies below it. */
export function findOutcome(
  repository: HeldRepository,
  source: Source,
  treeFilter: TreeFilter,
  root: ByteString,
  path: ByteString,
): Outcome {
  const { index } = repository;
  const { files } = repository.platform;
  const own = ownPaths(repository, source.roots);

  /** Looks for `names` below a directory; `above`: what holds in the directory that it is in. */
  const descend = (
    directory: Entry,
    above: DirectoryFilter | undefined,
    names: readonly ByteString[],
  ): Outcome => {
    const [name = '' as ByteString, ...rest] = names;
    const at = joinBytes(directory.path, name);
    const { device, type } = directory.stat;
    if (type !== 'directory') return { type: 'absent', at };
    let handle: number | undefined;
    try {
      handle = files.at.open(directory.handle, directory.name, 'read-directory');
      const listing = { handle, names: files.at.list(handle).sort(), device };
      const filter = (above ?? treeFilter).enter({ path: directory.path, listing });
      const stat = files.at.stat(handle, name);
      if (!stat) return { type: 'absent', at };
      if (own.has(at)) return { type: 'left-out', at, reason: { type: 'repository' } };
      const verdict = filter?.judge(name, stat);
      if (verdict?.excludes) return { type: 'left-out', at, reason: verdict.reason };
      if (rest.length > 0) return descend({ handle, name, path: at, stat }, filter, rest);
      return { type: 'taken-in', stat, reason: verdict?.reason ?? { type: 'nothing' } };
    } catch (error) {
      const { path: place } = directory;
      return { type: 'unreadable', at: place, message: unreadable(place, error) };
    } finally {
      if (handle !== undefined) files.close(handle);
    }
  };

  const known = index.versions.current(parentOfRoots(source.id)).find(({ name }) => name === root);
  const view = lookAtRoot({ index, files }, root, known);
  if (view.type === 'refused') return { type: 'unreadable', at: root, message: view.message };
  const names = path.slice(root.length).split('/').filter(Boolean) as ByteString[];
  try {
    if (names.length === 0) return { type: 'taken-in', stat: view.stat, reason: { type: 'root' } };
    return descend({ ...view, path: root }, undefined, names);
  } finally {
    files.close(view.handle);
  }
}
