/** Sources and their snapshots. */
import { bufferFromBytes, bytesFromBuffer, type ByteString } from '../../platform/bytes.js';
import type { Connection } from './connection.js';
import type { Counters } from './counters.js';

export interface Source {
  readonly id: number;
  readonly host: string;
  /** Absolute paths in byte order. */
  readonly roots: readonly ByteString[];
}

/** One finished backup run; sizes in bytes, times in milliseconds since 1970. */
export interface Snapshot {
  readonly number: number;
  readonly source: number;
  readonly generation: number;
  readonly startedMs: number;
  readonly finishedMs: number;
  readonly tags: readonly string[];
  readonly files: number;
  readonly directories: number;
  readonly symlinks: number;
  /** Fifos, sockets and devices. */
  readonly specials: number;
  readonly bytes: number;
  readonly filesNew: number;
  readonly filesChanged: number;
  readonly filesRemoved: number;
  readonly bytesRead: number;
  readonly bytesStored: number;
  readonly issues: number;
}

const SNAPSHOT =
  'number, source, generation, started_ms AS startedMs, finished_ms AS finishedMs, tags, files, ' +
  'directories, symlinks, specials, bytes, files_new AS filesNew, files_changed AS filesChanged, ' +
  'files_removed AS filesRemoved, bytes_read AS bytesRead, bytes_stored AS bytesStored, issues';

type SnapshotRow = Omit<Snapshot, 'tags'> & { tags: string };
type SourceRow = Omit<Source, 'roots'> & { roots: Buffer };

export type Sources = ReturnType<typeof createSources>;

export function createSources(db: Connection, counters: Counters) {
  const all = db.prepare('SELECT id, host, roots FROM source ORDER BY id');
  const find = db.prepare('SELECT id, host, roots FROM source WHERE host = ? AND roots = ?');
  const greatest = db.prepare('SELECT max(id) FROM source').pluck();
  const put = db.prepare('INSERT OR IGNORE INTO source (id, host, roots) VALUES (?, ?, ?)');

  return {
    all: () => (all.all() as SourceRow[]).map(toSource),
    find(host: string, roots: readonly ByteString[]): Source | undefined {
      const row = find.get(host, encodeRoots(roots)) as SourceRow | undefined;
      return row && toSource(row);
    },
    add(host: string, roots: readonly ByteString[]): Source {
      // Never that of a source that went: its manifests are still in the packs.
      counters.raise('source', (greatest.get() as number | null) ?? 0);
      const id = counters.next('source');
      put.run(id, host, encodeRoots(roots));
      return { id, host, roots };
    },
    put({ id, host, roots }: Source): void {
      counters.raise('source', id);
      put.run(id, host, encodeRoots(roots));
    },
  };
}

export type Snapshots = ReturnType<typeof createSnapshots>;

export function createSnapshots(db: Connection) {
  const ofSource = db.prepare(`SELECT ${SNAPSHOT} FROM snapshot WHERE source = ? ORDER BY number`);
  const all = db.prepare(`SELECT ${SNAPSHOT} FROM snapshot ORDER BY number`);
  const get = db.prepare(`SELECT ${SNAPSHOT} FROM snapshot WHERE number = ?`);
  const latest = db.prepare(
    `SELECT ${SNAPSHOT} FROM snapshot WHERE source = ? ORDER BY number DESC LIMIT 1`,
  );
  const insert = db.prepare(
    `INSERT INTO snapshot VALUES (@number, @source, @generation, @startedMs, @finishedMs, @tags, @files,
      @directories, @symlinks, @specials, @bytes, @filesNew, @filesChanged, @filesRemoved, @bytesRead, @bytesStored,
      @issues)`,
  );
  const remove = db.prepare('DELETE FROM snapshot WHERE number = ?');
  const setStored = db.prepare('UPDATE snapshot SET bytes_stored = ? WHERE number = ?');

  return {
    all: () => (all.all() as SnapshotRow[]).map(toSnapshot),
    ofSource: (source: number) => (ofSource.all(source) as SnapshotRow[]).map(toSnapshot),
    get: (number: number) => optional(get.get(number) as SnapshotRow | undefined),
    latest: (source: number) => optional(latest.get(source) as SnapshotRow | undefined),
    insert: (row: Snapshot) => void insert.run({ ...row, tags: JSON.stringify(row.tags) }),
    remove: (number: number) => void remove.run(number),
    setStored: (number: number, bytes: number) => void setStored.run(bytes, number),
  };
}

function optional(row: SnapshotRow | undefined): Snapshot | undefined {
  return row && toSnapshot(row);
}

function toSnapshot(row: SnapshotRow): Snapshot {
  return { ...row, tags: JSON.parse(row.tags) as string[] };
}

function toSource({ id, host, roots }: SourceRow): Source {
  const names = bytesFromBuffer(roots).split('\0').slice(0, -1) as ByteString[];
  return { id, host, roots: names };
}

function encodeRoots(roots: readonly ByteString[]): Buffer {
  return bufferFromBytes(roots.map((root) => `${root}\0`).join('') as ByteString);
}
