/** Frames and packs: which bytes of the packs are committed, live or dead. */
import type { FrameAddress } from '../model.js';
import type { Connection } from './database.js';

export interface FrameRow extends FrameAddress {
  readonly id: number;
  readonly kind: number;
  readonly headBytes: number;
  readonly liveBytes: number;
  readonly totalBytes: number;
  readonly verifiedMs: number;
}

export interface PackRow {
  readonly number: number;
  readonly kind: number;
  readonly lengthBytes: number;
}

type NewFrame = Omit<FrameRow, 'verifiedMs'>;

const FRAME =
  'id, pack, start AS offset, length AS lengthBytes, kind, head AS headBytes, live AS liveBytes, ' +
  'total AS totalBytes, verified_ms AS verifiedMs';

export type Packs = ReturnType<typeof createPacks>;

export function createPacks(db: Connection) {
  const insertFrame = db.prepare(
    'INSERT INTO frame (id, pack, start, length, kind, head, live, total, verified_ms) ' +
      'VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0)',
  );
  const addLive = db.prepare('UPDATE frame SET live = live + ? WHERE id = ?');
  const removeFrame = db.prepare('DELETE FROM frame WHERE id = ?');
  const frame = db.prepare(`SELECT ${FRAME} FROM frame WHERE id = ?`);
  const deadFrames = db.prepare(
    `SELECT ${FRAME} FROM frame WHERE live = 0 AND length - head >= ? ORDER BY pack, start`,
  );
  const framesOfPack = db.prepare(`SELECT ${FRAME} FROM frame WHERE pack = ? ORDER BY start`);
  const unverified = db.prepare(`SELECT ${FRAME} FROM frame ORDER BY verified_ms, pack, start`);
  const setVerified = db.prepare('UPDATE frame SET verified_ms = ? WHERE id = ?');
  const putPack = db.prepare(
    'INSERT INTO pack (number, kind, length) VALUES (?, ?, ?) ' +
      'ON CONFLICT (number) DO UPDATE SET length = excluded.length',
  );
  const removePack = db.prepare('DELETE FROM pack WHERE number = ?');
  const allPacks = db.prepare(
    'SELECT number, kind, length AS lengthBytes FROM pack ORDER BY number',
  );
  const unusedPacks = db
    .prepare(
      `SELECT number FROM pack
       WHERE NOT EXISTS (SELECT 1 FROM frame f WHERE f.pack = pack.number AND f.live > 0)`,
    )
    .pluck();
  const removeFramesOf = db.prepare('DELETE FROM frame WHERE pack = ?');

  return {
    insertFrame(row: NewFrame): void {
      const { id, pack, offset, lengthBytes, kind, headBytes, liveBytes, totalBytes } = row;
      insertFrame.run(id, pack, offset, lengthBytes, kind, headBytes, liveBytes, totalBytes);
    },
    addLive: (id: number, bytes: number) => void addLive.run(bytes, id),
    removeFrame: (id: number) => void removeFrame.run(id),
    frame: (id: number) => frame.get(id) as FrameRow | undefined,
    /** Frames of which nothing is used any more, with a payload of at least so many bytes. */
    deadFrames: (leastBytes: number) => deadFrames.all(leastBytes) as FrameRow[],
    framesOfPack: (pack: number) => framesOfPack.all(pack) as FrameRow[],
    /** Every frame, the one verified longest ago first. */
    framesByVerification: () => unverified.all() as FrameRow[],
    setVerified: (id: number, timeMs: number) => void setVerified.run(timeMs, id),
    putPack: (number: number, kind: number, lengthBytes: number) =>
      void putPack.run(number, kind, lengthBytes),
    /** With all its frames. */
    removePack(number: number): void {
      removeFramesOf.run(number);
      removePack.run(number);
    },
    all: () => allPacks.all() as PackRow[],
    /** Packs of which nothing is used any more. */
    unused: () => unusedPacks.all() as number[],
  };
}
