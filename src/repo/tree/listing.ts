/** An open directory with the names in it. */
import type { ByteString } from '../../platform/bytes.js';

export interface DirectoryListing {
  readonly handle: number;
  /** In byte order. */
  readonly names: readonly ByteString[];
  readonly device: number;
  /** The mount that it was reached through; undefined where nobody says, or nobody asked. */
  readonly mount: number | undefined;
}

/** Whether there is a `name`: a few comparisons, where `includes` would look at all of them. */
export function holds({ names }: DirectoryListing, name: ByteString): boolean {
  let low = 0;
  let high = names.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((names[middle] ?? '') < name) low = middle + 1;
    else high = middle;
  }
  return names[low] === name;
}
