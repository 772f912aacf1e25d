/** Which source, snapshots and paths a diff is about. */
import { CodedError } from '../../../errors.js';
import type { Snapshot, Source } from '../../index/sources.js';
import type { ByteString } from '../../../platform/bytes.js';
import { isWithin } from '../../../platform/paths.js';
import type { HeldRepository } from '../../repository/held.js';
import { notThere } from './last-seen.js';
import { locate, rootOf } from './locate.js';
import { meaningIn } from './meaning.js';
import { snapshotsAt } from './places.js';
import {
  isOriginEvident,
  onlySource,
  sourcesMeant,
  type Origin,
  type QueryOptions,
  type SourceSnapshot,
} from './sources.js';
import type { TimePoint } from './time-point.js';

export interface DiffQuestion extends QueryOptions {
  readonly from: TimePoint;
  /** undefined: the files as they are now. */
  readonly to?: TimePoint | undefined;
  /** Only these, and what lies below them; none: everything. As for every query. */
  readonly paths?: readonly string[];
}

/** Both sides of a diff of one source. */
export interface DiffSides extends Origin {
  readonly from: Snapshot;
  readonly to: Snapshot | undefined;
  /** Whether a path is one that was asked for, or lies below one. */
  readonly isWanted: (path: ByteString) => boolean;
  /** Whether a path is wanted, or a directory above one that is. */
  readonly isOnTheWay: (path: ByteString) => boolean;
}

interface Sides {
  readonly source: Source;
  readonly from: Snapshot;
  readonly to: Snapshot | undefined;
}

/**
 * With paths, the source is the one whose newest snapshot of the two has them; of the live tree, it may
 * also be one that they are yet to be saved in.
 * @throws CodedError as `findAnswer`
 */
export function findSides(
  { index, platform }: Pick<HeldRepository, 'index' | 'platform'>,
  { source: selector, from, to, paths = [] }: DiffQuestion,
): DiffSides {
  const sources = sourcesMeant(index, selector, to ? [from, to] : [from]);
  const origin = { isEvident: isOriginEvident(index, selector) };
  const ends = to && snapshotsAt(index, sources, to);
  const sides = snapshotsAt(index, sources, from).flatMap(({ source, snapshot }): Sides[] => {
    const end = ends?.find((one) => one.source === source)?.snapshot;
    return ends && !end ? [] : [{ source, from: snapshot, to: end }];
  });
  if (paths.length === 0) {
    const only = onlySource(
      index,
      sides.map(({ source }) => source),
    );
    return { ...sidesOf(sides, only), ...origin, isWanted: () => true, isOnTheWay: () => true };
  }
  const newestFirst = sides.sort((a, b) => newest(b).number - newest(a).number);
  const isSaved = (side: Sides, path: ByteString): boolean =>
    snapshotsOf(side).some((snapshot) => locate(index, { ...side, snapshot }, path));
  const isLive = (side: Sides, path: ByteString): boolean =>
    !side.to && rootOf(side.source, path) !== undefined && platform.files.exists(path);
  const places = newestFirst.map((side): SourceSnapshot & Sides => {
    return { ...side, snapshot: newest(side) };
  });
  const meant = paths.map((text) => {
    const path = meaningIn(platform, places, text, ({ source }, candidate) => {
      const side = sidesOf(sides, source);
      return isSaved(side, candidate) || isLive(side, candidate);
    });
    if (path === undefined) throw notThere({ index, platform }, places, text);
    return path;
  });
  const chosen =
    newestFirst.find((side) => meant.every((path) => isSaved(side, path))) ??
    newestFirst.find((side) => meant.every((path) => isSaved(side, path) || isLive(side, path)));
  if (!chosen) throw scattered();
  const isWanted = (path: ByteString): boolean => meant.some((wanted) => isWithin(path, wanted));
  const isOnTheWay = (path: ByteString): boolean =>
    meant.some((wanted) => isWithin(path, wanted) || isWithin(wanted, path));
  return { ...chosen, ...origin, isWanted, isOnTheWay };
}

function sidesOf(sides: readonly Sides[], source: Source): Sides {
  const found = sides.find((one) => one.source === source);
  if (!found) throw new Error(`source ${source.id} is on no side`);
  return found;
}

function snapshotsOf({ from, to }: Sides): Snapshot[] {
  return to ? [from, to] : [from];
}

function newest({ from, to }: Sides): Snapshot {
  return to && to.number > from.number ? to : from;
}

function scattered(): CodedError {
  return new CodedError('SOURCE_AMBIGUOUS', 'The paths are of several sources.', {
    hint: 'Give paths of one source at a time.',
  });
}
