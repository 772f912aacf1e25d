/**
 * Counts what of the metadata could not be restored, to report it once rather than for each file:
 * an ordinary user can give nothing to others.
 */
import type { Issue } from '../../model.js';
import { textFromBytes, type ByteString } from '../../../platform/bytes.js';
import type { MetadataKind, Shortfall } from '../../tree/metadata.js';

export interface ShortfallTally {
  add(path: ByteString, shortfalls: readonly Shortfall[]): void;
  /** At most two: what an ordinary user may not do, and what else went wrong. */
  issues(): Issue[];
}

/** Codes that say: not to this user (EINVAL: an owner that this container has not). */
const NOT_PERMITTED = ['EPERM', 'EACCES', 'EINVAL'];

interface Group {
  /** The first node. */
  readonly path: ByteString;
  /** How many nodes lack each kind. */
  readonly counts: Map<string, number>;
}

export function createShortfallTally(isSuperuser: boolean): ShortfallTally {
  const groups = new Map<'METADATA_NOT_PERMITTED' | 'METADATA_NOT_RESTORED', Group>();
  return {
    add(path, shortfalls) {
      const seen = new Set<string>();
      for (const { kind, code } of shortfalls) {
        const isPermission = !isSuperuser && NOT_PERMITTED.includes(code);
        const issue = isPermission ? 'METADATA_NOT_PERMITTED' : 'METADATA_NOT_RESTORED';
        const what = isPermission ? PLURALS[kind] : `${PLURALS[kind]} (${code})`;
        if (seen.has(what)) continue;
        seen.add(what);
        const group = groups.get(issue) ?? { path, counts: new Map<string, number>() };
        groups.set(issue, group);
        group.counts.set(what, (group.counts.get(what) ?? 0) + 1);
      }
    },
    issues: () =>
      [...groups].map(([code, { path, counts }]) => {
        const list = [...counts].map(([what, count]) => `${what}: ${count}`).join(', ');
        const first = `the first is for ${textFromBytes(path) || 'the target'}`;
        const why =
          code === 'METADATA_NOT_PERMITTED' ? 'Not permitted to this user' : 'Not restored';
        return { path, code, message: `${why}: ${list}; ${first}.` };
      }),
  };
}

const PLURALS: Readonly<Record<MetadataKind, string>> = {
  owner: 'owners',
  group: 'groups',
  permissions: 'permissions',
  'access control list': 'access control lists',
  'extended attribute': 'extended attributes',
  'inode flags': 'inode flags',
  time: 'times',
};
