/**
 * The names of one inode: the first one that is restored becomes the node, and the others are linked
 * to it. When that fails, the next name is restored instead. Plain bookkeeping; effects are the
 * caller's.
 */
import type { Version } from '../../model.js';
import type { FileStat } from '../../../platform/at-calls.js';
import { isSameContent, hasSameMetadata } from '../../tree/compare.js';
import type { ByteString } from '../../../platform/bytes.js';

/** A name with hard links: its version has a number. */
export interface LinkedName {
  /** Below the target. */
  readonly path: ByteString;
  readonly version: Version;
  /** What has the name now. */
  readonly there: FileStat | undefined;
}

interface Group {
  readonly first: LinkedName;
  isThere: boolean;
  readonly waiting: LinkedName[];
}

export interface LinkGroups {
  /** Whether the caller is to restore the name, and to settle it; else it is linked, now or later. */
  isFirst(name: LinkedName): boolean;
  /** Tells how restoring `path` ended; any path may be told. */
  settle(path: ByteString, isThere: boolean): void;
  /** Names that waited in vain: to be asked about again. */
  takeOrphans(): LinkedName[];
}

/** `link` makes a name a link to the node at `first`, or says that it cannot be. */
export function createLinkGroups(
  link: (first: ByteString, name: LinkedName) => boolean,
): LinkGroups {
  const groups = new Map<number, Group>();
  /** By the path of their first name, until it is settled. */
  const underWay = new Map<ByteString, Group>();
  let orphans: LinkedName[] = [];

  return {
    isFirst(name) {
      const { links } = name.version;
      const group = groups.get(links);
      if (group && isSameNode(group.first.version, name.version)) {
        if (!group.isThere) {
          group.waiting.push(name);
          return false;
        }
        if (link(group.first.path, name)) return false;
      }
      const own: Group = { first: name, isThere: false, waiting: [] };
      groups.set(links, own);
      underWay.set(name.path, own);
      return true;
    },
    settle(path, isThere) {
      const group = underWay.get(path);
      if (!group) return;
      underWay.delete(path);
      const { first, waiting } = group;
      const { links } = first.version;
      if (!isThere && groups.get(links) === group) groups.delete(links);
      group.isThere = isThere;
      orphans.push(...waiting.splice(0).filter((name) => !isThere || !link(first.path, name)));
    },
    takeOrphans() {
      const taken = orphans;
      orphans = [];
      return taken;
    },
  };
}

/** A name that could not be read in some backup has the number still, and the state before. */
function isSameNode(left: Version, right: Version): boolean {
  return (
    hasSameMetadata(left, right) &&
    left.attributes === right.attributes &&
    left.link === right.link &&
    isSameContent(left.content, right.content)
  );
}
