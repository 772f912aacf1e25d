/** From paths that a user names to rows of the index: which node of a source's tree. */
import { isWithin } from '../../../platform/paths.js';
import type { Index } from '../../index/index.js';
import type { Source } from '../../index/sources.js';
import { parentOfRoots } from '../../index/versions.js';
import type { Version } from '../../model.js';
import type { ByteString } from '../../../platform/bytes.js';
import type { SourceSnapshot } from './sources.js';

/** A node of a source's tree at one snapshot. */
export interface Located {
  readonly path: ByteString;
  /** The node's row; undefined for the source itself, whose children are its roots. */
  readonly version: Version | undefined;
  /** What its children have as their parent. */
  readonly id: number;
}

/** The node at an absolute path, visible at a snapshot. */
export function locate(
  index: Index,
  { source, snapshot }: SourceSnapshot,
  path: ByteString,
): Located | undefined {
  const id = pathIdOf(index, source, path);
  const version = id === undefined ? undefined : index.versions.atPath(id, snapshot.number);
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
