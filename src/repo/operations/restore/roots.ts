/** What a restore makes directly in its target, as `cp -a` would. */
import { CodedError } from '../../../errors.js';
import type { Index } from '../../index/index.js';
import type { Snapshot, Source } from '../../index/sources.js';
import { parentOfRoots } from '../../index/versions.js';
import { VersionType, type Version } from '../../model.js';
import { textFromBytes, type ByteString } from '../../platform/bytes.js';
import type { Located } from '../locate.js';

export interface RestoreRoot {
  /** Below the target; '' is the target itself. */
  readonly path: ByteString;
  readonly version: Version;
}

/** Each located path becomes `DIR/its-name`; without one, the only root becomes DIR itself. */
export function planRoots(
  index: Index,
  source: Source,
  snapshot: Snapshot,
  located: readonly Located[],
): RestoreRoot[] {
  if (located.length > 0) {
    return distinct(
      located.flatMap(({ path, version }) => (version ? [{ path: baseName(path), version }] : [])),
    );
  }
  const roots = index.versions.at(parentOfRoots(source.id), snapshot.number);
  const [only] = roots;
  if (roots.length === 1 && only?.type === VersionType.directory) {
    return [{ path: '' as ByteString, version: only }];
  }
  return distinct(roots.map((root) => ({ path: baseName(root.name), version: root })));
}

/** @throws CodedError TARGET_UNUSABLE when two would have the same name */
function distinct(roots: RestoreRoot[]): RestoreRoot[] {
  const seen = new Set<ByteString>();
  for (const { path } of roots) {
    if (seen.has(path)) {
      throw new CodedError(
        'TARGET_UNUSABLE',
        `Two of the paths are named ${textFromBytes(path)}.`,
        {
          hint: 'Restore them one by one into directories of their own.',
        },
      );
    }
    seen.add(path);
  }
  return roots;
}

function baseName(path: ByteString): ByteString {
  return (path.slice(path.lastIndexOf('/') + 1) || 'root') as ByteString;
}
