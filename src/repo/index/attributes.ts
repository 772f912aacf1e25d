/** Attribute sets: what many versions have in common beside their columns, each kept once. */
import { bytesFromBuffer } from '../../platform/bytes.js';
import type { Connection } from './connection.js';
import type { Counters } from './counters.js';

/** Sets whose ids are held in memory: a source has few, unless each file has attributes of its own. */
const MAX_REMEMBERED = 1000;

export type AttributeSets = ReturnType<typeof createAttributeSets>;

export function createAttributeSets(db: Connection, counters: Counters) {
  const find = db.prepare('SELECT id FROM attributes WHERE bytes = ?').pluck();
  const insert = db.prepare('INSERT INTO attributes (id, bytes) VALUES (?, ?)');
  const get = db.prepare('SELECT bytes FROM attributes WHERE id = ?').pluck();
  const ids = new Map<string, number>();

  const add = (bytes: Uint8Array): number => {
    const id = counters.next('attributes');
    insert.run(id, bytes);
    return id;
  };

  return {
    /** The id of an encoded set, given now when it never had one; 0 for the empty set. */
    idOf(bytes: Uint8Array): number {
      if (bytes.length === 0) return 0;
      const key = bytesFromBuffer(bytes);
      const remembered = ids.get(key);
      if (remembered !== undefined) return remembered;
      const id = (find.get(bytes) as number | undefined) ?? add(bytes);
      if (ids.size >= MAX_REMEMBERED) ids.clear();
      ids.set(key, id);
      return id;
    },
    /** The encoded set of an id; empty for 0. */
    get: (id: number): Uint8Array => (get.get(id) as Uint8Array | undefined) ?? new Uint8Array(0),
    /** To be called when ids that were given out are taken back. */
    forget: () => {
      ids.clear();
    },
  };
}
