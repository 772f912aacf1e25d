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

/** A blob and where it is stored. */
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

/** Statements on single rows of `blob`. */
function prepareRows(db: Connection) {
  return {
    byHash: db
      .prepare(`SELECT ${COLUMNS} FROM blob b WHERE substr(b.hash, 1, 8) = ? AND b.hash = ?`)
      .raw(),
    byId: db.prepare(`SELECT ${COLUMNS} FROM blob b WHERE b.id = ?`).raw(),
    placedById: db.prepare(`${PLACED} WHERE b.id = ?`).raw(),
    insert: db.prepare(
      'INSERT INTO blob (id, hash, kind, length, frame, member, basis, stored, tail_links, tail_bytes) ' +
        'VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0, 0)',
    ),
    place: db.prepare(
      'UPDATE blob SET kind = ?, frame = ?, member = ?, basis = ?, stored = ? WHERE id = ?',
    ),
    setLength: db.prepare('UPDATE blob SET length = ? WHERE id = ?'),
    setTail: db.prepare('UPDATE blob SET tail_links = ?, tail_bytes = ? WHERE id = ?'),
    remove: db.prepare('DELETE FROM blob WHERE id = ?'),
  };
}

/** Statements on the lists of blobs that large files are. */
function prepareContents(db: Connection) {
  return {
    blobs: db.prepare('SELECT blob FROM content_blob WHERE content = ? ORDER BY position').pluck(),
    hashes: db
      .prepare(
        `SELECT b.hash FROM content_blob c LEFT JOIN blob b ON b.id = c.blob
         WHERE c.content = ? ORDER BY c.position`,
      )
      .pluck(),
    sized: db.prepare(
      `SELECT c.blob AS id, b.length AS lengthBytes, b.kind
         FROM content_blob c JOIN blob b ON b.id = c.blob
         WHERE c.content = ? ORDER BY c.position`,
    ),
    byHash: db.prepare('SELECT id FROM content WHERE substr(hash, 1, 8) = ? AND hash = ?').pluck(),
    hash: db.prepare('SELECT hash FROM content WHERE id = ?').pluck(),
    insert: db.prepare('INSERT INTO content (id, hash, size) VALUES (?, ?, ?)'),
    insertBlob: db.prepare('INSERT INTO content_blob VALUES (?, ?, ?)'),
  };
}

/** Statements that ask about many blobs, or about what uses one. */
function prepareQuestions(db: Connection) {
  return {
    count: db.prepare('SELECT count(*) FROM blob WHERE kind <> 4').pluck(),
    isEmpty: db.prepare('SELECT NOT EXISTS (SELECT 1 FROM blob)').pluck(),
    isCurrent: db
      .prepare(
        `SELECT EXISTS (SELECT 1 FROM version WHERE blob = ? AND last = 0)
             OR EXISTS (SELECT 1 FROM content_blob c JOIN version v ON v.content = c.content
                        WHERE c.blob = ? AND v.last = 0)`,
      )
      .pluck(),
    isCurrentElsewhere: db
      .prepare(
        `SELECT EXISTS (SELECT 1 FROM version WHERE blob = ? AND last = 0 AND path <> ?)
             OR EXISTS (SELECT 1 FROM content_blob c JOIN version v ON v.content = c.content
                        WHERE c.blob = ? AND v.last = 0 AND v.path <> ?)`,
      )
      .pluck(),
    dependants: db.prepare(`${PLACED} WHERE b.basis = ?`).raw(),
    fullsAfter: db
      .prepare(
        `SELECT *, EXISTS (SELECT 1 FROM blob d WHERE d.basis = whole.id)
         FROM (${PLACED} WHERE b.kind = 1 AND b.id > ? ORDER BY b.id LIMIT ${FULLS_AT_ONCE}) whole
         ORDER BY pack, start, member`,
      )
      .raw(),
    lost: db.prepare(`SELECT ${COLUMNS} FROM blob b WHERE b.kind = 3`).raw(),
    currentDeltas: db
      .prepare(
        `SELECT ${COLUMNS} FROM blob b WHERE b.kind = 2 AND (
           EXISTS (SELECT 1 FROM version v WHERE v.blob = b.id AND v.last = 0)
           OR EXISTS (SELECT 1 FROM content_blob c JOIN version v ON v.content = c.content
                      WHERE c.blob = b.id AND v.last = 0))`,
      )
      .raw(),
  };
}

export class Blobs {
  private readonly rows: ReturnType<typeof prepareRows>;
  private readonly contents: ReturnType<typeof prepareContents>;
  private readonly questions: ReturnType<typeof prepareQuestions>;

  constructor(db: Connection) {
    this.rows = prepareRows(db);
    this.contents = prepareContents(db);
    this.questions = prepareQuestions(db);
  }

  get(id: number): BlobRow | undefined {
    return optional(this.rows.byId.get(id) as BlobTuple | undefined);
  }

  find(hash: Uint8Array): BlobRow | undefined {
    return optional(this.rows.byHash.get(prefixOf(hash), hash) as BlobTuple | undefined);
  }

  placed(id: number): PlacedBlob | undefined {
    const row = this.rows.placedById.get(id) as PlacedTuple | undefined;
    return row && toPlaced(row);
  }

  /** Counts the blobs that are, or should be, in packs. */
  count(): number {
    return this.questions.count.get() as number;
  }

  isEmpty(): boolean {
    return this.questions.isEmpty.get() === 1;
  }

  insert(id: number, hash: Uint8Array, lengthBytes: number, where: BlobPlace): void {
    const { kind, frame, member, basis, storedBytes } = where;
    this.rows.insert.run(id, hash, kind, lengthBytes, frame, member, basis ?? null, storedBytes);
  }

  insertHole(id: number, hash: Uint8Array, lengthBytes: number): void {
    this.rows.insert.run(id, hash, BlobKind.hole, lengthBytes, 0, 0, null, 0);
  }

  place(id: number, { kind, frame, member, basis, storedBytes }: BlobPlace): void {
    this.rows.place.run(kind, frame, member, basis ?? null, storedBytes, id);
  }

  /** For a lost blob that is stored again: a rebuilt index does not know how long a lost piece was. */
  setLength(id: number, lengthBytes: number): void {
    this.rows.setLength.run(lengthBytes, id);
  }

  /** The length of a hole; undefined for what is stored. */
  holeBytes(id: number): number | undefined {
    const row = this.rows.byId.get(id) as BlobTuple | undefined;
    return row?.[2] === BlobKind.hole ? row[3] : undefined;
  }

  setTail(id: number, links: number, bytes: number): void {
    this.rows.setTail.run(links, bytes, id);
  }

  remove(id: number): void {
    this.rows.remove.run(id);
  }

  /** Whether any current version uses the blob. */
  isCurrent(id: number): boolean {
    return this.questions.isCurrent.get(id, id) === 1;
  }

  /** Whether the current version of any other path uses the blob. */
  isCurrentElsewhere(id: number, path: number): boolean {
    return this.questions.isCurrentElsewhere.get(id, path, id, path) === 1;
  }

  /** Blobs that are deltas against `id`. */
  dependants(id: number): PlacedBlob[] {
    return (this.questions.dependants.all(id) as PlacedTuple[]).map(toPlaced);
  }

  /** Every blob that is stored whole, mostly in the order in which the packs hold them. */
  *fulls(): Generator<FullBlob> {
    for (let last = 0, count = FULLS_AT_ONCE; count === FULLS_AT_ONCE;) {
      const rows = this.questions.fullsAfter.iterate(last) as IterableIterator<FullTuple>;
      count = 0;
      for (const row of rows) {
        count += 1;
        last = Math.max(last, row[0]);
        yield { ...toPlaced(row.slice(0, -1) as PlacedTuple), isBasis: row[13] === 1 };
      }
    }
  }

  lost(): BlobRow[] {
    return (this.questions.lost.all() as BlobTuple[]).map(toRow);
  }

  /** Deltas that a current version uses, which only a damaged repository has. */
  currentDeltas(): BlobRow[] {
    return (this.questions.currentDeltas.all() as BlobTuple[]).map(toRow);
  }

  /** The blobs of a file that was cut, in order. */
  ofContent(content: number): number[] {
    return this.contents.blobs.all(content) as number[];
  }

  /** The blobs of a file, in order. */
  listOf(content: ContentRef): number[] {
    if (content.type === 'none') return [];
    return content.type === 'blob' ? [content.blob] : this.ofContent(content.content);
  }

  /** The hashes of a content's blobs, in order; undefined while one of them is not stored. */
  hashesOf(content: ContentRef): Uint8Array[] | undefined {
    if (content.type === 'none') return [];
    const hashes =
      content.type === 'blob'
        ? [(this.rows.byId.get(content.blob) as BlobTuple | undefined)?.[1] ?? null]
        : (this.contents.hashes.all(content.content) as (Buffer | null)[]);
    return hashes.every((hash) => hash !== null) ? hashes : undefined;
  }

  /** The blobs of a file that was cut, in order, each with its length and kind. */
  sizedOfContent(content: number): ListedBlob[] {
    return this.contents.sized.all(content) as ListedBlob[];
  }

  findContent(hash: Uint8Array): number | undefined {
    return this.contents.byHash.get(prefixOf(hash), hash) as number | undefined;
  }

  contentHash(content: number): Buffer {
    return this.contents.hash.get(content) as Buffer;
  }

  insertContent(id: number, hash: Uint8Array, sizeBytes: number, blobs: readonly number[]): void {
    this.contents.insert.run(id, hash, sizeBytes);
    blobs.forEach((blob, position) => this.contents.insertBlob.run(id, position, blob));
  }

  /**
   * How to rebuild `id`; undefined when it, or a blob that it rests on, is lost or there is a loop.
   */
  recipe(id: number): BlobRecipe | undefined {
    const deltas: BlobAddress[] = [];
    const seen = new Set<number>();
    let blob = this.placed(id);
    const first = blob;
    while (blob?.kind === BlobKind.delta && !seen.has(blob.id)) {
      seen.add(blob.id);
      deltas.push(blob.address);
      blob = blob.basis === undefined ? undefined : this.placed(blob.basis);
    }
    if (!first || blob?.kind !== BlobKind.full) return undefined;
    deltas.reverse();
    return { hash: first.hash, lengthBytes: first.lengthBytes, full: blob.address, deltas };
  }
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
