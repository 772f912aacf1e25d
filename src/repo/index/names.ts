/** Names of paths: searching all of them, and putting whole paths together from them. */
import { bytesFromBuffer, type ByteString } from '../../platform/bytes.js';
import { join } from '../../platform/paths.js';
import type { Connection } from './connection.js';
import { nameFromText } from './name-text.js';

/** A node of a source tree. */
export interface NamedPath {
  readonly id: number;
  readonly parent: number;
  readonly name: ByteString;
}

/** What a name must be to be found: exactly these bytes, or hold these first or somewhere. */
export type NameTest =
  | { readonly type: 'equals'; readonly bytes: Uint8Array }
  | { readonly type: 'begins' | 'holds'; readonly bytes: Uint8Array }
  /** Holds these bytes in either case: small letters, and ASCII alone. */
  | { readonly type: 'holds-folded'; readonly bytes: Uint8Array }
  | { readonly type: 'any' };

type NameTuple = [id: number, parent: number, name: Buffer];

export type Names = ReturnType<typeof createNames>;

export function createNames(db: Connection) {
  const select = (condition: string, ...values: (Uint8Array | number)[]): Iterable<NameTuple> =>
    db
      .prepare(`SELECT id, parent, name FROM path INDEXED BY path_by_parent WHERE ${condition}`)
      .raw()
      .iterate(...values) as IterableIterator<NameTuple>;

  return {
    /** The root paths of every source; their names are absolute paths. */
    roots: () => [...select('parent < 0')].map(toNamedPath),
    /** Nodes below the roots whose name passes `test`. Reads every name. */
    *search(test: NameTest): Generator<NamedPath> {
      for (const row of search(select, test)) yield toNamedPath(row);
    },
  };
}

function search(
  select: (condition: string, ...values: (Uint8Array | number)[]) => Iterable<NameTuple>,
  test: NameTest,
): Iterable<NameTuple> {
  switch (test.type) {
    case 'equals':
      return select('parent > 0 AND name = ?', test.bytes);
    case 'begins': {
      // Two comparisons: a call of substr() for each of a million names takes 13 ms longer.
      const end = endOfPrefix(test.bytes);
      return end
        ? select('parent > 0 AND name >= ? AND name < ?', test.bytes, end)
        : select('parent > 0 AND name >= ?', test.bytes);
    }
    case 'holds':
      return select('parent > 0 AND instr(name, ?) > 0', test.bytes);
    case 'holds-folded':
      return select(
        'parent > 0 AND instr(lower(CAST(name AS TEXT)), CAST(? AS TEXT)) > 0',
        test.bytes,
      );
    case 'any':
      return select('parent > 0');
  }
}

/** The least bytes that are greater than all that begin with `prefix`; undefined when there are none. */
function endOfPrefix(prefix: Uint8Array): Uint8Array | undefined {
  const last = prefix.findLastIndex((byte) => byte < 0xff);
  if (last === -1) return undefined;
  // A copy, which `slice` of a Buffer is not.
  const end = Uint8Array.from(prefix.subarray(0, last + 1));
  end[last] = (end[last] ?? 0) + 1;
  return end;
}

function toNamedPath([id, parent, name]: NameTuple): NamedPath {
  return { id, parent, name: bytesFromBuffer(name) };
}

/** A whole path, and the source that it belongs to. */
export interface PlacedPath {
  readonly source: number;
  readonly path: ByteString;
}

/**
 * A node with its directory, from a query with {@link NODE_COLUMNS}. Names come as SQLite's text: see
 * `name-text.ts`.
 */
export type NodeColumns = [
  id: number,
  parent: number,
  name: string,
  /** Both null for a root. */
  grandparent: number | null,
  parentName: string | null,
];

/** A row that begins with {@link NodeColumns}. */
type NodeRow = readonly [...NodeColumns, ...unknown[]];

/** To be selected from `path p`, and `path d` that is its directory or nothing. */
export const NODE_COLUMNS = 'p.id, p.parent, CAST(p.name AS TEXT), d.parent, CAST(d.name AS TEXT)';

/** Puts paths together; each directory's is kept, since many paths share it. */
export interface PathPlaces {
  of(node: Omit<NamedPath, 'id'>): PlacedPath;
  ofId(id: number): PlacedPath;
  ofRow(row: NodeRow): PlacedPath;
}

export function createPathPlaces(db: Connection): PathPlaces {
  const select = db.prepare('SELECT parent, name FROM path WHERE id = ?').raw();
  const directories = new Map<number, Prefix>();

  const read = (id: number): Omit<NamedPath, 'id'> => {
    const row = select.get(id) as [number, Buffer] | undefined;
    if (!row) throw new Error(`the index has no path ${id}`);
    return { parent: row[0], name: bytesFromBuffer(row[1]) };
  };
  const exactName = (id: number, text: string): ByteString =>
    nameFromText(text, () => read(id).name);
  const keep = (id: number, node: Omit<NamedPath, 'id'>): Prefix => {
    const { source, path } = of(node);
    const prefix = { source, prefix: join(path, '' as ByteString) };
    directories.set(id, prefix);
    return prefix;
  };
  const of = ({ parent, name }: Omit<NamedPath, 'id'>): PlacedPath => {
    // A root has the negative of its source as its parent, and its absolute path as its name.
    if (parent < 0) return { source: -parent, path: name };
    return below(directories.get(parent) ?? keep(parent, read(parent)), name);
  };
  return {
    of,
    ofId: (id) => of(read(id)),
    // By position: taking thousands of rows apart as lists costs more than the query.
    ofRow(row) {
      const parent = row[1];
      const name = exactName(row[0], row[2]);
      if (row[3] === null || row[4] === null) return of({ parent, name });
      const known = directories.get(parent);
      if (known) return below(known, name);
      return below(keep(parent, { parent: row[3], name: exactName(parent, row[4]) }), name);
    },
  };
}

/** What the path of everything in a directory begins with, the slash included. */
interface Prefix {
  readonly source: number;
  readonly prefix: ByteString;
}

function below({ source, prefix }: Prefix, name: ByteString): PlacedPath {
  return { source, path: (prefix + name) as ByteString };
}
