/**
 * The index: one SQLite database, its queries grouped by table or by what asks them. Only the open
 * repository and its operations use it; workers never do. Everything in it can be rebuilt from the
 * packs.
 */
import type { FileSystem } from '../../platform/files.js';
import { once } from '../../platform/once.js';
import { sqliteCode } from '../../platform/system-errors.js';
import { createAttributeSets, type AttributeSets } from './attributes.js';
import { createAudit, type Audit } from './audit.js';
import { Blobs } from './blobs.js';
import { createCompaction, type Compaction } from './compaction.js';
import { createCounters, type Counters } from './counters.js';
import type { Connection } from './connection.js';
import { guardIndex, openDatabase, type OpenIndexMode } from './database.js';
import { createFrames, type Frames } from './frames.js';
import { History } from './history.js';
import { createNames, createPathPlaces, type Names, type PathPlaces } from './names.js';
import { createPacks, type Packs } from './packs.js';
import { Removal } from './removal.js';
import { createSnapshots, createSources, type Snapshots, type Sources } from './sources.js';
import { createStatistics, type Statistics } from './statistics.js';
import { readSuspicions, type Suspicion } from './suspects.js';
import { recomputeTails } from './tails.js';
import { Versions } from './versions.js';

export interface Index {
  readonly counters: Counters;
  readonly sources: Sources;
  readonly snapshots: Snapshots;
  readonly versions: Versions;
  readonly attributes: AttributeSets;
  readonly blobs: Blobs;
  readonly frames: Frames;
  readonly packs: Packs;
  /** Questions of few operations; their statements are prepared when they are first asked. */
  readonly history: History;
  readonly names: Names;
  readonly statistics: Statistics;
  readonly audit: Audit;
  readonly compaction: Compaction;
  readonly removal: Removal;
  /** Puts paths together; for one question, since it remembers every directory. */
  placePaths(): PathPlaces;
  /** Reads the whole table of versions. */
  suspicions(): Suspicion[];
  recomputeTails(): void;
  begin(): void;
  /** Begins a question: every query sees one state, whatever a writer commits, until `endQuery`. */
  beginQuery(): void;
  endQuery(): void;
  commit(): void;
  rollback(): void;
  /** Where another process writes just now, writing fails at once. */
  neverWait(): void;
  /** Moves the write-ahead log into the database, and closes. */
  close(): void;
}

/**
 * A query reads most pages once, so a small cache, which is filled again and again, costs less than
 * a large one that is filled once: of a million paths, `diff` takes 45 ms less with 2 MiB than with
 * 32 and `find` 25, and 30 MB of memory less. (Mapping the file is no faster, and takes 290 MB.)
 */
const QUERY_CACHE_KIB = 2048;

export function openIndex(path: string, mode: OpenIndexMode, files: FileSystem): Index {
  const db = openDatabase(path, mode, files);
  return guardIndex(path, mode === 'read' ? 'read' : 'write', () => {
    const counters = createCounters(db);
    const attributes = createAttributeSets(db, counters);
    return Object.assign(questions(db), {
      counters,
      sources: createSources(db, counters),
      snapshots: createSnapshots(db),
      versions: new Versions(db),
      attributes,
      blobs: new Blobs(db),
      frames: createFrames(db),
      packs: createPacks(db),
      begin: () => void db.exec('BEGIN IMMEDIATE'),
      beginQuery() {
        db.pragma(`cache_size = -${QUERY_CACHE_KIB}`);
        db.exec('BEGIN');
        counters.reload();
        attributes.forget();
      },
      endQuery() {
        if (db.inTransaction) db.exec('COMMIT');
      },
      commit() {
        counters.save();
        db.exec('COMMIT');
      },
      rollback() {
        if (db.inTransaction) db.exec('ROLLBACK');
        counters.reload();
        attributes.forget();
      },
      neverWait: () => void db.pragma('busy_timeout = 0'),
      close() {
        if (mode === 'build' && !db.inTransaction) db.pragma('journal_mode = WAL');
        if (mode !== 'read' && !db.inTransaction) moveLog(db);
        db.close();
      },
    });
  });
}

type Questions = Pick<
  Index,
  | 'history'
  | 'names'
  | 'statistics'
  | 'audit'
  | 'compaction'
  | 'removal'
  | 'placePaths'
  | 'suspicions'
  | 'recomputeTails'
>;

function questions(db: Connection): Questions {
  const history = once(() => new History(db));
  const names = once(() => createNames(db));
  const statistics = once(() => createStatistics(db));
  const audit = once(() => createAudit(db));
  const compaction = once(() => createCompaction(db));
  const removal = once(() => new Removal(db));
  return {
    get history() {
      return history();
    },
    get names() {
      return names();
    },
    get statistics() {
      return statistics();
    },
    get audit() {
      return audit();
    },
    get compaction() {
      return compaction();
    },
    get removal() {
      return removal();
    },
    placePaths: () => createPathPlaces(db),
    suspicions: () => readSuspicions(db),
    recomputeTails: () => recomputeTails(db),
  };
}

/**
 * Closing does it by itself only where no other process has the index open. Waits for nobody, and fails
 * nobody: what is committed is in the log, and the next writer moves it.
 */
function moveLog(db: Connection): void {
  try {
    db.pragma('busy_timeout = 0');
    db.pragma('wal_checkpoint(PASSIVE)');
  } catch (error) {
    if (sqliteCode(error) === undefined) throw error;
  }
}
