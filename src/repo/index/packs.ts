/** Packs: how much of each is committed. */
import type { Connection } from './connection.js';

export interface PackRow {
  readonly number: number;
  readonly kind: number;
  readonly lengthBytes: number;
}

export type Packs = ReturnType<typeof createPacks>;

export function createPacks(db: Connection) {
  const put = db.prepare(
    'INSERT INTO pack (number, kind, length) VALUES (?, ?, ?) ' +
      'ON CONFLICT (number) DO UPDATE SET length = excluded.length',
  );
  const remove = db.prepare('DELETE FROM pack WHERE number = ?');
  const removeFrames = db.prepare('DELETE FROM frame WHERE pack = ?');
  const all = db.prepare('SELECT number, kind, length AS lengthBytes FROM pack ORDER BY number');
  const unused = db
    .prepare(
      `SELECT number FROM pack
       WHERE NOT EXISTS (SELECT 1 FROM frame f WHERE f.pack = pack.number AND f.live > 0)`,
    )
    .pluck();

  return {
    put: (number: number, kind: number, lengthBytes: number) =>
      void put.run(number, kind, lengthBytes),
    /** With all its frames. */
    remove(number: number): void {
      removeFrames.run(number);
      remove.run(number);
    },
    all: () => all.all() as PackRow[],
    /** Those of which nothing is still used. */
    unused: () => unused.all() as number[],
  };
}
