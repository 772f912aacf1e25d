/** Diff: what changed between two snapshots of a source. */
import { createHistory } from '../index/history.js';
import type { Index } from '../index/index.js';
import { createPathPlaces } from '../index/names.js';
import type { Version } from '../model.js';
import type { ByteString } from '../platform/bytes.js';
import type { Platform } from '../platform/platform.js';
import { sameContent, sameMetadata } from '../tree/compare.js';
import { inByteOrder } from './find.js';
import { selectSnapshot, selectSource } from './locate.js';
import { readRepository, type QueryOptions } from './reading.js';
import type { TimePoint } from './time-point.js';

export interface DiffOptions extends QueryOptions {
  readonly from: TimePoint;
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

export interface SnapshotDiff {
  /** In byte order of the paths. */
  readonly changes: readonly Change[];
  readonly from: number;
  readonly to: number;
}

/**
 * What leads from one snapshot to another, in either direction. Costs what changed between them, not
 * what they hold.
 */
export function diffSnapshots(
  repositoryPath: string,
  platform: Platform,
  options: DiffOptions,
): Promise<SnapshotDiff> {
  return readRepository(repositoryPath, platform, options, ({ index }) => {
    const source = selectSource(index, platform, options.source);
    const from = selectSnapshot(index, source, options.from).number;
    const to = selectSnapshot(index, source, options.to).number;
    const changes = changesBetween(index, source.id, from, to);
    return { changes: inByteOrder(changes), from, to };
  });
}

function changesBetween(index: Index, wanted: number, from: number, to: number): Change[] {
  const history = createHistory(index.connection);
  const places = createPathPlaces(index.connection);
  const range = { after: Math.min(from, to), upTo: Math.max(from, to) };
  const ended = new Map([...history.endedWithin(range)].map((old) => [old.path, old]));
  const changes: Change[] = [];
  const add = (id: number, older: Version | undefined, newer: Version | undefined): void => {
    const change = from <= to ? compareVersions(older, newer) : compareVersions(newer, older);
    if (change === undefined) return;
    const { path, source } = places.ofId(id);
    if (source === wanted) changes.push({ path, change });
  };
  for (const newer of history.begunWithin(range)) {
    add(newer.path, ended.get(newer.path), newer);
    ended.delete(newer.path);
  }
  for (const older of ended.values()) add(older.path, older, undefined);
  return changes;
}

/** How a path changed from one state to the other; undefined: not, or it was never there. */
export function compareVersions(
  before: Version | undefined,
  after: Version | undefined,
): ChangeType | undefined {
  if (!before || !after) return before ? 'removed' : after && 'added';
  if (before.type !== after.type) return 'type';
  if (before.link !== after.link || !sameContent(before.content, after.content)) return 'modified';
  return sameMetadata(before, after) ? undefined : 'metadata';
}
