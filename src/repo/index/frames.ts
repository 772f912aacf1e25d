/** Frames: which bytes of the packs are live or dead. */
import type { FrameAddress } from '../model.js';
import type { Connection } from './connection.js';

export interface FrameRow extends FrameAddress {
  readonly id: number;
  readonly kind: number;
  readonly headBytes: number;
  readonly liveBytes: number;
  readonly totalBytes: number;
  /** When all its members were last sound; 0: never; negative: when one was last found damaged. */
  readonly verifiedMs: number;
}

type NewFrame = Omit<FrameRow, 'verifiedMs'>;

const COLUMNS =
  'id, pack, start AS offset, length AS lengthBytes, kind, head AS headBytes, live AS liveBytes, ' +
  'total AS totalBytes, verified_ms AS verifiedMs';

export type Frames = ReturnType<typeof createFrames>;

export function createFrames(db: Connection) {
  const insert = db.prepare(
    'INSERT INTO frame (id, pack, start, length, kind, head, live, total, verified_ms) ' +
      'VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0)',
  );
  const addLive = db.prepare('UPDATE frame SET live = live + ? WHERE id = ?');
  const remove = db.prepare('DELETE FROM frame WHERE id = ?');
  const get = db.prepare(`SELECT ${COLUMNS} FROM frame WHERE id = ?`);
  const dead = db.prepare(
    `SELECT ${COLUMNS} FROM frame WHERE live = 0 AND length - head >= ? ORDER BY pack, start`,
  );
  const byVerification = db.prepare(
    `SELECT ${COLUMNS} FROM frame ORDER BY verified_ms, pack, start`,
  );
  const removeBeyond = db.prepare('DELETE FROM frame WHERE pack = ? AND start + length > ?');
  const lastEnd = db
    .prepare('SELECT coalesce(max(start + length), 0) FROM frame WHERE pack = ?')
    .pluck();
  const setVerified = db.prepare('UPDATE frame SET verified_ms = ? WHERE id = ?');

  return {
    insert(row: NewFrame): void {
      const { id, pack, offset, lengthBytes, kind, headBytes, liveBytes, totalBytes } = row;
      insert.run(id, pack, offset, lengthBytes, kind, headBytes, liveBytes, totalBytes);
    },
    addLive: (id: number, bytes: number) => void addLive.run(bytes, id),
    remove: (id: number) => void remove.run(id),
    get: (id: number) => get.get(id) as FrameRow | undefined,
    /** Those of which nothing is still used, with a payload of at least this many bytes. */
    dead: (minBytes: number) => dead.all(minBytes) as FrameRow[],
    /** Every frame, the one verified longest ago first. */
    byVerification: () => byVerification.all() as FrameRow[],
    /** Forgets the frames of a pack that end beyond `length`; gives back where the last of the others ends. */
    removeBeyond(pack: number, length: number): number {
      removeBeyond.run(pack, length);
      return lastEnd.get(pack) as number;
    },
    setVerified: (id: number, timeMs: number) => void setVerified.run(timeMs, id),
    setDamaged: (id: number, timeMs: number) => void setVerified.run(-timeMs, id),
  };
}
