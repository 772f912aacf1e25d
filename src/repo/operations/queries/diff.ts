/** Diff: what changed between two snapshots of a source. */
import { NodeChange } from '../../index/history.js';
import type { Index } from '../../index/index.js';
import type { PlacedPath } from '../../index/names.js';
import type { ByteString } from '../../../platform/bytes.js';
import { inByteOrder } from './find.js';
import { findSides, type DiffQuestion } from './diff-sides.js';
import type { Origin } from './sources.js';
import type { Repository } from '../../repository/repository.js';
import type { TimePoint } from './time-point.js';

export interface DiffOptions extends DiffQuestion {
  readonly to: TimePoint;
}

/**
 * How a path changed. `modified`: the bytes of a file, the target of a link; `metadata`: owner, mode
 * or modification time and nothing else; `type`: a file became a directory, and the like.
 */
export type ChangeType = 'added' | 'removed' | 'modified' | 'metadata' | 'type';

export interface Change {
  readonly path: ByteString;
  readonly change: ChangeType;
}

export interface SnapshotDiff extends Origin {
  /** In byte order of the paths. */
  readonly changes: readonly Change[];
  readonly from: number;
  readonly to: number;
}

/**
 * What leads from one snapshot to another, in either direction. Costs what changed between them, not
 * what they hold.
 */
export function diffSnapshots(repository: Repository, options: DiffOptions): Promise<SnapshotDiff> {
  return repository.read(({ index, platform }) => {
    const { source, isEvident, isWanted, ...sides } = findSides({ index, platform }, options);
    const from = sides.from.number;
    const to = sides.to?.number ?? from;
    const changes = changesBetween(index, source.id, from, to).filter(({ path }) => isWanted(path));
    return { changes: inByteOrder(changes), from, to, source, isEvident };
  });
}

function changesBetween(index: Index, wanted: number, from: number, to: number): Change[] {
  const { history } = index;
  const places = index.placePaths();
  const isForward = from <= to;
  const range = { after: Math.min(from, to), upTo: Math.max(from, to) };
  const changes: Change[] = [];
  const add = ({ path, source }: PlacedPath, change: ChangeType | undefined): void => {
    if (change && source === wanted) changes.push({ path, change });
  };

  for (const row of history.begunWithin(range)) {
    add(places.ofRow(row), changeOf(row[5], isForward ? 'added' : 'removed'));
  }
  for (const row of history.goneWithin(range)) {
    add(places.ofRow(row), isForward ? 'removed' : 'added');
  }
  return changes;
}

/** `begun`: the change to report where only the later side has the path. */
function changeOf(change: NodeChange, begun: ChangeType): ChangeType | undefined {
  switch (change) {
    case NodeChange.begun:
      return begun;
    case NodeChange.type:
      return 'type';
    case NodeChange.content:
      return 'modified';
    case NodeChange.metadata:
      return 'metadata';
    case NodeChange.none:
      return undefined;
  }
}
