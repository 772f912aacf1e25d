/** Blobs, the ordered lists of them that large files are, and how to rebuild one. */
import type { BlobAddress, BlobRecipe, ContentRef } from '../model.js';
import type { Connection } from './connection.js';

/** How a blob is stored. `hole`: zeros that are stored nowhere, of which no frame or chain knows. */
export const BlobKind = { full: 1, delta: 2, lost: 3, hole: 4 } as const;
export type BlobKind = (typeof BlobKind)[keyof typeof BlobKind];

export interface BlobRow {
  readonly id: number;
  readonly hash: Buffer;
  readonly kind: BlobKind;
  readonly lengthBytes: number;
  readonly frame: number;
  readonly member: number;
  readonly basis: number | undefined;
  readonly storedBytes: number;
  readonly tailLinks: number;
  readonly tailBytes: number;
}

/** A blob with where it lies. */
export interface PlacedBlob extends BlobRow {
  readonly address: BlobAddress;
}

/** A blob that is stored whole. */
export interface FullBlob extends PlacedBlob {
  /** Whether deltas rest on it. */
  readonly isBasis: boolean;
}

export interface SizedBlob {
  readonly id: number;
  readonly lengthBytes: number;
}

/** A blob in the list that a large file is. */
export interface ListedBlob extends SizedBlob {
  readonly kind: BlobKind;
}

/** Where and how a blob is stored, when that changes. */
export interface BlobPlace {
  readonly kind: BlobKind;
  readonly frame: number;
  readonly member: number;
  readonly basis: number | undefined;
  readonly storedBytes: number;
}

type BlobTuple = [
  id: number,
  hash: Buffer,
  kind: BlobKind,
  length: number,
  frame: number,
  member: number,
  basis: number | null,
  stored: number,
  tailLinks: number,
  tailBytes: number,
];
type PlacedTuple = [...BlobTuple, pack: number, start: number, frameLength: number];
type FullTuple = [...PlacedTuple, isBasis: 0 | 1];

const COLUMNS =
  'b.id, b.hash, b.kind, b.length, b.frame, b.member, b.basis, b.stored, b.tail_links, b.tail_bytes';
const PLACED = `SELECT ${COLUMNS}, f.pack, f.start, f.length FROM blob b JOIN frame f ON f.id = b.frame`;

/**
 * Whole blobs that are sorted by their places at once. Ids are given out nearly in that order, so a
 * frame falls apart only where it lies on the edge; sorting all of them takes 100 bytes of memory each.
 */
const FULLS_AT_ONCE = 32_768;

export type Blobs = ReturnType<typeof createBlobs>;

export function createBlobs(db: Connection) {
  const byHash = db
    .prepare(`SELECT ${COLUMNS} FROM blob b WHERE substr(b.hash, 1, 8) = ? AND b.hash = ?`)
    .raw();
  const byId = db.prepare(`SELECT ${COLUMNS} FROM blob b WHERE b.id = ?`).raw();
  const placedById = db.prepare(`${PLACED} WHERE b.id = ?`).raw();
  const insert = db.prepare(
    'INSERT INTO blob (id, hash, kind, length, frame, member, basis, stored, tail_links, tail_bytes) ' +
      'VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0, 0)',
  );
  const place = db.prepare(
    'UPDATE blob SET kind = ?, frame = ?, member = ?, basis = ?, stored = ? WHERE id = ?',
  );
  const setTail = db.prepare('UPDATE blob SET tail_links = ?, tail_bytes = ? WHERE id = ?');
  const remove = db.prepare('DELETE FROM blob WHERE id = ?');
  const count = db.prepare('SELECT count(*) FROM blob WHERE kind <> 4').pluck();
  const isEmpty = db.prepare('SELECT NOT EXISTS (SELECT 1 FROM blob)').pluck();
  const ofContent = db
    .prepare('SELECT blob FROM content_blob WHERE content = ? ORDER BY position')
    .pluck();
  const hashesOfContent = db
    .prepare(
      `SELECT b.hash FROM content_blob c LEFT JOIN blob b ON b.id = c.blob
       WHERE c.content = ? ORDER BY c.position`,
    )
    .pluck();
  const sizedOfContent = db.prepare(
    `SELECT c.blob AS id, b.length AS lengthBytes, b.kind
       FROM content_blob c JOIN blob b ON b.id = c.blob
       WHERE c.content = ? ORDER BY c.position`,
  );
  const contentByHash = db
    .prepare('SELECT id FROM content WHERE substr(hash, 1, 8) = ? AND hash = ?')
    .pluck();
  const contentHash = db.prepare('SELECT hash FROM content WHERE id = ?').pluck();
  const insertContent = db.prepare('INSERT INTO content (id, hash, size) VALUES (?, ?, ?)');
  const insertContentBlob = db.prepare('INSERT INTO content_blob VALUES (?, ?, ?)');
  const isCurrent = db
    .prepare(
      `SELECT EXISTS (SELECT 1 FROM version WHERE blob = ? AND last = 0)
           OR EXISTS (SELECT 1 FROM content_blob c JOIN version v ON v.content = c.content
                      WHERE c.blob = ? AND v.last = 0)`,
    )
    .pluck();
  const isCurrentElsewhere = db
    .prepare(
      `SELECT EXISTS (SELECT 1 FROM version WHERE blob = ? AND last = 0 AND path <> ?)
           OR EXISTS (SELECT 1 FROM content_blob c JOIN version v ON v.content = c.content
                      WHERE c.blob = ? AND v.last = 0 AND v.path <> ?)`,
    )
    .pluck();
  const dependants = db.prepare(`${PLACED} WHERE b.basis = ?`).raw();
  const fullsAfter = db
    .prepare(
      `SELECT *, EXISTS (SELECT 1 FROM blob d WHERE d.basis = whole.id)
       FROM (${PLACED} WHERE b.kind = 1 AND b.id > ? ORDER BY b.id LIMIT ${FULLS_AT_ONCE}) whole
       ORDER BY pack, start, member`,
    )
    .raw();
  const lost = db.prepare(`SELECT ${COLUMNS} FROM blob b WHERE b.kind = 3`).raw();
  const currentDeltas = db
    .prepare(
      `SELECT ${COLUMNS} FROM blob b WHERE b.kind = 2 AND (
         EXISTS (SELECT 1 FROM version v WHERE v.blob = b.id AND v.last = 0)
         OR EXISTS (SELECT 1 FROM content_blob c JOIN version v ON v.content = c.content
                    WHERE c.blob = b.id AND v.last = 0))`,
    )
    .raw();

  const placed = (id: number): PlacedBlob | undefined => {
    const row = placedById.get(id) as PlacedTuple | undefined;
    return row && toPlaced(row);
  };

  return {
    get: (id: number) => optional(byId.get(id) as BlobTuple | undefined),
    find: (hash: Uint8Array) => optional(byHash.get(prefixOf(hash), hash) as BlobTuple | undefined),
    placed,
    /** Counts the blobs that are, or should be, in packs. */
    count: () => count.get() as number,
    isEmpty: () => isEmpty.get() === 1,
    insert(id: number, hash: Uint8Array, lengthBytes: number, where: BlobPlace): void {
      const { kind, frame, member, basis, storedBytes } = where;
      insert.run(id, hash, kind, lengthBytes, frame, member, basis ?? null, storedBytes);
    },
    insertHole(id: number, hash: Uint8Array, lengthBytes: number): void {
      insert.run(id, hash, BlobKind.hole, lengthBytes, 0, 0, null, 0);
    },
    place(id: number, { kind, frame, member, basis, storedBytes }: BlobPlace): void {
      place.run(kind, frame, member, basis ?? null, storedBytes, id);
    },
    /** The length of a hole; undefined for what is stored. */
    holeBytes(id: number): number | undefined {
      const row = byId.get(id) as BlobTuple | undefined;
      return row?.[2] === BlobKind.hole ? row[3] : undefined;
    },
    setTail: (id: number, links: number, bytes: number) => void setTail.run(links, bytes, id),
    remove: (id: number) => void remove.run(id),
    /** Whether any current version uses the blob. */
    isCurrent: (id: number) => isCurrent.get(id, id) === 1,
    /** Whether the current version of any other path uses the blob. */
    isCurrentElsewhere: (id: number, path: number) =>
      isCurrentElsewhere.get(id, path, id, path) === 1,
    /** Blobs that are deltas against `id`. */
    dependants: (id: number) => (dependants.all(id) as PlacedTuple[]).map(toPlaced),
    /** Every blob that is stored whole, mostly in the order in which the packs hold them. */
    *fulls(): Generator<FullBlob> {
      for (let last = 0, count = FULLS_AT_ONCE; count === FULLS_AT_ONCE;) {
        const rows = fullsAfter.iterate(last) as IterableIterator<FullTuple>;
        count = 0;
        for (const row of rows) {
          count += 1;
          last = Math.max(last, row[0]);
          yield { ...toPlaced(row.slice(0, -1) as PlacedTuple), isBasis: row[13] === 1 };
        }
      }
    },
    lost: () => (lost.all() as BlobTuple[]).map(toRow),
    /** Deltas that a current version uses, which only a damaged repository has. */
    currentDeltas: () => (currentDeltas.all() as BlobTuple[]).map(toRow),
    /** The blobs of a file that was cut, in order. */
    ofContent: (content: number) => ofContent.all(content) as number[],
    /** The blobs of a file, in order. */
    listOf(content: ContentRef): number[] {
      if (content.type === 'none') return [];
      return content.type === 'blob'
        ? [content.blob]
        : (ofContent.all(content.content) as number[]);
    },
    /** The hashes of a content's blobs, in order; undefined while one of them is not stored. */
    hashesOf(content: ContentRef): Uint8Array[] | undefined {
      if (content.type === 'none') return [];
      const hashes =
        content.type === 'blob'
          ? [(byId.get(content.blob) as BlobTuple | undefined)?.[1] ?? null]
          : (hashesOfContent.all(content.content) as (Buffer | null)[]);
      return hashes.every((hash) => hash !== null) ? hashes : undefined;
    },
    /** The blobs of a file that was cut, in order, each with its length and kind. */
    sizedOfContent: (content: number) => sizedOfContent.all(content) as ListedBlob[],
    findContent: (hash: Uint8Array) =>
      contentByHash.get(prefixOf(hash), hash) as number | undefined,
    contentHash: (content: number) => contentHash.get(content) as Buffer,
    insertContent(id: number, hash: Uint8Array, sizeBytes: number, blobs: readonly number[]): void {
      insertContent.run(id, hash, sizeBytes);
      blobs.forEach((blob, position) => insertContentBlob.run(id, position, blob));
    },
    /**
     * How to rebuild `id`; undefined when it, or a blob that it rests on, is lost or there is a loop.
     */
    recipe(id: number): BlobRecipe | undefined {
      const deltas: BlobAddress[] = [];
      const seen = new Set<number>();
      let blob = placed(id);
      const first = blob;
      while (blob?.kind === BlobKind.delta && !seen.has(blob.id)) {
        seen.add(blob.id);
        deltas.push(blob.address);
        blob = blob.basis === undefined ? undefined : placed(blob.basis);
      }
      if (!first || blob?.kind !== BlobKind.full) return undefined;
      deltas.reverse();
      return { hash: first.hash, lengthBytes: first.lengthBytes, full: blob.address, deltas };
    },
  };
}

/** What the indexes on hashes hold: eight bytes tell blobs apart, and take a quarter of the space. */
function prefixOf(hash: Uint8Array): Uint8Array {
  return hash.subarray(0, 8);
}

function optional(row: BlobTuple | undefined): BlobRow | undefined {
  return row && toRow(row);
}

function toRow(row: BlobTuple): BlobRow {
  const [id, hash, kind, lengthBytes, frame, member, basis, storedBytes, tailLinks, tailBytes] =
    row;
  return {
    id,
    hash,
    kind,
    lengthBytes,
    frame,
    member,
    basis: basis ?? undefined,
    storedBytes,
    tailLinks,
    tailBytes,
  };
}

function toPlaced(row: PlacedTuple): PlacedBlob {
  const [pack, start, frameLength] = row.slice(-3) as [number, number, number];
  const blob = toRow(row.slice(0, -3) as BlobTuple);
  const frame = { pack, offset: start, lengthBytes: frameLength };
  const { hash, lengthBytes, member } = blob;
  return { ...blob, address: { hash, lengthBytes, frame, member } };
}
