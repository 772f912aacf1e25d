/** The cost of the chains that end in each blob, computed from nothing but the deltas. */
import type { Connection } from './connection.js';

/** Sets `tail_links` and `tail_bytes` of every blob that a delta is against. */
export function recomputeTails(db: Connection): void {
  db.exec('UPDATE blob SET tail_links = 0, tail_bytes = 0');
  const deltas = db
    .prepare('SELECT id, basis, stored FROM blob WHERE basis IS NOT NULL')
    .raw()
    .all() as [id: number, basis: number, stored: number][];
  const linkOf = new Map(deltas.map(([id, basis, stored]) => [id, { basis, stored }]));
  const tails = new Map<number, { links: number; bytes: number }>();
  for (const [leaf] of deltas) raiseTails(leaf, linkOf, tails);
  const set = db.prepare('UPDATE blob SET tail_links = ?, tail_bytes = ? WHERE id = ?');
  for (const [id, { links, bytes }] of tails) set.run(links, bytes, id);
}

/** Walks from a delta to the full end of its chain as long as that makes a tail longer. */
function raiseTails(
  start: number,
  linkOf: ReadonlyMap<number, { readonly basis: number; readonly stored: number }>,
  tails: Map<number, { links: number; bytes: number }>,
): void {
  let own = tails.get(start) ?? { links: 0, bytes: 0 };
  for (let link = linkOf.get(start); link; link = linkOf.get(link.basis)) {
    const through = { links: own.links + 1, bytes: own.bytes + link.stored };
    // Longer than there are deltas: a loop, which only a damaged index holds.
    if (through.links > linkOf.size) return;
    const known = tails.get(link.basis) ?? { links: 0, bytes: 0 };
    if (known.links >= through.links && known.bytes >= through.bytes) return;
    own = {
      links: Math.max(known.links, through.links),
      bytes: Math.max(known.bytes, through.bytes),
    };
    tails.set(link.basis, own);
  }
}
