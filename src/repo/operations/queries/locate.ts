/**
 * From what a user names to rows of the index: which source, which snapshot, which node of its tree.
 */
import { join, isWithin } from '../../../platform/paths.js';
import { CodedError } from '../../../errors.js';
import type { Index } from '../../index/index.js';
import type { Snapshot, Source } from '../../index/sources.js';
import { parentOfRoots } from '../../index/versions.js';
import type { Version } from '../../model.js';
import { bytesFromText, type ByteString } from '../../../platform/bytes.js';
import type { Platform } from '../../../platform/platform.js';
import { escapeUnsafe } from '../../../platform/shown-text.js';
import type { HeldRepository } from '../../repository/held.js';
import { rootNames } from './root-names.js';
import { resolveTimePoint, type TimePoint } from './time-point.js';

/** `--source HOST:PATH`, or the number that `snapshots` shows. */
export type SourceSelector =
  | { readonly type: 'number'; readonly id: number }
  | { readonly type: 'name'; readonly host: string; readonly path: string };

/** Options that every query takes. */
export interface QueryOptions {
  /** Which source is meant where a repository holds several. */
  readonly source?: SourceSelector | undefined;
}

/** A snapshot, and the source that it is of. */
export interface SourceSnapshot {
  readonly source: Source;
  readonly snapshot: Snapshot;
}

/** A node of a source's tree at one snapshot. */
export interface Located {
  readonly path: ByteString;
  /** The node's row; undefined for the source itself, whose children are its roots. */
  readonly version: Version | undefined;
  /** What its children have as their parent. */
  readonly id: number;
}

/**
 * The source that is meant: the selected one, the only one, or the one in which the first of `paths`
 * (else the working directory) lies.
 * @throws CodedError NO_SNAPSHOTS, SOURCE_NOT_FOUND, SOURCE_AMBIGUOUS
 */
export function selectSource(
  index: Index,
  platform: Platform,
  selector: SourceSelector | undefined,
  paths: readonly string[] = [],
): Source {
  const sources = index.sources.all();
  if (sources.length === 0) {
    throw new CodedError('NO_SNAPSHOTS', 'The repository has no snapshots yet.', {
      hint: 'Take the first one with `varve backup PATH`.',
    });
  }
  if (selector) return findSelected(sources, selector);
  const [only] = sources;
  if (sources.length === 1 && only) return only;
  const place = bytesFromText(platform.files.absolutePath(paths[0] ?? '.'));
  const holding = sources.filter(({ roots }) => roots.some((root) => contains(root, place)));
  const [holder] = holding;
  if (holding.length === 1 && holder) return holder;
  throw ambiguous(sources, 'This repository has several sources, so one must be named.');
}

/** The snapshot of `source` at `point`. @throws CodedError as {@link resolveTimePoint} */
export function selectSnapshot(index: Index, source: Source, point: TimePoint): Snapshot {
  const number = resolveTimePoint(point, index.snapshots.ofSource(source.id));
  const snapshot = index.snapshots.get(number);
  if (!snapshot) throw new Error(`snapshot ${number} vanished`);
  return snapshot;
}

/**
 * The node that `text` names at `snapshot`: an absolute path as it was backed up, or one relative to
 * the working directory, or to a root of the source.
 * @throws CodedError PATH_NOT_FOUND
 */
export function locatePath(
  { index, platform }: Pick<HeldRepository, 'index' | 'platform'>,
  { source, snapshot }: SourceSnapshot,
  text: string,
): Located {
  const candidates = candidatePaths(source, platform, text);
  for (const path of candidates) {
    const found = locateAbsolute(index, source, snapshot.number, path);
    if (found) return found;
  }
  throw new CodedError('PATH_NOT_FOUND', `${text} is not in snapshot ${snapshot.number}.`, {
    hint: `List what is there with \`varve ls --at ${snapshot.number}\`, or look for it with \`varve find\`.`,
  });
}

/** The absolute paths that `text` may mean, the likeliest first. */
export function candidatePaths(source: Source, platform: Platform, text: string): ByteString[] {
  const absolute = bytesFromText(platform.files.absolutePath(text));
  if (text.startsWith('/')) return [absolute];
  const relative = bytesFromText(text.replace(/\/+$/, '').replace(/^(\.\/+)+/, ''));
  const below = source.roots.map((root) => join(root, relative));
  return [absolute, ...below];
}

/** The node at an absolute path, visible at snapshot `number`. */
function locateAbsolute(
  index: Index,
  source: Source,
  number: number,
  path: ByteString,
): Located | undefined {
  const id = pathIdOf(index, source, path);
  const version = id === undefined ? undefined : index.versions.atPath(id, number);
  return version && { path, version, id: version.path };
}

/** The root of a source that an absolute path is, or lies below. */
export function rootOf({ roots }: Source, path: ByteString): ByteString | undefined {
  return roots.find((root) => isWithin(path, root));
}

/** The row of the node that an absolute path was at any time. */
export function pathIdOf(index: Index, source: Source, path: ByteString): number | undefined {
  const root = rootOf(source, path);
  if (root === undefined) return undefined;
  const names = path.slice(root.length).split('/').filter(Boolean) as ByteString[];
  let id = index.versions.pathId(parentOfRoots(source.id), root);
  for (const name of names) {
    if (id === undefined) return undefined;
    id = index.versions.pathId(id, name);
  }
  return id;
}

/** The source itself: what a command means without a PATH. */
export function locateSource(source: Source): Located {
  return { path: '' as ByteString, version: undefined, id: parentOfRoots(source.id) };
}

/** Whether `path` is `root` or lies below it. */
function contains(root: ByteString, path: ByteString): boolean {
  return path === root || root === '/' || path.startsWith(`${root}/`);
}

/** `host:/path /other`, as `snapshots` shows it. */
function describeSource({ id, host, roots }: Source): string {
  return `${id}  ${escapeUnsafe(host)}:${rootNames(roots)}`;
}

function findSelected(sources: readonly Source[], selector: SourceSelector): Source {
  const found = sources.filter((source) =>
    selector.type === 'number'
      ? source.id === selector.id
      : source.host === selector.host &&
        source.roots.some((root) => root === bytesFromText(selector.path)),
  );
  const [only] = found;
  if (found.length === 1 && only) return only;
  const name =
    selector.type === 'number' ? String(selector.id) : `${selector.host}:${selector.path}`;
  if (found.length > 1) throw ambiguous(found, `Several sources match ${name}.`);
  throw new CodedError('SOURCE_NOT_FOUND', `There is no source ${name}.`, {
    hint: listOf(sources),
  });
}

function ambiguous(sources: readonly Source[], message: string): CodedError {
  return new CodedError('SOURCE_AMBIGUOUS', message, { hint: listOf(sources) });
}

/** A message is one line; what it is about stands below. */
function listOf(sources: readonly Source[]): string {
  const list = sources.map(describeSource).join('\n  ');
  return `Name one of them with --source NUMBER or --source HOST:PATH.\n  ${list}`;
}
