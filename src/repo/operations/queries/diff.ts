/** Diff: what changed between two snapshots of a source. */
import { NodeChange } from '../../index/history.js';
import type { Index } from '../../index/index.js';
import type { PlacedPath } from '../../index/names.js';
import { VersionType } from '../../model.js';
import {
  foundChange,
  toChange,
  type Change,
  type ChangeType,
  type FileSide,
  type FoundChange,
} from './change.js';
import { findSides, type DiffQuestion } from './diff-sides.js';
import { inByteOrder } from './find.js';
import { pairRenames } from './renames.js';
import { readContents, type ChangedContents } from './side-contents.js';
import { savedKey } from './side-keys.js';
import type { Origin } from './sources.js';
import type { HeldRepository } from '../../repository/held.js';
import type { Repository } from '../../repository/repository.js';
import type { TimePoint } from './time-point.js';

/** Takes each change with what it is about; waited for, so that one file is held at a time. */
export type OnContents = (change: Change, contents: ChangedContents) => void | Promise<void>;

export interface DiffOptions extends DiffQuestion {
  readonly to: TimePoint;
  /** Told of every change in order, with the bytes of both sides; without it, none are read. */
  readonly onContents?: OnContents;
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
  return repository.read(async (held) => {
    const { index } = held;
    const { source, isEvident, isWanted, ...sides } = findSides(held, options);
    const from = sides.from.number;
    const to = sides.to?.number ?? from;
    const found = pairRenames(changesBetween(index, source.id, from, to), savedKey);
    const wanted = found.filter(({ path, renamedFrom, renamedTo }) =>
      [path, renamedFrom, renamedTo].some((one) => one !== undefined && isWanted(one)),
    );
    const changes = await tellContents(held, inByteOrder(wanted), options.onContents);
    return { changes, from, to, source, isEvident };
  });
}

/** The changes, each of them told with its contents if somebody listens. */
export async function tellContents(
  held: HeldRepository,
  found: readonly FoundChange[],
  onContents: OnContents | undefined,
): Promise<Change[]> {
  const changes = found.map(toChange);
  if (onContents) {
    for (const [position, one] of found.entries()) {
      const change = changes[position];
      if (change) await onContents(change, await readContents(held, one));
    }
  }
  return changes;
}

function changesBetween(index: Index, wanted: number, from: number, to: number): FoundChange[] {
  const { history } = index;
  const places = index.placePaths();
  const isForward = from <= to;
  const range = { after: Math.min(from, to), upTo: Math.max(from, to) };
  const changes: FoundChange[] = [];
  const add = (
    { path, source }: PlacedPath,
    change: ChangeType | undefined,
    older: FileSide | undefined,
    newer: FileSide | undefined,
  ): void => {
    if (!change || source !== wanted) return;
    const [before, after] = isForward ? [older, newer] : [newer, older];
    changes.push(foundChange(path, change, before, after));
  };

  // By position: taking thousands of rows apart as lists costs more than the query.
  for (const row of history.begunWithin(range)) {
    const newer = fileSide(row[6], row[7], row[8], row[9]);
    const older = fileSide(row[10], row[11] ?? 0, row[12], row[13]);
    add(places.ofRow(row), changeOf(row[5], isForward ? 'added' : 'removed'), older, newer);
  }
  for (const row of history.goneWithin(range)) {
    const older = fileSide(row[5], row[6], row[7], row[8]);
    add(places.ofRow(row), isForward ? 'removed' : 'added', older, undefined);
  }
  return changes;
}

function fileSide(
  type: VersionType | null,
  sizeBytes: number,
  blob: number | null,
  content: number | null,
): FileSide | undefined {
  if (type !== VersionType.file) return undefined;
  if (blob !== null) return { sizeBytes, content: { type: 'blob', blob } };
  if (content !== null) return { sizeBytes, content: { type: 'content', content } };
  return { sizeBytes, content: { type: 'none' } };
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
