/** Diff against the live tree: what a backup would find changed since a snapshot. */
import { parentOfRoots } from '../../index/versions.js';
import type { Issue } from '../../model.js';
import { findOwnDirectories } from '../../repository/own-directories.js';
import type { Repository } from '../../repository/repository.js';
import { mergeByName } from '../../tree/compare.js';
import { createFilter, type FilterOptions } from '../../tree/filter.js';
import { LiveTree } from '../../tree/live-tree.js';
import type { Change } from './change.js';
import { tellContents, type OnContents } from './diff.js';
import { inByteOrder } from './find.js';
import { LiveBytes } from './live-bytes.js';
import { pairRenames } from './renames.js';
import { createLiveKeys } from './side-keys.js';
import { LiveComparison } from './live-comparison.js';
import { findSides, type DiffQuestion } from './diff-sides.js';
import type { Origin } from './sources.js';

export interface DiffLiveOptions extends Omit<DiffQuestion, 'to'> {
  /**
   * Compares the bytes of every file, else of those only that a backup would read although size and
   * modification time agree: their change time or inode is another, or they were racy.
   */
  readonly readsAll: boolean;
  /** See `DiffOptions`. */
  readonly onContents?: OnContents;
  /** What the backups leave out: neither side of it is compared. */
  readonly filter?: FilterOptions;
}

export interface LiveDiff extends Origin {
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
  return repository.read(async (held) => {
    const { index, platform } = held;
    const { source, isEvident, isWanted, isOnTheWay, ...sides } = findSides(held, options);
    const from = sides.from.number;
    const own = findOwnDirectories(platform.files, held.path);
    const tree = new LiveTree(platform.files, filter, own);
    const bytes = new LiveBytes(held, options.readsAll, issues);
    const comparison = new LiveComparison(
      { repository: held, snapshot: from, tree, issues, isOnTheWay },
      bytes,
    );
    const known = index.versions.at(parentOfRoots(source.id), from);
    for (const pair of mergeByName(source.roots, known)) {
      if (pair.type === 'present') comparison.root(pair.name, pair.known);
    }
    const found = pairRenames(comparison.changes, createLiveKeys(held, comparison.changes));
    const wanted = inByteOrder(found.filter(({ path }) => isWanted(path)));
    const changes = await tellContents(held, wanted, options.onContents);
    return { changes, from, to: undefined, issues, source, isEvident };
  });
}
