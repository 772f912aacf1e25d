/** What a backup does with one path: goes from its root down to it as a walk does, and no further. */
import { join } from '../../../../platform/paths.js';
import type { Source } from '../../../index/sources.js';
import { parentOfRoots } from '../../../index/versions.js';
import type { FileStat } from '../../../../platform/at-calls.js';
import { type ByteString } from '../../../../platform/bytes.js';
import type { FilterReason } from '../../../tree/filter.js';
import type { LiveDirectory, LiveTree } from '../../../tree/live-tree.js';
import { lookAtRoot } from '../../backup/roots.js';
import { unreadable } from '../../backup/tally.js';
import type { HeldRepository } from '../../../repository/held.js';

/** What the next backup does with a path. `at`: the path itself or a directory above it. */
export type Outcome =
  | {
      readonly type: 'taken-in';
      readonly stat: FileStat;
      /** Whether the size of a file is the number of its bytes. */
      readonly tellsSize: boolean;
      readonly reason: TakenInReason;
    }
  | { readonly type: 'left-out'; readonly at: ByteString; readonly reason: LeftOutReason }
  /** There is nothing; what was saved counts as removed. */
  | { readonly type: 'absent'; readonly at: ByteString }
  /** What was saved stays. */
  | { readonly type: 'unreadable'; readonly at: ByteString; readonly message: string };

/** `nothing`: nothing speaks against it. */
type TakenInReason = FilterReason | { readonly type: 'root' | 'nothing' };
type LeftOutReason = FilterReason | { readonly type: 'repository' };

/** A path that is asked about, and the root that it is, or lies below. */
export interface AskedPath {
  readonly root: ByteString;
  readonly path: ByteString;
}

/** `tree`: as a backup of the source with the given filter sees it. */
export function findOutcome(
  { index, platform: { files } }: HeldRepository,
  source: Source,
  tree: LiveTree,
  { root, path }: AskedPath,
): Outcome {
  const known = index.versions.current(parentOfRoots(source.id)).find(({ name }) => name === root);
  const view = lookAtRoot({ index, files, tree }, root, known);
  if (view.type === 'own') return { type: 'left-out', at: root, reason: { type: 'repository' } };
  if (view.type === 'refused') return { type: 'unreadable', at: root, message: view.message };
  const names = path.slice(root.length).split('/').filter(Boolean) as ByteString[];
  try {
    const { above, name } = view.root;
    const entry = { directory: above, name, path: root, stat: view.stat };
    return names.length === 0
      ? takenIn(tree, entry, { type: 'root' })
      : descend(tree, entry, names);
  } finally {
    view.root.close();
  }
}

/** An entry that is taken in. */
interface Entry {
  readonly directory: LiveDirectory;
  readonly name: ByteString;
  readonly path: ByteString;
  readonly stat: FileStat;
}

function takenIn(
  tree: LiveTree,
  { directory, name, stat }: Entry,
  reason: TakenInReason,
): Extract<Outcome, { type: 'taken-in' }> {
  const tellsSize = stat.type !== 'file' || tree.tellsSize(directory, name, stat);
  return { type: 'taken-in', stat, tellsSize, reason };
}

/** Looks for `names` below an entry. */
function descend(tree: LiveTree, entry: Entry, names: readonly ByteString[]): Outcome {
  const [name = '' as ByteString, ...rest] = names;
  const path = join(entry.path, name);
  if (entry.stat.type !== 'directory') return { type: 'absent', at: path };
  try {
    const directory = tree.enter(entry.directory, entry, entry.stat);
    const sight = tree.look(directory, { name, path });
    if (sight.type !== 'taken-in') return { ...sight, at: path };
    const { stat, reason = { type: 'nothing' } } = sight;
    const found = { directory, name, path, stat };
    return rest.length > 0 ? descend(tree, found, rest) : takenIn(tree, found, reason);
  } catch (error) {
    return { type: 'unreadable', at: entry.path, message: unreadable(entry.path, error) };
  }
}
