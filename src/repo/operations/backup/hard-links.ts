/**
 * Which names are hard links of each other: all names of one inode have one number. A number is
 * kept from snapshot to snapshot where that can be, since a name with another number is another
 * version; but never do two inodes of one walk get the same.
 */
import type { Index } from '../../index/index.js';
import type { Version } from '../../model.js';
import type { FileStat } from '../../../platform/at-calls.js';
import { once } from '../../../platform/once.js';

/** What of a version says which links it had. */
type Numbered = Pick<Version, 'inode' | 'links'>;

export interface HardLinks {
  /** The number of the inode that a name leads to; 0 when it has no other name. */
  numberOf(stat: FileStat, known: Numbered | undefined): number;
}

/** In memory: a number for each inode with several names. */
export function createHardLinks({ versions, counters }: Index): HardLinks {
  /** Device, then inode. */
  const numbers = new Map<number, Map<number, number>>();
  const given = new Set<number>();
  /** By inode. A name that is new, and sorts before the others, keeps their number by it. */
  const earlier = once(() => new Map(versions.currentLinks()));

  const isFree = (number: number | undefined): number is number =>
    number !== undefined && number > 0 && !given.has(number);
  const choose = ({ inode }: FileStat, known: Numbered | undefined): number => {
    if (known?.inode === inode && isFree(known.links)) return known.links;
    const before = earlier().get(inode);
    return isFree(before) ? before : counters.next('links');
  };

  return {
    numberOf(stat, known) {
      const { device, inode, linkCount, type } = stat;
      if (linkCount < 2 || type === 'directory') return 0;
      const ofDevice = numbers.get(device) ?? new Map<number, number>();
      const assigned = ofDevice.get(inode);
      if (assigned !== undefined) return assigned;
      const number = choose(stat, known);
      numbers.set(device, ofDevice.set(inode, number));
      given.add(number);
      return number;
    },
  };
}
