/**
 * Which names of a target may share an inode: those that are hard links of each other in the snapshot.
 * Where two others do, a later write to the one would change the other, so all but the first get a node
 * of their own. Plain bookkeeping.
 */
import type { Version } from '../../model.js';
import type { FileStat } from '../../../platform/at-calls.js';
import type { ByteString } from '../../../platform/bytes.js';

export interface InodeClaims {
  /** Whether the node that has a name belongs to another name already; else it is this one's. */
  isTaken(path: ByteString, version: Pick<Version, 'links'>, there: FileStat): boolean;
}

export function createInodeClaims(): InodeClaims {
  /** By device and inode: the number of hard links, or the one name. */
  const owners = new Map<string, number | ByteString>();
  return {
    isTaken(path, { links }, { type, device, inode, linkCount }) {
      if (type === 'directory' || linkCount < 2) return false;
      const key = `${device}:${inode}`;
      const claimant = links > 0 ? links : path;
      const owner = owners.get(key);
      if (owner === undefined) owners.set(key, claimant);
      return owner !== undefined && owner !== claimant;
    },
  };
}
