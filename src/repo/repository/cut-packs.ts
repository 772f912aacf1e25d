/** Takes bytes away that no transaction followed. */
import { PACK_HEADER_BYTES } from '../packs/pack-store.js';
import type { HeldRepository } from './held.js';

/**
 * Cuts every pack back to its committed length, and removes those that the index does not know, but for
 * `others`, which were there before. Goes on where a call fails: less is freed then, and nothing is lost.
 */
export function cutUncommitted(
  { index, packs }: HeldRepository,
  others: ReadonlySet<number> = new Set(),
): void {
  const committed = new Map(index.packs.all().map((pack) => [pack.number, pack.lengthBytes]));
  for (const pack of packs.list()) {
    try {
      const length = committed.get(pack);
      if (length === undefined) {
        if (others.has(pack)) continue;
        // A thread may have it open, which would keep its space.
        if ((packs.sizeBytes(pack) ?? 0) >= PACK_HEADER_BYTES) packs.truncate(pack, 0);
        packs.remove(pack);
      } else if ((packs.sizeBytes(pack) ?? 0) > length) packs.truncate(pack, length);
    } catch {
      // The next run takes up what stays.
    }
  }
}
